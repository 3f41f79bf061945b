"""Fixtures for tests of the sandbox's page: the three worlds without the bot, the page's server, and a real browser.

A test module asks for them by `pytest_plugins = ["tests.integration.page_fixtures"]`.
"""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from sandbox.page import PageServer
from sandbox.world import SandboxWorld
from tests.integration.page_browser import CHROMIUM, DESKTOP, Open, is_fault


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxWorld]:
    """The three worlds, without the bot: the page shows whatever happens in them."""
    made = SandboxWorld(tmp_path_factory.mktemp("sandbox"))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(world: SandboxWorld) -> AsyncIterator[PageServer]:
    made = PageServer(world)
    await made.start(0)
    yield made
    await made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser, server: PageServer) -> AsyncIterator[Open]:
    """Opens the page and waits until it is live; any error in its console fails the test."""
    errors: list[str] = []
    pages: list[Page] = []

    async def open_it(size: dict[str, int] = DESKTOP) -> Page:
        page = await browser.new_page(viewport={"width": size["width"], "height": size["height"]})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if is_fault(message) else None)
        await page.goto(server.url)
        await page.wait_for_selector("body[data-live]")
        return page

    yield open_it
    for page in pages:
        await page.close()
    assert errors == []

"""Fixtures for tests of the board in a real browser. Time stands still until a test moves it.

A test module names this module in `pytest_plugins`, and `tests.integration.page_fixtures`, which brings the browser.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.fakes.board import HOUR, a_clock, a_row
from tests.integration.board_browser import LONG, NOW, Open
from tests.integration.page_browser import is_fault
from tests.unit.board_place import TOKEN, Place, place


@pytest_asyncio.fixture(loop_scope="module")
async def here(unused_tcp_port: int) -> AsyncIterator[Place]:
    """The board with a breached, a pressing, a paused and a resting ticket."""
    rows = [
        a_row(NOW, 1, subject="Nobody can log in", clocks=[a_clock(NOW, left=-HOUR, breached=True)]),
        a_row(NOW, 2, subject=LONG, author="y" * 60, provisional=True, clocks=[a_clock(NOW, left=HOUR / 2)]),
        a_row(
            NOW,
            3,
            subject="Two clocks",
            assignee="",
            clocks=[a_clock(NOW, left=2 * HOUR), a_clock(NOW, left=2 * HOUR, moves=False)],
        ),
    ]
    async with place(unused_tcp_port, rows) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def open_board(browser: Browser, here: Place) -> AsyncIterator[Open]:
    """Signs in and opens the board; any error in its console, its policy's complaints too, fails the test."""
    errors: list[str] = []
    pages: list[Page] = []

    async def open_it(query: str = "", **options: Any) -> Page:
        context = await browser.new_context(base_url=f"http://127.0.0.1:{here.port}", **options)
        page = await context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if is_fault(message) else None)
        await page.goto(f"/board{query}")
        await page.get_by_label("Token").fill(TOKEN)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#tickets")
        if options.get("java_script_enabled", True):
            await page.wait_for_selector("#live.well")
        return page

    yield open_it
    for page in pages:
        await page.context.close()
    assert errors == []

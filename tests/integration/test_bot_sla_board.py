"""The board of the running bot, over HTTP as a browser or a script asks for it, and its live part."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import pytest_asyncio

from sandbox.freescout import Conversation
from tests.integration.bot_sla import SlaWorld, sla_world
from tests.integration.bot_world import word

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "board-token-of-a-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sla(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[SlaWorld]:
    """One bot with a board for the whole file."""
    sections = {"web": {"board_token": TOKEN}}
    async with sla_world(tmp_path_factory.mktemp("board"), unused_tcp_port_factory(), sections=sections) as made:
        await made.world.install_webhooks()
        await made.world.start_bot()
        await made.world.until(lambda: bool(made.world.discord.commands()), "the commands are registered")
        yield made
        made.world.expect_good_conduct()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(sla: SlaWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has never been there: keeps cookies, follows no redirect by itself."""
    async with httpx.AsyncClient(base_url=sla.world.bot.url, trust_env=False, timeout=20) as client:
        yield client


def shows(page: httpx.Response, ticket: Conversation) -> bool:
    """Whether a ticket is on the page."""
    assert page.status_code == 200
    return f"#{ticket.number}" in page.text


async def test_without_the_token_nothing_is_shown(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    mark = word()
    await sla.world.ask(f"Secret {mark}")
    refused = [
        await browser.get("/board"),
        await browser.get("/board", params={"token": "wrong"}),
        await browser.get("/board", headers={"Authorization": "Bearer wrong"}),
        await browser.get("/board", headers={"Cookie": "supportbot_board=1.made-up"}),
        await browser.get("/board/events"),
    ]
    assert [answer.status_code for answer in refused] == [401] * 5
    assert [answer for answer in refused if mark in answer.text] == []
    assert mark in (await browser.get("/board", headers=BEARER)).text


async def test_the_token_becomes_a_cookie_and_leaves_the_address(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    _, ticket = await sla.world.ask("Show me")
    moved = await browser.get("/board", params={"token": TOKEN})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/board")
    cookie = moved.headers["Set-Cookie"]
    for expected in ("HttpOnly", "SameSite=Lax", "Max-Age=43200"):
        assert expected in cookie
    assert TOKEN not in cookie
    assert shows(await browser.get("/board"), ticket)


async def test_a_ticket_links_to_freescout_and_its_message_and_says_who_has_it(
    sla: SlaWorld, browser: httpx.AsyncClient
) -> None:
    posted, ticket = await sla.world.ask("Who has me?")
    sla.world.ada.take(ticket)
    await sla.world.is_read(ticket)

    async def taken() -> bool:
        return "Ada Okafor" in (await browser.get("/board", headers=BEARER)).text

    await sla.world.until(taken, "the board says who has it", 5)
    page = (await browser.get("/board", headers=BEARER)).text
    assert f"{sla.world.freescout.url}/conversation/{ticket.id}" in page
    assert f"/{sla.world.support.id}/{posted.id}" in page


async def test_filters_show_what_was_asked_for(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    _, urgent = await sla.world.ask("Triage me")
    options = {"label": "feature", "priority": "P0", "ticket": str(urgent.number)}
    await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "triage", options)
    mailed = sla.world.freescout.email_conversation("pat@mail.example", "Pat", "By mail", "Where is it?")
    await sla.card(mailed)
    found = {}
    for query in ("", "origin=discord", "origin=email", "label=feature", "priority=P0", "origin=email&priority=P0"):
        page = await browser.get(f"/board?{query}", headers=BEARER)
        found[query] = (shows(page, urgent), shows(page, mailed))
    assert found == {
        "": (True, True),
        "origin=discord": (True, False),
        "origin=email": (False, True),
        "label=feature": (True, False),
        "priority=P0": (True, False),
        "origin=email&priority=P0": (False, False),
    }


async def test_a_closed_ticket_leaves_the_board(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    _, ticket = await sla.world.ask("Never mind")
    assert shows(await browser.get("/board", headers=BEARER), ticket)
    sla.world.agent.close(ticket)

    async def gone() -> bool:
        return not shows(await browser.get("/board", headers=BEARER), ticket)

    await sla.world.until(gone, "the board does not show it", 10)


async def test_a_new_ticket_comes_to_an_open_board_by_itself(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/board/events", headers=BEARER) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        await until_line(lines, "event: report")
        mark = word()
        await sla.world.ask(f"A new one {mark}")
        await until_line(lines, mark)


async def test_the_report_below_counts_what_came(sla: SlaWorld, browser: httpx.AsyncClient) -> None:
    await sla.world.ask("Count me")

    async def drawn() -> bool:
        return "<svg" in (await browser.get("/board", headers=BEARER)).text

    await sla.world.until(drawn, "the report is drawn", 30)
    page = (await browser.get("/board", headers=BEARER)).text
    received = re.search(r"(\d+)\s*(?:</\w+>\s*)*(?:<\w+[^>]*>\s*)*(?:tickets )?(?:came in|received)", page)
    assert received, "no count of what came"
    assert int(received[1]) >= 1


async def until_line(lines: AsyncIterator[str], text: str) -> None:
    """Read until a line has this text."""
    async with asyncio.timeout(20):
        async for line in lines:
            if text in line:
                return
    raise AssertionError(f"the stream ended without {text!r}")

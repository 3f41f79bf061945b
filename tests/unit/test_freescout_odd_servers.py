"""Servers that no simulator plays: one that drips, one that takes an unknown status for its default."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from adapters.freescout.client import FreeScout
from adapters.freescout.markup import entry_html
from adapters.http import SLOWEST_UPLOAD, Connection
from adapters.system.clock import SystemClock
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import NewConversation
from bot.domain.ids import CustomerId
from tests.unit.freescout_rig import Reports, entry


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then: no single wait is long, the whole answer never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def test_a_request_ends_in_time_though_its_answer_drips_on() -> None:
    app = web.Application()
    app.router.add_route("*", "/", drip)
    async with serving(app) as url:
        connection = Connection(system="It", base_url=url, headers={}, total_seconds=0.3)
        began = monotonic()
        with pytest.raises(TransientError):
            await connection.send("GET", "/", creates=False)
        with pytest.raises(OutcomeUnknownError):
            await connection.send("POST", "/", creates=True)
        assert monotonic() - began < 10
        await connection.aclose()


async def test_an_opening_is_found_where_several_statuses_are_taken_for_the_default() -> None:
    wanted = entry("opening")
    thread = {"id": 5, "type": "customer", "createdBy": {"id": 9, "type": "customer"}}
    closed = {
        "id": 2,
        "number": 1002,
        "status": "closed",
        "_embedded": {"threads": [{**thread, "body": entry_html(wanted, home="https://help.example.org")}]},
    }
    known: dict[str, dict[str, Any]] = {"active": {"id": 1, "status": "active"}, "closed": closed}

    async def listed(request: web.Request) -> web.Response:
        status = request.query["status"]
        found = known.get(status) if status in ("active", "pending", "closed", "spam") else known["active"]
        return web.json_response({"_embedded": {"conversations": [found] if found else []}, "page": {"totalPages": 1}})

    app = web.Application()
    app.router.add_get("/api/conversations", listed)
    async with serving(app) as url:
        clock = SystemClock()
        desk = FreeScout(url=url, api_key="k", mailbox_id=1, bot_user_id=2, health=Reports(), clock=clock)
        async with desk:
            new = NewConversation(
                subject="About opening", customer_id=CustomerId(9), entry=wanted, asked_after=clock.now()
            )
            found = await desk.find_opened(new)
    assert found is not None
    assert found.number == 1002


async def slow(request: web.Request) -> web.StreamResponse:
    """Reads what it is sent at its leisure, then answers."""
    await asyncio.sleep(0.6)
    await request.read()
    return web.json_response({"id": 1})


async def test_a_creation_that_timed_out_is_not_looked_for_at_once() -> None:
    app = web.Application()
    app.router.add_route("*", "/", slow)
    async with serving(app) as url:
        connection = Connection(system="It", base_url=url, headers={}, total_seconds=0.2)
        with pytest.raises(OutcomeUnknownError) as caught:
            await connection.send("POST", "/", body={}, creates=True)
        assert caught.value.settles_after >= timedelta(seconds=30)
        await connection.aclose()


async def test_a_large_request_may_take_longer_by_what_its_size_needs() -> None:
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/", slow)
    async with serving(app) as url:
        connection = Connection(system="It", base_url=url, headers={}, total_seconds=0.3)
        answer = await connection.send("POST", "/", body={"data": "x" * SLOWEST_UPLOAD * 2}, creates=True)
        assert answer.status == 200
        await connection.aclose()


async def test_what_was_written_and_cannot_be_read_again_has_an_unknown_outcome() -> None:
    """Not a permanent failure: a person would try that again, and have it twice."""

    async def made(_: web.Request) -> web.Response:
        return web.Response(status=201, headers={"Resource-ID": "7"})

    async def gone(_: web.Request) -> web.Response:
        return web.json_response({"message": "Not Found"}, status=404)

    app = web.Application()
    app.router.add_post("/api/conversations", made)
    app.router.add_get("/api/conversations/7", gone)
    async with serving(app) as url:
        clock = SystemClock()
        desk = FreeScout(url=url, api_key="k", mailbox_id=1, bot_user_id=2, health=Reports(), clock=clock)
        async with desk:
            new = NewConversation(
                subject="About it", customer_id=CustomerId(9), entry=entry("opening"), asked_after=clock.now()
            )
            with pytest.raises(OutcomeUnknownError, match="it was written"):
                await desk.open_conversation(new)

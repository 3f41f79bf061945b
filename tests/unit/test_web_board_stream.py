"""The live part: told at once, not too often, at least now and then, and over when there is a reason to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from adapters.web.board import BoardPages
from adapters.web.board_session import SESSION
from adapters.web.board_stream import AT_LEAST_EVERY, AT_MOST_EVERY, MOST_STREAMS, SIGN_OF_LIFE
from bot.domain.errors import StoreError
from bot.domain.sla_ticket import BoardFilter
from tests.fakes.board import a_report, a_row
from tests.fakes.clock import START
from tests.unit.board_place import Place, place, until

NOW = START


@dataclass(slots=True)
class Listening:
    """One client. Comments are events named ""."""

    answer: httpx.Response
    lines: AsyncIterator[str]

    async def next(self, *names: str) -> str:
        """The data of the next event with one of these names."""
        async with asyncio.timeout(20):
            while True:
                name, lines = "", []
                async for line in self.lines:
                    if not line:
                        break
                    key, _, value = line.partition(": ")
                    if key == "event":
                        name = value
                    else:
                        lines.append(value)
                else:
                    raise EOFError
                if name in names:
                    return "\n".join(lines)


@asynccontextmanager
async def listening(here: Place, path: str = "/board/events", **headers: str) -> AsyncIterator[Listening]:
    async with here.client.stream("GET", path, headers=headers) as answer:
        yield Listening(answer, answer.aiter_lines())


async def resting(here: Place, *, for_: timedelta) -> None:
    """Until the only thing anybody waits for is so far away."""
    await until(lambda: here.clock.next_wake_at == here.clock.now() + for_)


@asynccontextmanager
async def told(port: int, path: str = "/board/events") -> AsyncIterator[tuple[Place, Listening]]:
    """Somebody who has been told once, and whose stream waits for a change."""
    async with place(port, [a_row(NOW, 1, subject="first")]) as here:
        await here.sign_in()
        async with listening(here, path) as client:
            assert "first" in await client.next("tickets")
            await resting(here, for_=AT_MOST_EVERY)
            await here.clock.advance(AT_MOST_EVERY)
            await resting(here, for_=SIGN_OF_LIFE)
            yield here, client


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_who_comes_is_told_at_once_and_of_each_change(unused_tcp_port: int, encoding: str) -> None:
    async with place(unused_tcp_port, [a_row(NOW, 1, subject="first")]) as here:
        await here.sign_in()
        async with listening(here, **{"Accept-Encoding": encoding}) as client:
            assert client.answer.headers["Content-Type"] == "text/event-stream"
            assert client.answer.headers["Cache-Control"] == "no-store"
            assert client.answer.headers.get("Content-Encoding", "identity") == encoding
            assert "first" in await client.next("tickets")
            await resting(here, for_=AT_MOST_EVERY)
            await here.clock.advance(AT_MOST_EVERY)
            await here.board.change([a_row(NOW, 2, subject="second")])
            part = await client.next("tickets")
            assert "second" in part
            assert "first</bdi>" not in part
            assert "<html" not in part


async def test_a_storm_of_changes_is_told_every_two_seconds(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        for number in range(10):
            await here.board.change([a_row(NOW, number, subject=f"change {number} ")])
        await client.next("tickets")
        await resting(here, for_=AT_MOST_EVERY)
        before = len(here.board.views)
        await here.board.change([a_row(NOW, 99, subject="the last")])
        await here.clock.advance(AT_MOST_EVERY - timedelta(seconds=0.1))
        assert len(here.board.views) == before
        await here.clock.advance(timedelta(seconds=0.1))
        assert "the last" in await client.next("tickets")


async def test_without_a_change_there_are_signs_of_life_and_the_tickets_every_thirty_seconds(
    unused_tcp_port: int,
) -> None:
    async with told(unused_tcp_port) as (here, client):
        heard = []
        for _ in range(3):
            await here.clock.advance(SIGN_OF_LIFE)
            heard.append(await client.next("", "tickets"))
            await until(lambda: (here.clock.next_wake_at or NOW) > here.clock.now())
        assert here.clock.now() <= NOW + AT_LEAST_EVERY + SIGN_OF_LIFE
        assert ["<" in one for one in heard] == [False, False, True]


async def test_filters_hold_for_the_stream(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port, "/board/events?label=bug&origin=discord") as (here, _):
        assert here.board.views == [BoardFilter(label="bug", origin="discord")]


async def test_many_who_look_at_the_same_cost_one_look(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(NOW, 1)]) as here, AsyncExitStack() as stack:
        await here.sign_in()
        clients = [await stack.enter_async_context(listening(here)) for _ in range(8)]
        for client in clients:
            await client.next("tickets")
        assert len(here.board.views) == 1
        await here.clock.advance(AT_MOST_EVERY)
        await here.board.change([a_row(NOW, 2, subject="new")])
        for client in clients:
            assert "new" in await client.next("tickets")
        assert len(here.board.views) == 2


async def test_who_comes_right_after_a_change_sees_it(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(NOW, 1)]) as here, AsyncExitStack() as stack:
        await here.sign_in()
        await (await stack.enter_async_context(listening(here))).next("tickets")
        await here.board.change([a_row(NOW, 2, subject="new")])
        assert "new" in await (await stack.enter_async_context(listening(here))).next("tickets")


async def test_a_new_report_is_announced(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        assert await client.next("report") == ""
        here.board.made = a_report(NOW)
        await here.board.change([])
        assert await client.next("report") == NOW.isoformat()
        assert f'data-made="{NOW.isoformat()}"' in await here.seen()


async def test_tickets_that_cannot_be_read_are_told_and_tried_again(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        here.board.broken = StoreError("disk full")
        await here.board.change([])
        assert "disk" not in await client.next("trouble")
        here.board.broken = None
        await resting(here, for_=AT_MOST_EVERY)
        await here.clock.advance(AT_MOST_EVERY)
        await here.board.change([a_row(NOW, 3, subject="back")])
        assert "back" in await client.next("tickets")


async def test_a_session_that_ends_ends_its_stream(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        await here.clock.advance(SESSION)
        with pytest.raises(EOFError):
            await client.next("nothing")
        assert (await here.get("/board/events")).status_code == 401


async def test_a_client_that_left_is_forgotten(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        assert here.pages.streams.count == 1
        await client.answer.aclose()
        async with asyncio.timeout(20):
            while here.pages.streams.count:
                await here.clock.advance(SIGN_OF_LIFE)


async def test_the_server_ends_its_streams_when_it_ends(unused_tcp_port: int) -> None:
    async with told(unused_tcp_port) as (here, client):
        here.pages.streams.end()
        with pytest.raises(EOFError):
            await client.next("nothing")
        assert here.pages.streams.count == 0
        assert (await here.get("/board/events")).status_code == 503


async def test_ending_the_server_cuts_nobody_off(unused_tcp_port: int) -> None:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}"))
        async with place(unused_tcp_port) as here:
            here.client = http
            await here.sign_in()
            client = await stack.enter_async_context(listening(here))
            await client.next("tickets")
        with pytest.raises(EOFError):
            await client.next("nothing")


async def test_streams_are_bounded(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here, AsyncExitStack() as stack:
        await here.sign_in()
        here.client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=here.client.base_url, cookies=here.client.cookies, limits=httpx.Limits(max_connections=None)
            )
        )
        clients = [await stack.enter_async_context(listening(here)) for _ in range(MOST_STREAMS)]
        assert {client.answer.status_code for client in clients} == {200}
        refused = await here.get("/board/events")
        assert refused.status_code == 503
        assert (await here.get()).status_code == 200, "the page itself goes on"
        assert isinstance(here.pages, BoardPages)

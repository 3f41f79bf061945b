"""The board as the story reads it: a ticket's bars, and whether the token has become a cookie."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.board_reader import BoardReader

METER = '<span role="meter" aria-label="{}" aria-valuemin="0" aria-valuetext="{}">'
ROW = '<tr role="row" class="is-x"><a href="/c">#{}</a>{}</tr>'
PAGE = (
    ROW.format(1012, METER.format("resolution", "3 h left"))
    + ROW.format(12, METER.format("first response", "breached 1 min ago &amp; more"))
    + ROW.format(7, "")
)
Serve = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a board that does, or does not, turn the token into a cookie; returns the link to it."""
    servers: list[TestServer] = []

    async def start(*, redirects: bool = True, gives_cookie: bool = True) -> str:
        async def board(request: web.Request) -> web.Response:
            if "token" in request.query and redirects:
                answer = web.Response(status=303, headers={"Location": "/board"})
                if gives_cookie:
                    answer.set_cookie("board", "signed")
                return answer
            return web.Response(text=PAGE, content_type="text/html")

        app = web.Application()
        app.router.add_get("/board", board)
        servers.append(TestServer(app, host="127.0.0.1"))
        await servers[-1].start_server()
        return str(servers[-1].make_url("/board?token=secret"))

    yield start
    for server in servers:
        await server.close()


async def test_the_bars_of_a_ticket_are_read_in_words(serve: Serve) -> None:
    async with BoardReader(await serve()) as board:
        assert await board.open()
        assert await board.clocks(12) == {"first response": "breached 1 min ago & more"}
        assert await board.clocks(7) == {}
        assert await board.clocks(2) is None


@pytest.mark.parametrize("fault", ["redirects", "gives_cookie"])
async def test_a_token_that_stays_in_the_address_or_gives_no_cookie_is_no_opened_board(
    serve: Serve, fault: str
) -> None:
    async with BoardReader(await serve(**{fault: False})) as board:
        assert not await board.open()

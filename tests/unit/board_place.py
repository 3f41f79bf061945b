"""A board behind the real web server, its clock moved by hand, and a client whose cookies are its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from typing_extensions import override

from adapters.web.board import BoardPages
from adapters.web.server import WebServer
from bot.domain.board import BoardRow
from bot.ports.inbound import WebStatus
from tests.fakes.board import FakeBoard
from tests.fakes.clock import ManualClock, settle

TOKEN = "open-sesame-Ünï"


class Well(WebStatus):
    @override
    async def alive(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}

    @override
    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        return True, {}


@dataclass(slots=True, kw_only=True)
class Place:
    port: int
    clock: ManualClock
    board: FakeBoard
    pages: BoardPages
    client: httpx.AsyncClient

    async def get(self, path: str = "/board", **headers: str | bytes) -> httpx.Response:
        sent = [(name.encode(), text if isinstance(text, bytes) else text.encode()) for name, text in headers.items()]
        return await self.client.get(path, headers=sent)

    async def sign_in(self) -> None:
        assert (await self.client.get("/board", params={"token": TOKEN})).status_code == 303

    async def seen(self, path: str = "/board") -> str:
        """The page as somebody sees it who brings the token with each request."""
        answer = await self.get(path, Authorization=f"Bearer {TOKEN}")
        assert answer.status_code == 200
        return answer.text


@asynccontextmanager
async def place(port: int, rows: Iterable[BoardRow] = (), *, token: str = TOKEN) -> AsyncIterator[Place]:
    clock = ManualClock()
    board = FakeBoard(clock, rows)
    pages = BoardPages(board=board, token=token, clock=clock)
    async with (
        WebServer(host="127.0.0.1", port=port, status=Well(), board=pages),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield Place(port=port, clock=clock, board=board, pages=pages, client=client)


async def until(holds: Callable[[], bool]) -> None:
    """Let the server work until it holds."""
    async with asyncio.timeout(20):
        while not holds():
            await settle()

"""Serves /healthz, /readyz, the webhooks and the board on aiohttp; bodies are bounded before anything reads them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

import structlog
from aiohttp import web

from adapters.web.board import BoardPages
from adapters.web.posts import posted
from bot.domain.errors import BotError
from bot.ports.inbound import WebEndpoint, WebStatus

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 5 * 1024 * 1024
"""No webhook of the help desk comes near it; whoever sends more is told 413 and not read to the end."""

BODY_SECONDS = 10.0
"""A server that sends a webhook has it at hand; whoever takes longer holds a connection and nothing else."""

LINGERING_SECONDS = 1.0
"""How long the rest of a refused body is thrown away, so that its sender gets to read the answer."""


class WebServer:
    """Listens from ``async with`` on. Raises ``BotError`` naming address and reason when it cannot.

    ``posts`` are the endpoints by path. Without ``board`` there is none: its addresses are answered by 404.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        status: WebStatus,
        posts: Mapping[str, WebEndpoint] | None = None,
        board: BoardPages | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._status = status
        self._posts = posts or {}
        self._board = board
        self._body_seconds = body_seconds
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/healthz", self._answer(self._status.alive))
        app.router.add_get("/readyz", self._answer(self._status.ready))
        for path, endpoint in self._posts.items():
            app.router.add_post(path, posted(endpoint, body_seconds=self._body_seconds))
        if self._board is not None:
            self._board.add_to(app)
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=1,
            # Signatures are made over the bytes as they were sent.
            auto_decompress=False,
            lingering_time=LINGERING_SECONDS,
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await self._stack.aclose()
            raise BotError(
                f"The web server cannot listen on {self._host}:{self._port} ({error.strerror}); "
                "is another process there already? Settings web.host and web.port."
            ) from error
        log.info("web server listens", host=self._host, port=self._port)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    @staticmethod
    def _answer(
        ask: Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            well, details = await ask()
            return web.Response(
                status=200 if well else 503,
                text=json.dumps(details, ensure_ascii=False) + "\n",
                content_type="application/json",
                headers={"Cache-Control": "no-store"},
            )

        return answer

"""A proxy in front of the homeserver that breaks connections on purpose: what a bot meets in production.

Each `Fault` applies to the requests its `matches` picks, as often as `times` says: refuse with a status, do the work
but lose the answer, cut the connection, hold the answer back, or change the JSON that comes back.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

DROPPED_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}


class Breakage(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """Answer `status` with `body` and `headers`; the server never hears of the request."""
    LOSE = "lose"
    """Let the server do the work, then cut the connection instead of answering."""
    CUT = "cut"
    """Cut the connection before the server hears of it."""
    HOLD = "hold"
    """Let the server do the work, and answer only once `release` is set."""
    CHANGE = "change"
    """Answer what `change` makes of the server's JSON."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong `times` times (-1: until removed)."""

    kind: Breakage
    matches: Callable[[str, str], bool]
    times: int = 1
    status: int = 502
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer
    release: asyncio.Event = field(default_factory=asyncio.Event)
    seen: int = 0


class MatrixProxy:
    """`async with MatrixProxy(synapse.url) as proxy`: then `proxy.url` is the homeserver.

    `requests` lists the (method, path) of every request.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=True)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        address = self._runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fault in self.faults:
            fault.release.set()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def add(self, kind: Breakage, path: str = "", *, method: str = "", times: int = 1, **details: Any) -> Fault:
        """Break the next `times` requests whose path contains `path`."""
        fault = Fault(
            kind=kind,
            matches=lambda used, where: path in where and (not method or used == method),
            times=times,
            **details,
        )
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Stop breaking things."""
        for fault in self.faults:
            fault.release.set()
        self.faults.clear()

    def count(self, path: str, method: str = "") -> int:
        """How many requests were made whose path contains `path`."""
        return sum(path in where and (not method or used == method) for used, where in self.requests)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        fault = self._due(request.method, request.path)
        if fault is None:
            return _answer(*await self._pass_on(request))
        fault.seen += 1
        match fault.kind:
            case Breakage.REFUSE:
                body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body or {})
                return web.Response(status=fault.status, text=body, headers=fault.headers)
            case Breakage.CUT:
                return _cut(request)
            case Breakage.LOSE:
                await self._pass_on(request)
                return _cut(request)
            case Breakage.HOLD:
                status, content, content_type = await self._pass_on(request)
                await fault.release.wait()
                return _answer(status, content, content_type)
            case Breakage.CHANGE:
                status, content, content_type = await self._pass_on(request)
                return _answer(status, json.dumps(fault.change(json.loads(content))).encode(), content_type)

    def _due(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times != 0 and fault.matches(method, path):
                fault.times -= 1 if fault.times > 0 else 0
                return fault
        return None

    async def _pass_on(self, request: web.Request) -> tuple[int, bytes, str]:
        if self._session is None:
            raise RuntimeError("the proxy is not running")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED_HEADERS}
        async with self._session.request(
            request.method, self.upstream + request.raw_path, data=await request.read(), headers=headers
        ) as answer:
            return answer.status, await answer.read(), answer.headers.get("Content-Type", "application/json")


def _answer(status: int, content: bytes, content_type: str) -> web.Response:
    return web.Response(status=status, body=content, headers={"Content-Type": content_type})


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)

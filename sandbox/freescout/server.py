"""The HTTP side: listens, breaks what the faults say, records requests, and can vanish and come back on its port."""

import asyncio
import json
import socket
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from sandbox.freescout.answers import Answer, Json, html
from sandbox.freescout.call import World
from sandbox.freescout.faults import Fault, FaultKind, Faults
from sandbox.freescout.page import browse
from sandbox.freescout.records import Problem, RecordedRequest
from sandbox.freescout.routes import dispatch

_BULK = 256
_BLANKS = "\n  \n"
# aiohttp wants some limit; the proxy's own is checked before the body is looked at.
_BODY_CEILING_BYTES = 1 << 30


class Server:
    """One listening port. While down, the port stays taken so that nobody else gets it, and refuses connections."""

    def __init__(self, world: World, faults: Faults, *, api_key: str, host: str, port: int) -> None:
        self._world = world
        self._faults = faults
        self._api_key = api_key
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._reserved: socket.socket | None = None

    @property
    def url(self) -> str:
        """The address agents would open; the API is at /api below it."""
        return f"http://{self._host}:{self._port}"

    async def listen(self) -> None:
        """Accept connections; a second call does nothing."""
        if self._runner is not None:
            return
        bound = self._reserved or self._bind()
        self._reserved = None
        self._port = bound.getsockname()[1]
        self._world.url = self.url
        app = web.Application(client_max_size=_BODY_CEILING_BYTES)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        # A stop is as sudden as a machine that goes away: nobody is waited for.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await runner.setup()
        await web.SockSite(runner, bound).start()
        self._runner = runner

    async def hang_up(self, *, reserve: bool) -> None:
        """Stop listening and cut every connection. `reserve` keeps the port, refusing connections, until `listen`."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        if reserve and self._reserved is None:
            self._reserved = self._bind()
        elif not reserve and self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _bind(self) -> socket.socket:
        bound = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self._host, self._port))
        except OSError:
            bound.close()
            raise
        return bound

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        last: Fault | None = None
        for fault in self._faults.striking(request.method, request.path):
            if fault.kind is FaultKind.DELAY:
                await asyncio.sleep(fault.delay_seconds)
            last = fault
        answer = _broken(last)
        if last is not None and last.kind is FaultKind.RESET:
            _cut(request)
        elif answer is None:
            answer = self._answer(request, raw)
            if last is not None and last.kind is FaultKind.LOSE_ANSWER:
                _cut(request)
            elif last is not None and last.kind is FaultKind.STATUS_AFTER:
                answer = _failure(last)
        self._record(request, raw, answer, last)
        return _response(answer, self._world.store.clock())

    def _answer(self, request: web.Request, raw: bytes) -> Answer:
        limit = self._world.options.max_body_bytes
        if limit is not None and len(raw) > limit:
            return html(413, "413 Request Entity Too Large")
        query = dict(request.query)
        if not request.path.startswith("/api/"):
            return (
                browse(self._world, request.path, query)
                if request.method in ("GET", "HEAD")
                else html(404, "Not Found")
            )
        return dispatch(
            self._world,
            self._api_key,
            method=request.method,
            path=request.path.removeprefix("/api"),
            query=query,
            headers=request.headers,
            body=self._body(request, raw),
        )

    def _body(self, request: web.Request, raw: bytes) -> Json:
        """The JSON object sent. As in PHP, a wrong content type or broken JSON reads as nothing at all."""
        if not raw:
            return {}
        if request.content_type != "application/json":
            self._problem(request, f"content type `{request.content_type}` hides the body")
            return {}
        parsed = _parsed(raw)
        if not isinstance(parsed, dict):
            self._problem(request, "the body is no JSON object")
            return {}
        return parsed

    def _problem(self, request: web.Request, message: str) -> None:
        self._world.problems.append(Problem(method=request.method, path=request.path, message=message))

    def _record(self, request: web.Request, raw: bytes, answer: Answer | None, fault: Fault | None) -> None:
        self._world.requests.append(
            RecordedRequest(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                json=_without_bulk(_parsed(raw)),
                status=answer.status if answer is not None else 0,
                fault=str(fault.kind) if fault is not None else None,
            )
        )


def _broken(fault: Fault | None) -> Answer | None:
    """The answer of a fault that takes the place of all work."""
    if fault is None:
        return None
    if fault.kind is FaultKind.STATUS:
        return _failure(fault)
    if fault.kind is FaultKind.HTML_200:
        return html(200, "Log in")
    if fault.kind is FaultKind.BLANK_200:
        return Answer(status=200, body=_BLANKS, content_type="text/html")
    return None


def _failure(fault: Fault) -> Answer:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    return html(fault.status, f"{fault.status} Error", headers)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _response(answer: Answer | None, now: datetime) -> web.Response:
    date = {"Date": format_datetime(now.astimezone(UTC), usegmt=True)}
    if answer is None:
        return web.Response(status=500, headers=date)
    body: str | bytes | None
    body = json.dumps(answer.body) if isinstance(answer.body, dict) else answer.body
    if isinstance(body, str):
        body = body.encode()
    # A 204 carries no content type; everything else names one, also an empty 201, as PHP does.
    headers = {**date, **answer.headers}
    if answer.status != 204:
        headers["Content-Type"] = (
            answer.content_type if answer.content_type != "text/html" else "text/html; charset=UTF-8"
        )
    return web.Response(status=answer.status, body=body, headers=headers)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _without_bulk(value: Any) -> Any:
    """The same JSON with the contents of files shortened."""
    if isinstance(value, dict):
        return {key: _shortened(item) if key == "data" else _without_bulk(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_bulk(item) for item in value]
    return value


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _BULK:
        return f"{len(value)} characters of base64"
    return value

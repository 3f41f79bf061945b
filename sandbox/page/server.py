"""Serves the page on this machine only: its files, the live view of the three worlds, and what people do on it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.page.actions import Actions
from sandbox.page.body import RefusedError
from sandbox.page.files import Files
from sandbox.page.views import WorldViews
from sandbox.world import SandboxWorld

STATIC = Path(__file__).parent / "static"
HOST = "127.0.0.1"
LOOK_SECONDS = 0.4
KEEPALIVE_SECONDS = 15.0
MAX_REQUEST_BYTES = 32 * 1024 * 1024
# Nothing typed by people can run: no inline script, nothing from elsewhere, no frames, no forms that leave the page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """The page's web server on a loopback port. `start` raises OSError when the port is taken."""

    def __init__(self, world: SandboxWorld) -> None:
        self._views = WorldViews(world)
        self._runner: web.AppRunner | None = None
        self.port = 0
        app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[_only_this_machine, _sentences])
        app.router.add_get("/", _index)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/api/worlds", self._worlds)
        app.router.add_get("/api/events", self._events)
        app.router.add_get("/api/freescout/{number:[0-9]{1,12}}", self._conversation)
        Files(world).add_to(app)
        Actions(world).add_to(app)
        app.on_response_prepare.append(_add_headers)
        self._app = app

    @property
    def url(self) -> str:
        """The address for a browser."""
        return f"http://{HOST}:{self.port}"

    async def start(self, port: int) -> None:
        """Listen on `port`; 0 takes a free one."""
        runner = web.AppRunner(self._app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close it; open pages show that they lost the sandbox."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _worlds(self, _: web.Request) -> web.Response:
        return web.json_response(await self._views.all())

    async def _conversation(self, request: web.Request) -> web.Response:
        return web.json_response(self._views.conversation(int(request.match_info["number"])))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the whole view whenever something in it has changed."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        sent, waited = "", 0.0
        try:
            while self._runner is not None:
                view = json.dumps(await self._views.all(), ensure_ascii=False, separators=(",", ":"))
                if view != sent:
                    await response.write(f"data: {view}\n\n".encode())
                    sent, waited = view, 0.0
                elif waited > KEEPALIVE_SECONDS:
                    await response.write(b": still here\n\n")
                    waited = 0.0
                await asyncio.sleep(LOOK_SECONDS)
                waited += LOOK_SECONDS
        except ConnectionResetError:
            pass
        return response


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other sites' pages: a foreign name that resolves to this machine, and requests sent from elsewhere."""
    origin = request.headers.get("Origin")
    names = [request.host] if origin is None else [request.host, urlsplit(origin).netloc]
    if any(urlsplit(f"//{name}").hostname not in LOCAL_NAMES for name in names) or len(set(names)) > 1:
        raise web.HTTPForbidden(text="The sandbox answers only its own page.")
    return await handler(request)


@web.middleware
async def _sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return _error(str(error), error.status)
    except web.HTTPRequestEntityTooLarge:
        return _error("That is too large for the sandbox.", 413)


def _error(text: str, status: int) -> web.Response:
    body: dict[str, Any] = {"error": text}
    return web.json_response(body, status=status)

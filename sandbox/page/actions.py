"""What people do on the page: the POST routes of the three worlds, of the bot itself and of the time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from sandbox.discord import DiscordError, NoAnswerError
from sandbox.matrix import MatrixError
from sandbox.page.body import Act, Body, Json, RefusedError
from sandbox.page.discord_actions import DiscordActions
from sandbox.page.freescout_actions import FreeScoutActions
from sandbox.page.matrix_actions import MatrixActions
from sandbox.world import SandboxWorld

SKIPS = {"1h": timedelta(hours=1), "8h": timedelta(hours=8), "1d": timedelta(days=1)}
"""How far the page's buttons move the time."""


class Actions:
    """The routes. Each answers with a JSON object, or with a sentence why not."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register them."""
        world = self._world
        routes: dict[str, Act] = {"/api/bot": self._bot, "/api/time": self._skip}
        for actions in (DiscordActions(world), MatrixActions(world), FreeScoutActions(world)):
            routes |= actions.routes()
        for path, act in routes.items():
            app.router.add_post(path, self._handler(act))

    def _handler(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not self._world.running:
                raise RefusedError("The worlds are still starting; one moment.", status=503)
            if request.content_type != "application/json":
                raise RefusedError("The page sends JSON.", status=415)
            try:
                return web.json_response(await act(await Body.of(request)))
            except NoAnswerError as error:
                raise RefusedError(f"{str(error).removesuffix('.')}.", status=504) from error
            # ValueError and LookupError: what the real form would not let through, or what is not there.
            except (DiscordError, MatrixError, ValueError, LookupError) as error:
                raise RefusedError(str(error)) from error

        return handle

    async def _bot(self, body: Body) -> Json:
        acts = {"kill": self._world.bot.kill, "start": self._world.start_bot}
        await asyncio.to_thread(body.one_of("action", acts))
        return {"running": self._world.bot.pid is not None}

    async def _skip(self, body: Body) -> Json:
        self._world.time.advance(body.one_of("skip", SKIPS))
        return {"now": self._world.time.now().isoformat()}

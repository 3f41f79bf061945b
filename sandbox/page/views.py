"""The whole sandbox as one JSON object, which the page draws."""

import asyncio
from typing import Any

from sandbox.page.body import RefusedError
from sandbox.page.discord_view import discord_view
from sandbox.page.freescout_view import conversation_view, freescout_view
from sandbox.page.matrix_view import matrix_view
from sandbox.world import PRODUCT, SandboxWorld

Json = dict[str, Any]

ASK_SECONDS = 1.0
LOOK_SECONDS = 0.3


class WorldViews:
    """Looks at the worlds some times a second at most, and asks the bot once, however many pages are open."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world
        self._status: Json = {}
        self._asked_at = float("-inf")
        self._view: Json = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def all(self) -> Json:
        """Everything the page shows, but for the threads of a conversation."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                self._view = await self._look()
            return self._view

    async def _look(self) -> Json:
        if not self._world.running:
            return {"product": PRODUCT, "starting": True}
        return {
            "product": PRODUCT,
            "time": {"ahead": self._world.time.ahead.total_seconds(), "board": self._world.board_url},
            "status": await self._bot_status(),
            "discord": discord_view(self._world),
            "matrix": matrix_view(self._world),
            "freescout": freescout_view(self._world),
        }

    def conversation(self, number: int) -> Json:
        """One conversation with its threads."""
        try:
            return conversation_view(self._world, self._world.freescout.conversation(number=number))
        except (LookupError, AttributeError):  # AttributeError: the worlds are still starting
            raise RefusedError(f"There is no conversation #{number}.", status=404) from None

    async def _bot_status(self) -> Json:
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= ASK_SECONDS:
            self._asked_at = now
            self._status = await self._ask()
        return {**self._status, "running": self._world.bot.pid is not None}

    async def _ask(self) -> Json:
        readiness = await self._world.bot.readiness()
        parts = [
            {
                "name": name,
                "state": str(part.get("state", "")),
                "since": str(part.get("since", "")),
                "detail": str(part.get("detail", "")),
            }
            for name, part in readiness.parts.items()
        ]
        return {"reachable": readiness.reachable, "ready": readiness.ready, "parts": parts}

"""Reading one channel's or thread's history from its watermark on, a hundred messages at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.discord.rest import DiscordRest
from adapters.discord.snowflakes import instant_of, snowflake_at
from bot.ports.clock import Clock

Json = Mapping[str, Any]

_PAGE: Final = 100
_SIDE_BY_SIDE: Final = 8
"""Channels read at once; Discord allows 50 requests a second in all (facts/discord.md, "Rate limits")."""
_MOST_COUNTED: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Messages beyond the limit: how many (at least), from when to when."""

    count: int
    first_at: datetime
    last_at: datetime
    counted_all: bool = True

    @property
    def story(self) -> str:
        """As people read it."""
        count = f"{self.count}" if self.counted_all else f"more than {self.count}"
        return f"{count} messages from {self.first_at:%Y-%m-%d %H:%M} to {self.last_at:%Y-%m-%d %H:%M} UTC"


class History:
    """Pages of messages, oldest first."""

    def __init__(self, rest: DiscordRest, clock: Clock, *, reach: timedelta | None) -> None:
        self._rest = rest
        self._clock = clock
        self._reach = reach
        self._turns = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def pages(self, channel_id: str, after: int) -> AsyncIterator[list[Json]]:
        """All messages after this id, in pages; raises as ``DiscordRest.call``. Empty where Discord hides history."""
        while True:
            async with self._turns:
                page = await self._page(channel_id, {"after": str(after)})
            if page:
                yield page
                after = int(page[-1]["id"])
            if len(page) < _PAGE:
                return

    async def newest(self, channel_id: str, upto: int) -> tuple[list[Json], int]:
        """The last hundred messages up to this id, oldest first, and the id from which on they are all there are."""
        async with self._turns:
            page = await self._page(channel_id, {"before": str(upto + 1)})
        return page, int(page[0]["id"]) if len(page) == _PAGE else 0

    async def one(self, channel_id: str, message_id: str) -> Json:
        """A single message; raises as ``DiscordRest.call``."""
        async with self._turns:
            found: Json = await self._rest.call(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                needs="Read Message History",
                channel_id=channel_id,
                message_id=message_id,
            )
        return found

    def limit(self) -> int:
        """The id from which messages are still filed; 0 without a limit."""
        return snowflake_at(self._clock.now() - self._reach) if self._reach is not None else 0

    async def skipped(self, channel_id: str, after: int, limit: int) -> Skipped | None:
        """What lies between a watermark and the limit, counted up to some thousands; None when nothing does."""
        ids: list[int] = []
        last_at = instant_of(limit)
        async for page in self.pages(channel_id, after):
            beyond = [int(payload["id"]) for payload in page if int(payload["id"]) < limit]
            ids += beyond
            if len(beyond) < len(page) or len(ids) >= _MOST_COUNTED:
                break
        if not ids:
            return None
        counted_all = len(ids) < _MOST_COUNTED
        last_at = instant_of(ids[-1]) if counted_all else last_at
        return Skipped(count=len(ids), first_at=instant_of(ids[0]), last_at=last_at, counted_all=counted_all)

    async def _page(self, channel_id: str, where: Mapping[str, str]) -> list[Json]:
        page: list[Json] = await self._rest.call(
            "GET",
            "/channels/{channel_id}/messages",
            params={"limit": _PAGE, **where},
            needs="Read Message History",
            channel_id=channel_id,
        )
        return sorted(page, key=lambda payload: int(payload["id"]))

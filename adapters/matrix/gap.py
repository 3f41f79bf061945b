"""Walks the stretch of a room that a sync left out, page by page from the oldest on, each page one transaction.

A `limited` timeline holds only the latest events; what lies before them is fetched with `/messages` (facts/matrix.md
3.3, trap 7). What a room says while its gap is open is added to the gap, so that messages keep their order.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeGuard

import structlog

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.patience import pause_after
from adapters.matrix.reader import Reader, Reading, after_own_join
from adapters.matrix.remembered import BEGINNING, Gap
from adapters.matrix.rooms import Room
from adapters.matrix.wire import Json, objects_of, text_of
from bot.domain.chat import ChatAddress, ChatEvent, ChatMessage, Platform
from bot.domain.errors import TransientError
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import ChatEvents

PAGE = 100
PAGES_PER_TURN = 10
"""Pages of one room before the other rooms' live messages get their turn."""

Accept = Callable[[Reading, dict[str, str | None]], Awaitable[None]]

log = structlog.get_logger("matrix")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    events: list[Json]
    position: str | None


class GapWalker:
    """Holds the open gaps, by room. `limit`: how far back missed messages are fetched; None is without limit."""

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        accept: Accept,
        events: ChatEvents,
        clock: Clock,
        dice: Dice,
        limit: timedelta | None,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._accept = accept
        self._events = events
        self._now = clock.now
        self._dice = dice
        self._limit = limit
        self._gaps: dict[str, Gap] = {}
        self._failures: dict[str, int] = {}
        self._due_at: dict[str, datetime] = {}

    def keep(self, gap: Gap) -> None:
        """Hold a gap that the store holds."""
        self._gaps[gap.room_id] = gap

    def get(self, room_id: str) -> Gap | None:
        """The room's open gap."""
        return self._gaps.get(room_id)

    def next_due_in(self) -> timedelta | None:
        """How long until a gap can be walked on; None when there is none."""
        now = self._now()
        waits = [max(self._due_at.get(room_id, now) - now, timedelta()) for room_id in self._gaps]
        return min(waits, default=None)

    def is_too_old(self, sent_at: datetime) -> bool:
        """Whether a message lies beyond the limit."""
        return self._limit is not None and sent_at < self._now() - self._limit

    async def walk(self) -> None:
        """Some pages of each gap. One that fails is tried again later and holds up nobody else."""
        for room_id in tuple(self._gaps):
            if self._due_at.get(room_id, self._now()) > self._now():
                continue
            try:
                await self._pages(room_id)
            except TransientError as error:
                failures = self._failures[room_id] = self._failures.get(room_id, 0) + 1
                pause = pause_after(error, failures, self._dice)
                self._due_at[room_id] = self._now() + pause
                log.warning("gap not fetched", room=room_id, why=str(error), pause_seconds=pause.total_seconds())
            else:
                self._failures.pop(room_id, None)
                self._due_at.pop(room_id, None)

    async def _pages(self, room_id: str) -> None:
        for _ in range(PAGES_PER_TURN):
            gap = self._gaps.get(room_id)
            if gap is None:
                return
            await self._step(gap)

    async def _step(self, gap: Gap) -> None:
        room = self._connection.rooms.get(gap.room_id)
        try:
            page = await self._fetch(gap)
        except MatrixFault as fault:
            await self._give_up(gap, fault)
            return
        events, after_join = page.events, gap.after_join
        if after_join:
            joined = after_own_join(events, self._connection.session.user_id)
            events, after_join = joined or [], joined is None
        reading = self._reader.read(room or Room(room_id=gap.room_id), events)
        skipped = [event for event in reading.events if self._is_skipped(event)]
        reading = replace(reading, events=tuple(e for e in reading.events if not self._is_skipped(e)))
        gap = _count_skipped(replace(gap, after_join=after_join), skipped)
        rest = gap.advanced(page.position)
        if rest is None and gap.skipped:
            await self._tell_skipped(gap)
        await self._accept(reading, {gap.name: rest.dump() if rest is not None else None})
        self._hold(gap.room_id, rest)

    async def _fetch(self, gap: Gap) -> _Page:
        start, end = gap.windows[0]
        query = {"dir": "f", "to": end, "limit": str(PAGE), **({"from": start} if start != BEGINNING else {})}
        answer = await self._connection.api.get(f"{CLIENT}/rooms/{escape(gap.room_id)}/messages", query)
        # A page may be empty with more behind it: events too old for the room's retention are left out of pages.
        events, position = list(objects_of(answer, "chunk")), text_of(answer, "end")
        more = position not in {"", start, end}
        return _Page(events=events, position=position if more else None)

    def _is_skipped(self, event: ChatEvent) -> TypeGuard[ChatMessage]:
        """Messages beyond the limit are; what became of a message is told however old it is."""
        return isinstance(event, ChatMessage) and self.is_too_old(event.sent_at)

    async def _give_up(self, gap: Gap, fault: MatrixFault) -> None:
        """The server will not give these messages (the bot was removed from the room, or the position is gone)."""
        log.error("gap cannot be fetched", room=gap.room_id, fault=str(fault))
        start, rest = gap.windows[0][0], gap.advanced(None)
        await self._events.gap_skipped(
            _address(gap),
            f"{self._title(gap)}: the homeserver does not give them ({fault.reason})",
            f"matrix:{gap.room_id}:{start}",
        )
        await self._accept(Reading(), {gap.name: rest.dump() if rest is not None else None})
        self._hold(gap.room_id, rest)

    async def _tell_skipped(self, gap: Gap) -> None:
        text = (
            f"{self._title(gap)}: {gap.skipped} from {gap.first_skipped_at} to {gap.last_skipped_at} (UTC), "
            "older than intake.backfill_hours"
        )
        await self._events.gap_skipped(_address(gap), text, f"matrix:{gap.room_id}:{gap.last_skipped_at}")

    def _title(self, gap: Gap) -> str:
        room = self._connection.rooms.get(gap.room_id)
        return room.title if room is not None else gap.room_id

    def _hold(self, room_id: str, gap: Gap | None) -> None:
        if gap is None:
            self._gaps.pop(room_id, None)
        else:
            self._gaps[room_id] = gap


def _count_skipped(gap: Gap, skipped: list[ChatMessage]) -> Gap:
    if not skipped:
        return gap
    times = [message.sent_at.strftime("%Y-%m-%d %H:%M") for message in skipped]
    return replace(
        gap,
        skipped=gap.skipped + len(skipped),
        first_skipped_at=gap.first_skipped_at or min(times),
        last_skipped_at=max(times),
    )


def _address(gap: Gap) -> ChatAddress:
    return ChatAddress(platform=Platform.MATRIX, room=gap.room_id)

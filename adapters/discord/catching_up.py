"""Catching up with one channel or thread: from its watermark to its end, with a gap on record while that fails.

While a gap is open live messages go ahead of it without moving the watermark, so that a restart reads it again
(behaviour.md, "Gaps"). Staff is told when messages stay out of reach: beyond ``backfill_hours``, or for want of a
permission.
"""

import json
from collections.abc import Sequence

import structlog

from adapters.discord.comparing import Comparing
from adapters.discord.faults import UNKNOWN_CHANNEL, DeniedError
from adapters.discord.history import History
from adapters.discord.incoming import Incoming, written
from adapters.discord.pauses import Pauses
from adapters.discord.places import Place
from adapters.discord.queues import Queues
from adapters.discord.receiving import Receiving
from adapters.discord.standing import Standing
from adapters.discord.surroundings import Surroundings
from adapters.discord.watermarks import Watermarks
from bot.domain.errors import DeliveryError, PermanentError
from bot.ports.clock import Clock
from bot.ports.inbound import ChatEvents, MessageIntake

_log = structlog.get_logger(__name__)

_QUICK_TRIES = 3
"""So often a history is tried again before live messages go ahead of it."""


class UnreadableError(PermanentError):
    """The bot may not read a channel; asking Discord would give an empty history and no error (facts, section 6)."""


class CatchingUp:
    """Reads histories: pages go in, the watermark goes forward."""

    def __init__(
        self,
        *,
        history: History,
        comparing: Comparing,
        receiving: Receiving,
        queues: Queues,
        watermarks: Watermarks,
        surroundings: Surroundings,
        intake: MessageIntake,
        events: ChatEvents,
        standing: Standing,
        clock: Clock,
        pauses: Pauses,
    ) -> None:
        self._history = history
        self._comparing = comparing
        self._receiving = receiving
        self._queues = queues
        self._watermarks = watermarks
        self._surroundings = surroundings
        self._intake = intake
        self._events = events
        self._standing = standing
        self._clock = clock
        self._pauses = pauses

    async def read_quickly(self, place: Place) -> bool:
        """Read what is missing, with a few tries. False: a gap is on record and live messages flow ahead of it."""
        for attempt in range(1, _QUICK_TRIES + 1):
            try:
                await self._read(place)
            except PermanentError as error:
                await self._open_gap(place, error)
                return False
            except DeliveryError as error:
                if attempt == _QUICK_TRIES:
                    await self._open_gap(place, error)
                    return False
                await self._pauses.wait(attempt)
            else:
                break
        await self._close(place)
        return True

    async def read_at_last(self, place: Place) -> None:
        """Close a gap, however long it takes."""
        failures = _QUICK_TRIES
        while True:
            await self._pauses.wait(failures)
            failures += 1
            try:
                await self._read(place)
            except DeliveryError as error:
                _log.info("discord_gap_stays", channel=place.key, reason=str(error), tries=failures)
            else:
                break
        await self._close(place)
        _log.info("discord_gap_closed", channel=place.key)

    def check_readable(self, place: Place) -> None:
        """Raises ``UnreadableError`` when the bot lacks what reading a room's history takes."""
        if place.is_direct:
            return
        channel = self._surroundings.channel(place.room)
        lacks = ("View Channel",) if channel is None else channel.lacks
        if lacks:
            name = f"#{channel.name}" if channel is not None else f"channel {place.room}"
            raise UnreadableError(f"the bot lacks {' and '.join(lacks)} in {name}: give its role this permission there")

    async def tell_unreadable(self, place: Place, error: DeliveryError) -> None:
        """Tell health, and staff once for the same stretch of history."""
        self._standing.complain(place.room, str(error))
        since = self._watermarks.of(place.key) or self._watermarks.threads_of(place.room) or 0
        story = f"Messages since the last one read in {self._title(place)} cannot be fetched: {error}."
        await self._events.gap_skipped(place.address, story, f"discord:unreadable:{place.key}:{since}")

    def _title(self, place: Place) -> str:
        """The place as staff knows it."""
        if place.is_direct:
            return "a member's direct messages to the bot"
        channel = self._surroundings.channel(place.room)
        name = f"#{channel.name}" if channel is not None else f"channel {place.room}"
        return name if place.chat_thread is None else f"{name}, thread “{place.title or place.chat_thread}”"

    async def _read(self, place: Place) -> None:
        self.check_readable(place)
        self._standing.complain(place.room, "")
        read_before = after = self._watermarks.of(place.key) or 0
        limit = self._history.limit()
        try:
            if after < limit:
                after = await self._skip(place, after, limit)
            async for page in self._history.pages(place.key, after):
                await self._take(place, [written(payload) for payload in page], moves=True)
            changed = await self._comparing.changed_in(place, read_before)
            self.check_readable(place)  # without the permission Discord gives an empty history: nothing was deleted
            await self._take(place, changed, moves=False)
        except DeniedError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            _log.info("discord_channel_gone", channel=place.key)
        if place.is_followed:
            await self._look_at_origin(place)

    async def _look_at_origin(self, place: Place) -> None:
        """The message on which a followed thread hangs stands in a channel whose history is not read."""
        origin = self._surroundings.origin_of(place.key, place.room)
        try:
            await self._take(origin, await self._comparing.changed_at(origin, place.key), moves=False)
        except DeniedError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise

    async def _take(self, place: Place, arrived: Sequence[Incoming], *, moves: bool) -> None:
        _, obstacle = await self._receiving.take(place, arrived, moves=moves)
        if obstacle is not None:
            raise obstacle

    async def _skip(self, place: Place, after: int, limit: int) -> int:
        """Leave out what is older than the limit, and say so; returns the new watermark."""
        skipped = await self._history.skipped(place.key, after, limit)
        if skipped is not None:
            story = f"{skipped.story} in {self._title(place)} are older than intake.backfill_hours and were not filed."
            await self._events.gap_skipped(place.address, story, f"discord:skipped:{place.key}:{after}")
            _log.warning("discord_messages_skipped", channel=place.key, count=skipped.count)
        await self._watermarks.commit(self._intake, self._watermarks.moved(place.key, limit - 1))
        return limit - 1

    async def _open_gap(self, place: Place, error: DeliveryError) -> None:
        self._queues.freeze(place.key)
        since = self._watermarks.of(place.key) or 0
        story = {"from": str(since), "to": str(self._queues.first_waiting(place.key)), "reason": str(error)}
        await self._watermarks.commit(self._intake, self._watermarks.gap_opened(place.key, json.dumps(story)))
        _log.warning("discord_gap_opened", channel=place.key, reason=str(error))
        if isinstance(error, PermanentError):
            await self.tell_unreadable(place, error)
        self._queues.release(place.key)

    async def _close(self, place: Place) -> None:
        newest = self._queues.thaw(place.key)
        entries = self._watermarks.gap_closed(place.key)
        if newest:
            entries |= self._watermarks.moved(place.key, newest)
        await self._watermarks.commit(self._intake, entries)
        self._queues.release(place.key)

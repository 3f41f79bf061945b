"""Missed messages: each session begins with reading every watched channel and thread from its watermark on.

Resumed sessions lose nothing; all others do (facts/discord.md, "Missed messages"). A room without rows is new: it files
no history. Threads are read after their channel, so that a request comes before what was said about it. Direct message
channels are read once they are known, and so are followed threads, without the channels in which they are.
"""

import asyncio
from datetime import timedelta

import structlog

from adapters.discord.catching_up import CatchingUp
from adapters.discord.listing import Listing
from adapters.discord.pauses import Pauses
from adapters.discord.places import Place, Watch, direct_place
from adapters.discord.queues import Queues
from adapters.discord.snowflakes import snowflake_at
from adapters.discord.surroundings import Surroundings, WatchedChannel
from adapters.discord.watermarks import Entries, Watermarks
from bot.domain.errors import DeliveryError, PermanentError
from bot.ports.clock import Clock
from bot.ports.inbound import MessageIntake

_log = structlog.get_logger(__name__)

_SLACK = timedelta(minutes=10)
"""How far our clock and Discord's may be apart; what is read twice is filed once."""
_FIRST_SLACK = timedelta(minutes=1)
"""The same on a first start, where whatever is read is filed."""
_SEEN_SOON = 2
"""A look at the cache costs nothing, so it comes every one or two seconds."""


class Backfill:
    """Brings all rooms up to date; one ``run`` per session."""

    def __init__(
        self,
        *,
        watch: Watch,
        catching_up: CatchingUp,
        listing: Listing,
        queues: Queues,
        watermarks: Watermarks,
        surroundings: Surroundings,
        intake: MessageIntake,
        clock: Clock,
        pauses: Pauses,
    ) -> None:
        self._watch = watch
        self._catching_up = catching_up
        self._listing = listing
        self._queues = queues
        self._watermarks = watermarks
        self._surroundings = surroundings
        self._intake = intake
        self._clock = clock
        self._pauses = pauses

    @property
    def rooms(self) -> frozenset[str]:
        """All that are read at the beginning of a session."""
        direct = frozenset(self._watermarks.direct_rooms())
        return self._watch.support_channels | direct | self._surroundings.followed_rooms

    async def run(self) -> None:
        """Catch up everywhere; returns when nothing is missing any more. Cancelled when the next session begins."""
        await self._watermarks.commit(self._intake, self._watermarks.unwatched(self._watch.support_channels))
        async with asyncio.TaskGroup() as tasks:
            for room in sorted(self._watch.support_channels):
                tasks.create_task(self._room(room), name=f"discord-backfill-{room}")
            for room in self._watermarks.direct_rooms():
                tasks.create_task(self._direct(tasks, room), name=f"discord-backfill-{room}")
            for room in sorted(self._surroundings.followed_rooms):
                self._followed(tasks, room)
        _log.info("discord_caught_up", rooms=len(self._watch.support_channels))

    async def _room(self, room: str) -> None:
        if self._watermarks.threads_of(room) is None:
            heard_before = self._watermarks.of(room) is not None  # live messages came before the channel was known
            await self._begin_watching(room)
            if not heard_before:
                return
        until = snowflake_at(self._clock.now() - _SLACK)
        async with asyncio.TaskGroup() as tasks:
            await self._start_reading(tasks, room)
        # Only now: a thread archived meanwhile is found again by its archiving, as long as this stays before it.
        await self._watermarks.commit(self._intake, self._watermarks.known_until(room, until))

    async def _direct(self, tasks: asyncio.TaskGroup, room: str) -> None:
        place = direct_place(room)
        self._surroundings.learn(room, place)
        self._queues.open_room(room, held=[room])
        await self._read(tasks, place)

    def _followed(self, tasks: asyncio.TaskGroup, room: str) -> None:
        threads = self._surroundings.followed_in(room)
        self._queues.open_room(room, held=[thread.key for thread in threads])
        for thread in threads:
            tasks.create_task(self._read(tasks, thread), name=f"discord-backfill-{thread.key}")

    async def catch_up(self, tasks: asyncio.TaskGroup, place: Place) -> None:
        """Read this one place, whose line is held, from its watermark on."""
        await self._read(tasks, place)

    async def _start_reading(self, tasks: asyncio.TaskGroup, room: str) -> None:
        threads = await self._listed(room)
        if threads is None:
            # The channel can perhaps be read without its threads; those flow on without their watermarks.
            self._queues.freeze_threads(room)
            self._queues.open_room(room, held=[room])
            await self._read(tasks, Place(room=room))
            threads = await self._listed_at_last(room)
        else:
            self._queues.open_room(room, held=[room, *(thread.key for thread in threads)])
            await self._read(tasks, Place(room=room))
        for thread in threads:
            tasks.create_task(self._read(tasks, thread), name=f"discord-backfill-{thread.key}")

    async def _read(self, tasks: asyncio.TaskGroup, place: Place) -> None:
        """Returns when the history is read or on record as a gap; that is closed in its own time."""
        if place.chat_thread is None and self._is_forum(place.room):
            self._queues.release(place.key)
        elif not await self._catching_up.read_quickly(place):
            tasks.create_task(self._catching_up.read_at_last(place), name=f"discord-gap-{place.key}")

    async def _listed(self, room: str) -> list[Place] | None:
        """The room's threads, each with a watermark of its own from now on; None when they cannot be listed now."""
        since = self._watermarks.threads_of(room) or 0
        try:
            self._catching_up.check_readable(Place(room=room))
            threads = await self._listing.threads(room, since)
        except DeliveryError as error:
            _log.warning("discord_threads_not_listed", room=room, reason=str(error))
            if isinstance(error, PermanentError):
                await self._catching_up.tell_unreadable(Place(room=room), error)
            return None
        entries: Entries = {}
        for thread in threads:
            if self._watermarks.of(thread.key) is None:
                entries |= self._watermarks.moved(thread.key, since)
        await self._watermarks.commit(self._intake, entries)
        return threads

    async def _listed_at_last(self, room: str) -> list[Place]:
        failures = 0
        threads = None
        while threads is None:
            failures += 1
            await self._pauses.wait(failures)
            threads = await self._listed(room)
        for thread in threads:
            self._queues.freeze(thread.key)
        self._queues.thaw_threads(room)
        return threads

    async def _begin_watching(self, room: str) -> None:
        """A first start, or a newly watched channel: everything up to now counts as read."""
        channel = await self._seen(room)
        threads = self._surroundings.threads_under(room)
        start = snowflake_at(self._clock.now() - _FIRST_SLACK)
        until = max([start, channel.newest_message, *(thread.newest_message for thread in threads)])
        entries: Entries = self._watermarks.known_until(room, until)
        if not channel.is_forum and self._watermarks.of(room) is None:
            entries |= self._watermarks.moved(room, channel.newest_message)
        for thread in threads:
            entries |= self._watermarks.moved(thread.place.key, thread.newest_message)
        await self._watermarks.commit(self._intake, entries)
        _log.info("discord_watching_begins", channel=channel.name, room=room, threads=len(threads))
        self._queues.open_room(room, held=())
        await self._check(room)

    async def _seen(self, room: str) -> WatchedChannel:
        """The channel, waited for until the bot sees it."""
        failures = 0
        while (channel := self._surroundings.channel(room)) is None:
            if not failures:
                self._queues.open_room(room, held=())  # nothing comes from there, and others must not wait for it
                await self._check(room)
            failures += 1
            await self._pauses.wait(min(failures, _SEEN_SOON))  # what is said there from then on counts
        return channel

    async def _check(self, room: str) -> None:
        """Say now what would be missing after the next downtime."""
        try:
            self._catching_up.check_readable(Place(room=room))
        except PermanentError as error:
            await self._catching_up.tell_unreadable(Place(room=room), error)

    def _is_forum(self, room: str) -> bool:
        channel = self._surroundings.channel(room)
        return channel is not None and channel.is_forum

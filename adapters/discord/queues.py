"""One line per channel and thread: what happens to messages is handed over in the order in which it arrived.

A line is held while the history before it is being read, so that what was missed comes first. Where that history
cannot be read, its line flows on without moving the watermark.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from adapters.discord.faults import DeniedError
from adapters.discord.incoming import Incoming, Kind
from adapters.discord.places import Place
from adapters.discord.receiving import Receiving
from adapters.discord.rest import DiscordRest
from adapters.discord.surroundings import NOT_OURS, Surroundings
from bot.domain.errors import TransientError
from bot.ports.clock import Clock

_log = structlog.get_logger(__name__)

_LONGEST_BATCH = 100
_LONGEST_PAUSE = timedelta(minutes=1)
_ORIGIN = "origin:"


@dataclass(slots=True, kw_only=True)
class Line:
    """What waits of one channel or thread; ``place`` is None until it is known."""

    key: str
    place: Place | None
    waiting: list[Incoming] = field(default_factory=list)
    worker: asyncio.Task[None] | None = None


class Queues:
    """All lines, and which of them may flow."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        receiving: Receiving,
        surroundings: Surroundings,
        rest: DiscordRest,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._receiving = receiving
        self._surroundings = surroundings
        self._rest = rest
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._closed_rooms: set[str] = set()
        self._held: set[str] = set()
        self._frozen: set[str] = set()
        self._frozen_rooms: set[str] = set()
        self._newest: dict[str, int] = {}

    def put(self, incoming: Incoming) -> None:
        """Something came by the gateway. Returns at once; what belongs to channels that are not watched is dropped."""
        line = self._line_of(incoming)
        if line is not None:
            line.waiting.append(incoming)
            self._start(line)

    def _line_of(self, incoming: Incoming) -> Line | None:
        key = incoming.channel_id
        if key in self._lines:
            return self._lines[key]
        place = self._surroundings.place_of(key)
        if place is NOT_OURS:
            place = self._surroundings.origin_of(incoming.message_id, key)
            key = f"{_ORIGIN}{incoming.message_id}"  # a line of its own: the channel around it is none of ours
        return None if place is NOT_OURS else self._lines.setdefault(key, Line(key=key, place=place))

    def hold(self, key: str) -> None:
        """Let nothing flow here until ``release``."""
        self._held.add(key)

    def close(self, rooms: Iterable[str]) -> None:
        """A new session: until ``open_room`` nothing of these rooms flows, their threads included."""
        self._closed_rooms = set(rooms)
        for kept in (self._held, self._frozen, self._frozen_rooms):
            kept.clear()
        self._newest.clear()

    def open_room(self, room: str, *, held: Iterable[str]) -> None:
        """Let the room's lines flow, but for those held until their history has been read."""
        self._held.update(held)
        self._closed_rooms.discard(room)
        for line in list(self._lines.values()):
            self._start(line)

    def release(self, key: str) -> None:
        """The history before this line is read, or cannot be read for now."""
        self._held.discard(key)
        if key in self._lines:
            self._start(self._lines[key])

    def first_waiting(self, key: str) -> int:
        """The id of the first live message that waits in this line; 0 when none does."""
        line = self._lines.get(key)
        written = _written(line.waiting) if line is not None else []
        return written[0] if written else 0

    def freeze(self, key: str) -> None:
        """From now on live messages do not move this watermark."""
        self._frozen.add(key)

    def thaw(self, key: str) -> int:
        """The gap is closed: the watermark may move again, at once to the newest message handed over (0: none)."""
        self._frozen.discard(key)
        return self._newest.pop(key, 0)

    def freeze_threads(self, room: str) -> None:
        """The same for all threads of a room whose threads could not be listed."""
        self._frozen_rooms.add(room)

    def thaw_threads(self, room: str) -> None:
        """The room's threads are listed; each that is to be read has been frozen by itself."""
        self._frozen_rooms.discard(room)

    def _start(self, line: Line) -> None:
        if line.worker is None and line.waiting and not self._is_held(line):
            line.worker = self._tasks.create_task(self._work(line), name=f"discord-line-{line.key}")

    def _is_held(self, line: Line) -> bool:
        if line.place is None:
            return bool(self._closed_rooms)
        return line.key in self._held or line.place.room in self._closed_rooms

    def _may_move(self, place: Place) -> bool:
        is_thread = place.chat_thread is not None
        return place.key not in self._frozen and not (is_thread and place.room in self._frozen_rooms)

    async def _work(self, line: Line) -> None:
        """Hand over what waits until nothing does; the line ends then."""
        pause = timedelta(seconds=1)
        while line.waiting and not self._is_held(line):
            try:
                taken = await self._some(line)
            except TransientError as error:
                taken = 0
                _log.warning("discord_line_waits", channel=line.key, waiting=len(line.waiting), reason=error.reason)
            if taken:
                pause = timedelta(seconds=1)
            else:
                await self._clock.sleep_until(self._clock.now() + pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        line.worker = None
        if not line.waiting:
            self._lines.pop(line.key, None)

    async def _some(self, line: Line) -> int:
        """Hand over the first messages that wait; returns how many left the line."""
        place = line.place = line.place or await self._looked_up(line.key)
        batch = line.waiting[:_LONGEST_BATCH]
        if place == NOT_OURS:
            del line.waiting[: len(batch)]
            return len(batch)
        if self._is_held(line):
            return 0
        moves = self._may_move(place)
        taken, obstacle = await self._receiving.take(place, batch, moves=moves)
        if not moves and (written := _written(batch[:taken])):
            self._newest[place.key] = max(*written, self._newest.get(place.key, 0))
        del line.waiting[:taken]
        if obstacle is not None:
            _log.warning("discord_author_unresolved", channel=line.key, reason=str(obstacle))
        return taken if obstacle is None else 0

    async def _looked_up(self, channel_id: str) -> Place:
        """The place of what the gateway's cache lacks: threads (facts/discord.md, dpy #7541), direct channels."""
        try:
            channel = await self._rest.call("GET", "/channels/{channel_id}", channel_id=channel_id)
        except DeniedError:
            return NOT_OURS
        place = self._surroundings.place_in(channel)
        self._surroundings.learn(channel_id, place)
        return place


def _written(arrived: Iterable[Incoming]) -> list[int]:
    """The ids of new messages among these."""
    return [int(incoming.message_id) for incoming in arrived if incoming.kind is Kind.WRITTEN]

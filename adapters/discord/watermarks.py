"""How far each channel and thread has been filed: the adapter's cursors, kept in the core's store.

``watermark:ID`` is the id of the last message of a channel or thread that is stored together with all before it.
``threads:ROOM`` is the instant (as an id) up to which the room's threads are known: one without a watermark of its own
is read from there. ``gap:ID`` tells of a history that could not be read. ``direct:ID`` marks a direct message channel,
since Discord does not tell a bot which it has. ``followed:THREAD`` names the channel (not watched) of a thread that
belongs to a ticket.
"""

from collections.abc import Collection, Mapping
from typing import Final

from bot.domain.chat import Platform
from bot.ports.inbound import Arrival, MessageIntake

_WATERMARK: Final = "watermark:"
_THREADS: Final = "threads:"
_GAP: Final = "gap:"
_DIRECT: Final = "direct:"
_FOLLOWED: Final = "followed:"

Entries = dict[str, str | None]


class Watermarks:
    """The cursors as last committed. A change is given out as entries to commit with an arrival, then ``committed``."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}

    async def load(self, intake: MessageIntake) -> None:
        """Read them from the store."""
        self._rows = dict(await intake.recall(Platform.DISCORD))

    def of(self, key: str) -> int | None:
        """The watermark of a channel or thread; None when it has none."""
        row = self._rows.get(_WATERMARK + key)
        return int(row) if row is not None else None

    def threads_of(self, room: str) -> int | None:
        """Up to when the room's threads are known; None for a room that was never watched."""
        row = self._rows.get(_THREADS + room)
        return int(row) if row is not None else None

    def moved(self, key: str, to: int) -> Entries:
        """Entries that move a watermark forward; empty when it stands there or further already."""
        current = self.of(key)
        return {_WATERMARK + key: str(to)} if current is None or to > current else {}

    def known_until(self, room: str, until: int) -> Entries:
        """Entries that say up to when the room's threads are known."""
        current = self.threads_of(room)
        return {_THREADS + room: str(until)} if current is None or until > current else {}

    def direct_rooms(self) -> list[str]:
        """The direct message channels in which somebody wrote."""
        rooms = [name.removeprefix(_DIRECT) for name in self._rows if name.startswith(_DIRECT)]
        return sorted(room for room in rooms if self.of(room) is not None)

    def direct_found(self, room: str) -> Entries:
        """Entries that mark a direct message channel; empty when it is marked."""
        return {_DIRECT + room: "1"} if _DIRECT + room not in self._rows else {}

    def followed(self) -> dict[str, str]:
        """The threads that are followed in channels that are not watched, with these channels."""
        return {name.removeprefix(_FOLLOWED): room for name, room in self._rows.items() if name.startswith(_FOLLOWED)}

    def followed_found(self, thread: str, room: str) -> Entries:
        """Entries that mark a thread as followed."""
        return {_FOLLOWED + thread: room}

    def gap_opened(self, key: str, story: str) -> Entries:
        """Entries for a gap that stays; its first story is kept."""
        return {} if _GAP + key in self._rows else {_GAP + key: story}

    def gap_closed(self, key: str) -> Entries:
        """Entries that end a gap; empty when there is none."""
        return {_GAP + key: None} if _GAP + key in self._rows else {}

    def unwatched(self, rooms: Collection[str]) -> Entries:
        """Entries that forget rooms watched once and not among ``rooms`` now: if they come back they begin anew."""
        left = {name.removeprefix(_THREADS) for name in self._rows if name.startswith(_THREADS)} - set(rooms)
        return {name: None for room in left for name in (_THREADS + room, *self.forgotten(room))}

    def forgotten(self, key: str) -> Entries:
        """Entries that forget a channel or thread."""
        return {name: None for name in (_WATERMARK + key, _GAP + key) if name in self._rows}

    def committed(self, entries: Mapping[str, str | None]) -> None:
        """These entries are durable now."""
        for name, value in entries.items():
            if value is None:
                self._rows.pop(name, None)
            else:
                self._rows[name] = value

    async def commit(self, intake: MessageIntake, entries: Entries) -> None:
        """Commit entries on their own, without a message."""
        if entries:
            await intake.accept(Arrival(platform=Platform.DISCORD, remember=entries))
            self.committed(entries)

"""Raw events to what they mean: reads encrypted ones, and keeps those that cannot be read yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from adapters.matrix.changes import happening, replaced
from adapters.matrix.connection import Connection
from adapters.matrix.keyring import RoomKey, UndecryptableError
from adapters.matrix.remembered import Parked
from adapters.matrix.rooms import Room, membership
from adapters.matrix.translate import address_of, permalink, thread_root
from adapters.matrix.wire import Json, object_of, text_of
from bot.domain.chat import Author, ChatAddress, ChatEvent, MessageDeleted, Platform

PATIENCE = timedelta(minutes=5)
"""How long a key may take to arrive before the author is asked to send the message again."""
FORGOTTEN_AFTER = timedelta(days=7)

log = structlog.get_logger("matrix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A message that stayed unreadable: whom to ask, and where."""

    parked: Parked
    address: ChatAddress
    author: Author
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What events brought, in their order; entries to keep for what cannot be read yet; names of entries to forget."""

    events: tuple[ChatEvent, ...] = ()
    unread: tuple[Parked, ...] = ()
    settled: frozenset[str] = frozenset()

    def __add__(self, later: "Reading") -> "Reading":
        return Reading(
            events=self.events + later.events,
            unread=self.unread + later.unread,
            settled=self.settled | later.settled,
        )

    def entries(self) -> dict[str, str | None]:
        """What to remember of it."""
        return {**{entry.name: entry.dump() for entry in self.unread}, **dict.fromkeys(self.settled)}


class Reader:
    """Reads the events of watched rooms. What waits for a key is parked, by entry name.

    An edit waits behind a message that waits, and what is deleted meanwhile waits no longer.
    """

    def __init__(self, connection: Connection, now: Callable[[], datetime], parked: Iterable[Parked] = ()) -> None:
        self._connection = connection
        self._now = now
        self._parked = {entry.name: entry for entry in parked}

    def read(self, room: Room, events: Iterable[Json]) -> Reading:
        """Read these events of a room. Nothing is held on to until `keep` and `drop` are called."""
        found: list[ChatEvent] = []
        waiting = dict(self._parked)
        for event in events:
            happened = self._read(room, event, waiting)
            if isinstance(happened, Parked):
                waiting.setdefault(happened.name, happened)
            elif happened is not None:
                found.append(happened)
            if isinstance(happened, MessageDeleted):
                waiting.pop(Parked.name_of(room.room_id, happened.message_id), None)
        return Reading(
            events=tuple(found),
            unread=self._changed(waiting),
            settled=frozenset(self._parked.keys() - waiting.keys()),
        )

    def keep(self, unread: Iterable[Parked]) -> None:
        """Hold events that the store holds now."""
        self._parked.update((entry.name, entry) for entry in unread)

    def drop(self, names: Iterable[str]) -> None:
        """Let go of events that the store no longer holds."""
        for name in names:
            self._parked.pop(name, None)

    def retry(self, keys: Iterable[RoomKey] | None = None) -> Reading:
        """Read the parked events again, all of them or those these keys may open."""
        sessions = None if keys is None else {(key.room_id, key.session_id) for key in keys}
        found: list[ChatEvent] = []
        waiting = dict(self._parked)
        for name, entry in self._parked.items():
            room = self._connection.rooms.get(entry.room_id)
            if room is None or (sessions is not None and (entry.room_id, entry.session_id) not in sessions):
                continue
            waiting.pop(name)
            happened = self._read(room, entry.event, waiting)
            if isinstance(happened, Parked):
                waiting[name] = replace(entry, session_id=happened.session_id)
            elif happened is not None:
                found.append(happened)
        return Reading(
            events=tuple(found),
            unread=self._changed(waiting),
            settled=frozenset(self._parked.keys() - waiting.keys()),
        )

    def overdue(self) -> Iterator[Unreadable]:
        """Messages whose author has to be asked now."""
        for entry in tuple(self._parked.values()):
            if entry.told or self._now() - entry.parked_at < PATIENCE or self._original(entry, self._parked):
                continue
            room = self._connection.rooms.get(entry.room_id)
            sender, event_id = text_of(entry.event, "sender"), text_of(entry.event, "event_id")
            yield Unreadable(
                parked=replace(entry, told=True),
                address=address_of(
                    room or Room(room_id=entry.room_id),
                    thread_root(object_of(entry.event, "content")),
                    private=self._connection.places.is_private(entry.room_id),
                ),
                author=Author(
                    platform=Platform.MATRIX, user_id=sender, name=room.name_of(sender) if room is not None else sender
                ),
                link=permalink(entry.room_id, event_id, sender),
            )

    def told(self, entry: Parked) -> None:
        """Its author was asked."""
        self._parked[entry.name] = entry

    def stale(self) -> list[str]:
        """Names of entries nobody will find a key for any more."""
        return [name for name, entry in self._parked.items() if self._now() - entry.parked_at > FORGOTTEN_AFTER]

    def _read(self, room: Room, event: Json, waiting: Mapping[str, Parked]) -> ChatEvent | Parked | None:
        connection = self._connection
        role = connection.places.role(room.room_id)
        if role is None or text_of(event, "sender") == connection.session.user_id:
            return None
        if event.get("type") == "m.room.encrypted" and not object_of(event, "content"):
            return None  # redacted
        parked = Parked(room_id=room.room_id, event=event, session_id="", parked_at=self._now())
        if original := self._original(parked, waiting):
            return replace(parked, session_id=original.session_id)
        if event.get("type") == "m.room.encrypted":
            try:
                event = connection.keys.decrypt(room.room_id, event)
            except UndecryptableError as error:
                log.warning(
                    "cannot read an event", room=room.room_id, event_id=text_of(event, "event_id"), why=str(error)
                )
                return replace(parked, session_id=error.session_id)
        return happening(event, room, role=role, private=connection.places.is_private(room.room_id))

    def _changed(self, waiting: Mapping[str, Parked]) -> tuple[Parked, ...]:
        return tuple(entry for name, entry in waiting.items() if self._parked.get(name) != entry)

    @staticmethod
    def _original(entry: Parked, waiting: Mapping[str, Parked]) -> Parked | None:
        """The message that this one edits, where that waits for its key."""
        original = replaced(entry.event)
        return waiting.get(Parked.name_of(entry.room_id, original)) if original else None


def after_own_join(events: Iterable[Json], own_user_id: str) -> list[Json] | None:
    """What follows the bot's own joining in these events; None when it did not join in them."""
    found: list[Json] | None = None
    for event in events:
        is_own = text_of(event, "state_key") == own_user_id and membership(event) == "join"
        if is_own and text_of(event, "unsigned", "prev_content", "membership") != "join":
            found = []
        elif found is not None:
            found.append(event)
    return found

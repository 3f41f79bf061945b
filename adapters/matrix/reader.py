"""Raw events to messages: reads encrypted ones, and keeps those that cannot be read yet."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from adapters.matrix.connection import Connection
from adapters.matrix.keyring import RoomKey, UndecryptableError
from adapters.matrix.remembered import Parked
from adapters.matrix.rooms import Room, membership
from adapters.matrix.translate import permalink, thread_root, translate
from adapters.matrix.wire import Json, object_of, text_of
from bot.domain.chat import Author, ChatAddress, ChatMessage, Platform

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


class Reader:
    """Turns the events of watched rooms into messages. `parked` holds what waits for a key, by entry name."""

    def __init__(self, connection: Connection, now: Callable[[], datetime], parked: Iterable[Parked] = ()) -> None:
        self._connection = connection
        self._now = now
        self._parked = {entry.name: entry for entry in parked}

    def read(self, room: Room, events: Iterable[Json]) -> tuple[list[ChatMessage], list[Parked]]:
        """The messages in these events, in order, and the encrypted events among them that cannot be read now."""
        messages, unread = [], []
        for event in events:
            found = self._read(room, event)
            if isinstance(found, ChatMessage):
                messages.append(found)
            elif found is not None:
                unread.append(found)
        return messages, unread

    def new(self, unread: Iterable[Parked]) -> list[Parked]:
        """Those not held yet: an event that comes again keeps the time at which it was first seen."""
        return [entry for entry in unread if entry.name not in self._parked]

    def keep(self, unread: Iterable[Parked]) -> None:
        """Hold events that the store holds now."""
        self._parked.update((entry.name, entry) for entry in unread)

    def drop(self, names: Iterable[str]) -> None:
        """Let go of events that the store no longer holds."""
        for name in names:
            self._parked.pop(name, None)

    def retry(self, keys: Iterable[RoomKey] | None = None) -> tuple[list[ChatMessage], dict[str, str | None]]:
        """Read the parked events again, all of them or those these keys may open: messages, and entries to forget."""
        sessions = None if keys is None else {(key.room_id, key.session_id) for key in keys}
        messages: list[ChatMessage] = []
        settled: dict[str, str | None] = {}
        for entry in self._parked.values():
            if sessions is not None and (entry.room_id, entry.session_id) not in sessions:
                continue
            room = self._connection.rooms.get(entry.room_id)
            found = self._read(room, entry.event) if room is not None else entry
            if isinstance(found, ChatMessage):
                messages.append(found)
            if not isinstance(found, Parked):
                settled[entry.name] = None
        return messages, settled

    def overdue(self) -> Iterator[Unreadable]:
        """Messages whose author has to be asked now."""
        for entry in tuple(self._parked.values()):
            if entry.told or self._now() - entry.parked_at < PATIENCE:
                continue
            room = self._connection.rooms.get(entry.room_id)
            sender, event_id = text_of(entry.event, "sender"), text_of(entry.event, "event_id")
            yield Unreadable(
                parked=replace(entry, told=True),
                address=ChatAddress(
                    platform=Platform.MATRIX,
                    room=entry.room_id,
                    chat_thread=thread_root(object_of(entry.event, "content")),
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

    def _read(self, room: Room, event: Json) -> ChatMessage | Parked | None:
        connection = self._connection
        role = connection.places.role(room.room_id)
        if role is None or text_of(event, "sender") == connection.session.user_id:
            return None
        if event.get("type") == "m.room.encrypted":
            if not object_of(event, "content"):
                return None  # redacted
            try:
                event = connection.keys.decrypt(room.room_id, event)
            except UndecryptableError as error:
                log.warning(
                    "cannot read an event", room=room.room_id, event_id=text_of(event, "event_id"), why=str(error)
                )
                return Parked(room_id=room.room_id, event=event, session_id=error.session_id, parked_at=self._now())
        return translate(event, room, role=role)


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

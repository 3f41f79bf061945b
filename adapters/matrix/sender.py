"""What leaves: each event once, also when an answer was lost.

The transaction id is the delivery's id, so the homeserver drops a repetition for about a day; beyond that, and whenever
an outcome is unknown, the room is searched for the mark that every event carries (facts/matrix.md 2.4).
"""

from datetime import datetime, timedelta
from typing import TypeAlias

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.outgoing import MARK, Part, parts_of, without_thread
from adapters.matrix.rooms import Room
from adapters.matrix.translate import sent_at
from adapters.matrix.wire import Json, object_of, objects_of, text_of
from bot.domain.chat import ChatAddress, OutgoingMessage, SentMessage
from bot.domain.errors import PermanentError, TransientError
from bot.ports.clock import Clock

LOOK_BACK = timedelta(days=2)
"""How long before the suspected try an event may lie to be looked for."""
MOST_PAGES = 20
_PAGE = "100"

Place: TypeAlias = tuple[str, datetime]
"""An event's id and time."""


class Sender:
    """Says and reacts in the connection's rooms."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._seen_plain: set[str] = set()

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Say it. A message of several parts goes on where an earlier try ended."""
        room = await self._room(message.address)
        parts = parts_of(message)
        done = await self._marked(room, message, self._clock.now()) if len(parts) > 1 else {}
        ids, first_at = [], None
        for part in parts:
            if part.key in done:
                event_id, at = done[part.key]
            else:
                event_id, at = await self._send_part(room, message, part), self._clock.now()
            ids.append(event_id)
            first_at = first_at or at
        return SentMessage(message_ids=tuple(ids), sent_at=first_at or self._clock.now())

    async def find_sent(self, message: OutgoingMessage, tried_at: datetime) -> SentMessage | None:
        """What an earlier try has said, if all of it is there."""
        room = await self._room(message.address)
        found = await self._marked(room, message, tried_at)
        keys = [part.key for part in parts_of(message)]
        if not all(key in found for key in keys):
            return None
        return SentMessage(message_ids=tuple(found[key][0] for key in keys), sent_at=found[keys[0]][1])

    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        """React. Having reacted before is success. Reactions are never encrypted (facts/matrix.md 2.2)."""
        room = await self._room(address)
        content = {
            "m.relates_to": {"rel_type": "m.annotation", "event_id": message_id, "key": emoji},
            MARK: delivery_id,
        }
        try:
            await self._put(room, "m.reaction", content, delivery_id)
        except MatrixFault as fault:
            if fault.errcode != "M_DUPLICATE_ANNOTATION":
                raise

    async def _room(self, address: ChatAddress) -> Room:
        room_id = self._connection.places.room_id(address.room)
        if room_id is None:
            raise TransientError(f"the room of the alias {address.room} is not known yet")
        room = self._connection.rooms.get(room_id)
        if room is None and self._connection.places.is_awaited(room_id):
            raise TransientError(f"the bot is not yet in the Matrix room {room_id}")
        if room is None:
            raise PermanentError(f"the bot is not in the Matrix room {address.room}")
        return room

    async def _send_part(self, room: Room, message: OutgoingMessage, part: Part) -> str:
        root = message.address.chat_thread
        try:
            return await self._say(room, part.content, part.key)
        except MatrixFault as fault:
            if root is None or fault.status != 400 or "relation" not in fault.reason.lower():
                raise
            return await self._say(room, without_thread(part.content, root), part.key)

    async def _say(self, room: Room, content: Json, key: str) -> str:
        kind = "m.room.message"
        if await self._is_encrypted(room):
            # The mark stays readable outside too: it has to be found even if this device's keys are lost.
            content = {**await self._connection.keys.encrypt(room, kind, content), MARK: content[MARK]}
            kind = "m.room.encrypted"
        return await self._put(room, kind, content, key)

    async def _is_encrypted(self, room: Room) -> bool:
        """Never plain text into an encrypted room: what sync said is confirmed once per room (trap 13)."""
        if room.encrypted or room.room_id in self._seen_plain:
            return room.encrypted
        path = f"{CLIENT}/rooms/{escape(room.room_id)}/state/m.room.encryption/"
        try:
            await self._connection.api.get(path)
        except MatrixFault as fault:
            if fault.errcode != "M_NOT_FOUND":
                raise
            self._seen_plain.add(room.room_id)
            return room.encrypted
        self._connection.rooms.remember_encrypted([room.room_id])
        self._connection.keys.keep_encrypted(room.room_id)
        return True

    async def _put(self, room: Room, kind: str, content: Json, key: str) -> str:
        path = f"{CLIENT}/rooms/{escape(room.room_id)}/send/{escape(kind)}/{escape(key)}"
        return text_of(await self._connection.api.effect("PUT", path, content), "event_id")

    async def _marked(self, room: Room, message: OutgoingMessage, tried_at: datetime) -> dict[str, Place]:
        """Own events that carry this delivery's mark, by mark: from the thread, or from the room outside threads."""
        wanted = {part.key for part in parts_of(message)}
        found: dict[str, Place] = {}
        position = ""
        root = message.address.chat_thread
        for _ in range(MOST_PAGES):
            answer = await self._page(room, root, position)
            events = list(objects_of(answer, "chunk"))
            found |= {mark: _place(event) for event in events if (mark := self._mark(event)) in wanted}
            position = text_of(answer, "next_batch" if root else "end")
            oldest = sent_at(events[-1]) if events else None
            if len(found) == len(wanted) or not position or oldest is None or oldest < tried_at - LOOK_BACK:
                break
        return found

    async def _page(self, room: Room, root: str | None, position: str) -> Json:
        query = {"limit": _PAGE, "dir": "b", **({"from": position} if position else {})}
        if root is None:
            return await self._connection.api.get(f"{CLIENT}/rooms/{escape(room.room_id)}/messages", query)
        path = f"/_matrix/client/v1/rooms/{escape(room.room_id)}/relations/{escape(root)}/m.thread"
        try:
            return await self._connection.api.get(path, query)
        except MatrixFault as fault:
            if fault.status != 404:
                raise
            return await self._page(room, None, position)  # the root is gone or in a room that was replaced

    def _mark(self, event: Json) -> str:
        is_own = text_of(event, "sender") == self._connection.session.user_id
        return text_of(object_of(event, "content"), MARK) if is_own else ""


def _place(event: Json) -> Place:
    return text_of(event, "event_id"), sent_at(event)

"""What leaves: each event once, also when an answer was lost.

The transaction id is the delivery's id, so the homeserver drops a repetition for about a day; beyond that, and whenever
an outcome is unknown, the room is searched for the mark that every event carries (facts/matrix.md 2.4).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

import structlog

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.destinations import refusal, room_for
from adapters.matrix.marks import Marks, Place
from adapters.matrix.media import Media
from adapters.matrix.outgoing import MARK, Part, parts_of, reaction, without_thread
from adapters.matrix.rooms import Room
from adapters.matrix.uploads import Uploads
from adapters.matrix.wire import Json, text_of
from bot.domain.chat import ChatAddress, OutgoingMessage, SentMessage
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.ports.clock import Clock

_BAD_REQUEST = 400

log = structlog.get_logger("matrix")


class Sender:
    """Says and reacts in the connection's rooms."""

    def __init__(self, connection: Connection, media: Media, clock: Clock) -> None:
        self._connection = connection
        self._marks = Marks(connection)
        self._uploads = Uploads(media)
        self._clock = clock
        self._seen_plain: set[str] = set()

    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        """Say it: its text, its files, and the choices as reactions that one click repeats.

        It goes on where an earlier try ended: behind `begun`, else behind what the room shows of it.
        """
        message = self._moved(message)
        room, parts = room_for(self._connection, message.address), parts_of(message)
        done = await self._done(room, message, parts, begun)
        missing = [part for part in parts if part.key not in done]
        ready = await self._uploads.complete(missing, encrypt=await self._is_encrypted(room))
        before = len(done)
        try:
            for part in ready:
                done[part.key] = await self._send_part(room, message, part), self._clock.now()
            await self._offer(room, message, [done[part.key] for part in parts if part.file is None])
        except TransientError as error:
            if len(done) == before:
                raise
            raise OutcomeUnknownError(f"only the beginning was said: {error.reason}") from error
        self._uploads.forget(parts)
        return _sent([done[part.key] for part in parts], complete=True)

    async def find_sent(self, message: OutgoingMessage, tried_at: datetime) -> SentMessage | None:
        """What an earlier try has said. A message with choices is never taken as complete: they cost nothing again."""
        message = self._moved(message)
        room, parts = room_for(self._connection, message.address), parts_of(message)
        found = await self._find(room, message, parts, tried_at)
        said = [found[part.key] for part in takewhile(lambda part: part.key in found, parts)]
        return _sent(said, complete=len(said) == len(parts) and not message.choices) if said else None

    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        """React. Having reacted before is success. Reactions are never encrypted (facts/matrix.md 2.2)."""
        await self._react(room_for(self._connection, address), message_id, emoji, delivery_id)

    def _moved(self, message: OutgoingMessage) -> OutgoingMessage:
        """The message as it is for the room that replaced its room: nothing of the old one can be answered there."""
        address = self._connection.places.current(message.address)
        return message if address == message.address else replace(message, address=address, about=None)

    async def _done(
        self, room: Room, message: OutgoingMessage, parts: Sequence[Part], begun: SentMessage | None
    ) -> dict[str, Place]:
        if begun is not None:
            keys = [part.key for part in parts]
            return {key: (event_id, begun.sent_at) for key, event_id in zip(keys, begun.message_ids, strict=False)}
        if len(parts) == 1 and not message.choices:
            return {}
        return await self._find(room, message, parts, self._clock.now())

    async def _find(
        self, room: Room, message: OutgoingMessage, parts: Sequence[Part], tried_at: datetime
    ) -> dict[str, Place]:
        root = None if message.address.is_private else message.address.chat_thread
        return await self._marks.find(room.room_id, root, {part.key for part in parts}, tried_at)

    async def _offer(self, room: Room, message: OutgoingMessage, texts: Sequence[Place]) -> None:
        """React with each choice, so that one click answers. Where that is not allowed, words still do."""
        for index, choice in enumerate(message.choices if texts else ()):
            try:
                await self._react(room, texts[-1][0], choice.emoji, f"{message.delivery_id}-choice{index}")
            except PermanentError as error:
                log.warning("choice cannot be offered", room=room.room_id, emoji=choice.emoji, why=str(error))

    async def _react(self, room: Room, event_id: str, emoji: str, key: str) -> None:
        try:
            await self._put(room, "m.reaction", reaction(event_id, emoji, key), key)
        except MatrixFault as fault:
            if fault.errcode != "M_DUPLICATE_ANNOTATION":
                raise

    async def _send_part(self, room: Room, message: OutgoingMessage, part: Part) -> str:
        root = message.address.chat_thread
        try:
            return await self._say(room, part.content, part.key)
        except MatrixFault as fault:
            if root is None or fault.status != _BAD_REQUEST or "relation" not in fault.reason.lower():
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
        try:
            return text_of(await self._connection.api.effect("PUT", path, content), "event_id")
        except MatrixFault as fault:
            if refused := refusal(fault, room):
                raise refused from fault
            raise


def _sent(said: Sequence[Place], *, complete: bool) -> SentMessage:
    return SentMessage(message_ids=tuple(event_id for event_id, _ in said), sent_at=said[0][1], complete=complete)

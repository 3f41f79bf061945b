"""End-to-end encryption: reads and writes encrypted events with matrix-nio's Olm machine.

Only the machine and its key database are used, not the library's client: that one lets a malformed message from any
user end the sync, forgets to publish keys when the server has none left, and takes a key as shared when sending it
failed (facts/matrix.md 3.3, traps 1, 2, 9 and 13). Here every foreign message is handled by itself.
"""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import structlog
from nio.crypto import Olm
from nio.events import BadEvent, EncryptedToDeviceEvent, RoomKeyEvent, ToDeviceEvent, UnknownBadEvent
from nio.exceptions import EncryptionError, LocalProtocolError
from nio.store import DefaultStore

from adapters.matrix.api import MatrixApi
from adapters.matrix.keyfolder import KeyFolder
from adapters.matrix.keyserver import KeyServer
from adapters.matrix.rooms import Room, Rooms
from adapters.matrix.wire import Json, number_of, object_of, objects_of, text_of
from bot.domain.errors import SettingsError, SettingsFault, TransientError

MEGOLM = "m.megolm.v1.aes-sha2"
MALFORMED = (
    ValueError,  # vodozemac's errors are ValueErrors
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    IndexError,
    EncryptionError,
    LocalProtocolError,
    RecursionError,  # JSON nested a thousand deep, which only an encrypted message can smuggle past a server
)
"""What the Olm machine raises on messages that are not what they say."""

log = structlog.get_logger("matrix.keys")


class UndecryptableError(Exception):
    """This event cannot be read now; it may become readable when the key of `session_id` arrives."""

    def __init__(self, reason: str, *, session_id: str = "") -> None:
        super().__init__(reason)
        self.session_id = session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomKey:
    """A key for a room's messages has arrived."""

    room_id: str
    session_id: str


class KeyRing:
    """The device's keys. One instance per device and process: two on one key database break each other's sessions."""

    def __init__(self, olm: Any, api: MatrixApi, rooms: Rooms) -> None:
        self._olm = olm
        self._rooms = rooms
        self._server = KeyServer(olm, api, rooms)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        rooms.remember_encrypted(olm.store.load_encrypted_rooms())

    @classmethod
    def open(cls, folder: KeyFolder, api: MatrixApi, rooms: Rooms, *, user_id: str, device_id: str) -> "KeyRing":
        """Open the device's key database, or create it. Raises SettingsError when `store_key` does not fit."""
        try:
            store = DefaultStore(user_id, device_id, str(folder.path), folder.pickle_key)
            olm = Olm(user_id, device_id, store)
        except ValueError as error:
            problem = "does not open the keys in matrix.store_path; give the key they were made with"
            raise SettingsError([SettingsFault(key="matrix.store_key", problem=problem)]) from error
        folder.make_private()
        return cls(olm, api, rooms)

    def close(self) -> None:
        """Close the key database."""
        self._olm.store.database.close()

    @property
    def fingerprint(self) -> str:
        """The device's public signing key."""
        return str(self._olm.account.identity_keys["ed25519"])

    def forget_publication(self) -> None:
        """The server does not have these keys (a new device, or one that was logged out): publish them next."""
        self._olm.account.shared = False

    # What a sync brings

    def receive(self, answer: Json) -> list[RoomKey]:
        """Take over to-device messages, key counts and changed devices of a sync; returns the room keys it brought."""
        keys = [key for event in objects_of(answer, "to_device", "events") if (key := self._to_device(event))]
        counts = object_of(answer, "device_one_time_keys_count")
        if "device_one_time_keys_count" in answer:
            self._olm.uploaded_key_count = number_of(counts, "signed_curve25519") or 0
        unused = answer.get("device_unused_fallback_key_types")
        if isinstance(unused, list):
            self._server.fallback_due = "signed_curve25519" not in unused
        changed = object_of(answer, "device_lists").get("changed")
        if isinstance(changed, list):
            self._server.devices_changed({user for user in changed if isinstance(user, str)})
        return keys

    async def maintain(self) -> None:
        """Publish keys that are due, ask for changed devices, send waiting key messages. Raises TransientError."""
        await self._server.maintain()

    def room_changed(self, room_id: str) -> None:
        """Somebody came or left: what is said from now on gets a new key, handed to those who are there then."""
        self._olm.outbound_group_sessions.pop(room_id, None)

    def keep_encrypted(self, room_id: str) -> None:
        """Remember durably that this room is encrypted."""
        self._olm.store.save_encrypted_rooms({room_id})

    def _to_device(self, event: Json) -> RoomKey | None:
        if event.get("type") == "m.room_key.withheld":
            log.info(
                "room key withheld",
                sender=text_of(event, "sender"),
                code=text_of(event, "content", "code"),
                room=text_of(event, "content", "room_id"),
            )
        if event.get("type") != "m.room.encrypted":
            return None
        try:
            parsed = ToDeviceEvent.parse_event(event)
            if not isinstance(parsed, EncryptedToDeviceEvent):
                return None
            opened = self._olm.handle_to_device_event(parsed)
        except MALFORMED as error:
            log.warning("malformed key message dropped", sender=text_of(event, "sender"), fault=type(error).__name__)
            return None
        if isinstance(opened, RoomKeyEvent) and not isinstance(opened, BadEvent | UnknownBadEvent):
            return RoomKey(room_id=opened.room_id, session_id=opened.session_id)
        return None

    # Reading and writing events

    def decrypt(self, room_id: str, event: Json) -> Json:
        """The event with `type` and `content` in clear, the rest as received. Raises UndecryptableError."""
        content = object_of(event, "content")
        session_id, ciphertext = text_of(content, "session_id"), text_of(content, "ciphertext")
        if text_of(content, "algorithm") != MEGOLM or not session_id or not ciphertext:
            raise UndecryptableError("no Megolm message")
        session = self._session(room_id, text_of(content, "sender_key"), session_id)
        if session is None:
            self._server.devices_changed({text_of(event, "sender")})
            raise UndecryptableError("its key has not arrived", session_id=session_id)
        try:
            plaintext, index = session.decrypt(ciphertext)
            payload = json.loads(plaintext)
        except MALFORMED as error:
            raise UndecryptableError(f"{type(error).__name__}: {error}", session_id=session_id) from error
        if not isinstance(payload, dict) or payload.get("room_id", room_id) != room_id:
            raise UndecryptableError("meant for another room")
        self._refuse_replay((session.sender_key, session_id, index), event)
        clear = object_of(payload, "content")
        if "m.relates_to" in content and "m.relates_to" not in clear:
            clear["m.relates_to"] = content["m.relates_to"]
        return {**event, "type": text_of(payload, "type"), "content": clear}

    async def encrypt(self, room: Room, kind: str, content: Json) -> Json:
        """The content of an `m.room.encrypted` event that everybody in the room can read. Raises TransientError.

        Returns only after every member's device was sent the key; what a failed try left out, the next one makes up.
        """
        async with self._locks[room.room_id]:
            await self._server.complete_members(room)
            await self._server.query_devices(set(room.members))
            if self._olm.should_share_group_session(room.room_id):
                await self._server.share_room_key(room)
            try:
                sealed: Json = self._olm.group_encrypt(room.room_id, {"type": kind, "content": content})
            except EncryptionError as error:
                raise TransientError(f"Matrix room key is being renewed: {error}") from error
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    def _session(self, room_id: str, sender_key: str, session_id: str) -> Any:
        if sender_key:
            return self._olm.inbound_group_store.get(room_id, sender_key, session_id)
        # `sender_key` is deprecated and may be missing; the session id alone names the session in a room.
        for sessions in self._olm.inbound_group_store[room_id].values():
            if session_id in sessions:
                return sessions[session_id]
        return None

    def _refuse_replay(self, place: tuple[str, str, int], event: Json) -> None:
        seen = (text_of(event, "event_id"), number_of(event, "origin_server_ts"))
        if self._olm.message_index_store.setdefault(place, seen) != seen:
            raise UndecryptableError("a repeated message under another id")

"""A person whose client encrypts, for tests: matrix-nio as it comes, with its keys in a folder."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nio import AsyncClient, AsyncClientConfig, MegolmEvent, RoomRedactResponse, RoomSendResponse, SyncResponse
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from sandbox.matrix.contents import edit_content
from sandbox.matrix.member import MatrixMember
from sandbox.matrix.server import MatrixUser


class EncryptedMember:
    """One device. `received` are the events of all rooms, decrypted where possible, in order; `unreadable` the rest."""

    def __init__(self, url: str, user: MatrixUser, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = AsyncClientConfig(store_sync_tokens=False, encryption_enabled=True)
        self.user_id = user.user_id
        self.device_id = user.device_id
        self.received: list[Any] = []
        self.unreadable: list[Any] = []
        self.nio = AsyncClient(url, user.user_id, user.device_id, str(folder), config)
        self._person = MatrixMember(url, user_id=user.user_id, device_id=user.device_id, access_token=user.access_token)
        self.nio.restore_login(user.user_id, user.device_id, user.access_token)

    async def __aenter__(self) -> Self:
        await self.sync()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._person.close()
        await self.nio.close()

    async def sync(self) -> None:
        """One sync, and the key requests that follow from it."""
        answer = await self.nio.sync(timeout=500, full_state=not self.nio.rooms)
        if not isinstance(answer, SyncResponse):
            raise RuntimeError(str(answer))  # noqa: TRY004 - an answer, not an argument
        for room in answer.rooms.join.values():
            for event in room.timeline.events:
                (self.unreadable if isinstance(event, MegolmEvent) else self.received).append(event)
        if self.nio.should_upload_keys:
            await self.nio.keys_upload()
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        if self.nio.should_claim_keys:
            await self.nio.keys_claim(self.nio.get_users_for_key_claiming())
        await self.nio.send_to_device_messages()

    async def sync_until(self, seen: Callable[[], bool], seconds: float = 20.0) -> None:
        """Sync until `seen` holds; raises TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while not seen():
                await self.sync()

    async def join(self, room: str) -> None:
        """Join, and learn who is there."""
        await self.nio.join(room)
        await self.sync_until(lambda: room in self.nio.rooms)

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send, encrypted in an encrypted room, to every device whether verified or not; returns the event id."""
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        answer = await self.nio.room_send(room, kind, content, ignore_unverified_devices=True)
        if not isinstance(answer, RoomSendResponse):
            raise RuntimeError(str(answer))  # noqa: TRY004 - an answer, not an argument
        return str(answer.event_id)

    async def send_text(self, room: str, body: str, **extra: Any) -> str:
        """Say something; returns the event id."""
        return await self.send(room, {"msgtype": "m.text", "body": body, "m.mentions": {}, **extra})

    async def send_file(self, room: str, content: bytes, name: str, mime_type: str) -> str:
        """Upload an encrypted file and post it; returns the event id."""
        sealed, keys = encrypt_attachment(content)
        answer, _ = await self.nio.upload(
            lambda *_: [sealed], content_type="application/octet-stream", filesize=len(sealed)
        )
        details = {"mimetype": mime_type, "size": len(content)}
        file = {**keys, "url": answer.content_uri, "mimetype": mime_type}
        return await self.send(
            room, {"msgtype": "m.file", "body": name, "filename": name, "info": details, "file": file}
        )

    async def edit_text(self, room: str, event_id: str, body: str) -> str:
        """Replace the text of an own message; returns the id of the editing event."""
        return await self.send(room, edit_content(event_id, body))

    async def redact(self, room: str, event_id: str) -> str:
        """Remove an event's content; returns the redaction's event id."""
        answer = await self.nio.room_redact(room, event_id)
        if not isinstance(answer, RoomRedactResponse):
            raise RuntimeError(str(answer))  # noqa: TRY004 - an answer, not an argument
        return str(answer.event_id)

    async def create_direct_room(self, user_id: str) -> str:
        """Make an encrypted room for direct messages and invite the other one; returns the room id."""
        room = await self._person.create_direct_room(user_id, encrypted=True)
        await self.sync_until(lambda: room in self.nio.rooms and user_id in self.nio.rooms[room].users)
        return room

    def event(self, event_id: str) -> Any:
        """A received event that could be read, or None."""
        return next((event for event in self.received if event.event_id == event_id), None)

    async def open_file(self, event_id: str) -> bytes:
        """The bytes of a received encrypted file, in clear."""
        event = self.event(event_id)
        sealed = await self._person.download(event.url)
        return bytes(decrypt_attachment(sealed, event.key["k"], event.hashes["sha256"], event.iv))

    def text_of(self, event_id: str) -> str | None:
        """The body of a received event that could be read."""
        event = self.event(event_id)
        return event.body if event is not None else None

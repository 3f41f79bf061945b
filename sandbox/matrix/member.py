"""One person in Matrix, as the demo and the tests need them: plain HTTP, no encryption, every error raised."""

import itertools
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from sandbox.matrix.answers import SyncAnswer, answer_of
from sandbox.matrix.contents import (
    ENCRYPTED,
    direct_room,
    edit_content,
    file_content,
    text_content,
    voice_content,
)


class MatrixMember:
    """A logged-in account. Methods return ids or decoded JSON. Transaction ids are made up unless given."""

    def __init__(self, url: str, *, user_id: str, device_id: str, access_token: str) -> None:
        self.url = url
        self.user_id = user_id
        self.device_id = device_id
        self.access_token = access_token
        self._http = httpx.AsyncClient(base_url=url, timeout=60, headers={"Authorization": f"Bearer {access_token}"})
        self._count = itertools.count(1)
        self._run = secrets.token_hex(4)

    async def close(self) -> None:
        """Close the connections; the account stays logged in."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def request(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> dict[str, Any]:
        """Call `/_matrix/client/v3` + `path`; raises MatrixError unless it succeeds."""
        sent = {} if body is None and method in {"POST", "PUT"} else body
        return answer_of(await self._http.request(method, f"/_matrix/client/v3{path}", json=sent, params=query))

    # Rooms

    async def create_room(
        self,
        name: str = "",
        alias: str = "",
        *,
        invite: list[str] | None = None,
        encrypted: bool = False,
        public: bool = True,
        version: str = "",
    ) -> str:
        """Create a room and return its id. `alias` is the local part; a room that is not public needs invitations."""
        body: dict[str, Any] = {
            "preset": "public_chat" if public else "private_chat",
            "invite": invite or [],
            "name": name,
            "initial_state": ENCRYPTED if encrypted else [],
        }
        if alias:
            body["room_alias_name"] = alias
        if version:
            body["room_version"] = version
        return str((await self.request("POST", "/createRoom", body))["room_id"])

    async def create_direct_room(self, user_id: str, *, encrypted: bool = False, version: str = "") -> str:
        """Make a room for direct messages and invite the other one, as clients do; returns the room id."""
        body = direct_room(user_id, encrypted=encrypted) | ({"room_version": version} if version else {})
        return str((await self.request("POST", "/createRoom", body))["room_id"])

    async def upgrade(self, room: str, version: str) -> str:
        """Replace the room by one of another version; returns the new room's id. Its members have to be invited."""
        answer = await self.request("POST", f"/rooms/{quote(room)}/upgrade", {"new_version": version})
        return str(answer["replacement_room"])

    async def join(self, room: str) -> str:
        """Join by id or alias; returns the room id."""
        return str((await self.request("POST", f"/join/{quote(room)}"))["room_id"])

    async def leave(self, room: str) -> None:
        """Leave the room, or decline an invitation to it."""
        await self.request("POST", f"/rooms/{quote(room)}/leave")

    async def invite(self, room: str, user_id: str) -> None:
        """Invite somebody."""
        await self.request("POST", f"/rooms/{quote(room)}/invite", {"user_id": user_id})

    async def kick(self, room: str, user_id: str) -> None:
        """Remove somebody from the room."""
        await self.request("POST", f"/rooms/{quote(room)}/kick", {"user_id": user_id})

    async def joined_members(self, room: str) -> set[str]:
        """User ids of everybody in the room."""
        return set((await self.request("GET", f"/rooms/{quote(room)}/joined_members"))["joined"])

    async def state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        """Content of one state event."""
        return await self.request("GET", f"/rooms/{quote(room)}/state/{quote(kind)}/{quote(key)}")

    async def put_state(self, room: str, kind: str, content: dict[str, Any], key: str = "") -> str:
        """Set one state event; returns its id."""
        answer = await self.request("PUT", f"/rooms/{quote(room)}/state/{quote(kind)}/{quote(key)}", content)
        return str(answer["event_id"])

    # Sending

    async def send_event(self, room: str, kind: str, content: dict[str, Any], txn: str = "") -> str:
        """Send one event and return its id. The same `txn` again returns the first event's id."""
        txn = txn or f"{self._run}-{next(self._count)}"
        path = f"/rooms/{quote(room)}/send/{quote(kind)}/{quote(txn, safe='')}"
        return str((await self.request("PUT", path, content))["event_id"])

    async def send_text(
        self,
        room: str,
        body: str,
        formatted: str | None = None,
        thread: str | None = None,
        reply_to: str | None = None,
        extra: dict[str, Any] | None = None,
        txn: str = "",
    ) -> str:
        """Say something: in the thread of root event `thread`, in reply to `reply_to`, or both.

        `extra` overrides keys of the content.
        """
        content = text_content(body, formatted, thread, reply_to)
        return await self.send_event(room, "m.room.message", content | (extra or {}), txn)

    async def edit_text(self, room: str, event_id: str, body: str, txn: str = "") -> str:
        """Replace the text of an own message; returns the id of the editing event."""
        return await self.send_event(room, "m.room.message", edit_content(event_id, body), txn)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React with an emoji; returns the reaction's event id."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send_event(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event_id: str, reason: str = "") -> str:
        """Remove an event's content; returns the redaction's event id."""
        txn = f"{self._run}-{next(self._count)}"
        path = f"/rooms/{quote(room)}/redact/{quote(event_id)}/{txn}"
        return str((await self.request("PUT", path, {"reason": reason}))["event_id"])

    async def upload(self, content: bytes, content_type: str = "application/octet-stream", name: str = "") -> str:
        """Upload bytes; returns the mxc:// address."""
        query = {"filename": name} if name else {}
        headers = {"Content-Type": content_type}
        answer = answer_of(
            await self._http.post("/_matrix/media/v3/upload", content=content, params=query, headers=headers)
        )
        return str(answer["content_uri"])

    async def send_file(
        self, room: str, content: bytes, name: str, content_type: str, thread: str | None = None
    ) -> str:
        """Upload and post a file (an image when the type says so); returns the message's event id."""
        address = await self.upload(content, content_type, name)
        extra = file_content(address, name, content_type, len(content))
        return await self.send_text(room, name, thread=thread, extra=extra)

    async def send_voice(self, room: str, content: bytes) -> str:
        """Post a voice message; returns its event id."""
        address = await self.upload(content, "audio/ogg")
        return await self.send_text(room, "Voice message.ogg", extra=voice_content(address, len(content)))

    async def forward(self, from_room: str, event_id: str, to_room: str) -> str:
        """Send a message on to another room, as clients do: its content without relations; returns the new id."""
        content = dict((await self.event(from_room, event_id))["content"])
        content.pop("m.relates_to", None)
        return await self.send_event(to_room, "m.room.message", content)

    # Reading

    async def sync(self, since: str = "", timeout_ms: int = 0, **query: str | int) -> SyncAnswer:
        """One `/sync`.

        Synapse answers an identical request from a cache for two minutes, so loop until the expected state shows.
        """
        if since:
            query["since"] = since
        body = await self.request("GET", "/sync", query={**query, "timeout": timeout_ms})
        return SyncAnswer(next_batch=str(body["next_batch"]), body=body)

    async def messages(self, room: str, limit: int = 500) -> list[dict[str, Any]]:
        """The room's latest `limit` events of every kind, oldest first."""
        found: list[dict[str, Any]] = []
        start: dict[str, str] = {}
        while len(found) < limit:
            query = {"dir": "b", "limit": "100", **start}
            answer = await self.request("GET", f"/rooms/{quote(room)}/messages", query=query)
            found += answer["chunk"]
            if not answer.get("end") or not answer["chunk"]:
                break
            start = {"from": answer["end"]}
        return found[:limit][::-1]

    async def event(self, room: str, event_id: str) -> dict[str, Any]:
        """One event by its id."""
        return await self.request("GET", f"/rooms/{quote(room)}/event/{quote(event_id)}")

    async def thread(self, room: str, root: str) -> list[dict[str, Any]]:
        """The events of a thread without its root, oldest first."""
        path = f"/_matrix/client/v1/rooms/{quote(room)}/relations/{quote(root)}/m.thread"
        answer = answer_of(await self._http.get(path, params={"limit": 100}))
        events: list[dict[str, Any]] = answer["chunk"]
        return events[::-1]

    async def download(self, address: str) -> bytes:
        """The bytes behind an mxc:// address."""
        response = await self._http.get(f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}")
        if not response.is_success:
            answer_of(response)
        return response.content

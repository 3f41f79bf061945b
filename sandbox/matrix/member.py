"""One person in Matrix, as the demo and the tests need them: plain HTTP, no encryption, every error raised."""

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

HTML = "org.matrix.custom.html"


class MatrixError(Exception):
    """The homeserver refused a request; `errcode` is Matrix's own name for the reason."""

    def __init__(self, status: int, errcode: str, text: str) -> None:
        super().__init__(f"{status} {errcode}: {text}")
        self.status = status
        self.errcode = errcode


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a successful answer; raises MatrixError for any other."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    if response.is_success and isinstance(body, dict):
        return body
    fault = body if isinstance(body, dict) else {}
    raise MatrixError(response.status_code, str(fault.get("errcode", "")), str(fault.get("error", response.text[:200])))


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAnswer:
    """One `/sync` answer and the token for the next one."""

    next_batch: str
    body: dict[str, Any]

    def timeline(self, room_id: str) -> list[dict[str, Any]]:
        """The joined room's new events, oldest first."""
        room = self.body.get("rooms", {}).get("join", {}).get(room_id, {})
        events: list[dict[str, Any]] = room.get("timeline", {}).get("events", [])
        return events


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
        }
        if alias:
            body["room_alias_name"] = alias
        if version:
            body["room_version"] = version
        if encrypted:
            content = {"algorithm": "m.megolm.v1.aes-sha2"}
            body["initial_state"] = [{"type": "m.room.encryption", "state_key": "", "content": content}]
        return str((await self.request("POST", "/createRoom", body))["room_id"])

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
        content: dict[str, Any] = {"msgtype": "m.text", "body": body, "m.mentions": {}}
        if formatted is not None:
            content |= {"format": HTML, "formatted_body": formatted}
        if thread is not None:
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": reply_to is None,
                "m.in_reply_to": {"event_id": reply_to or thread},
            }
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send_event(room, "m.room.message", content | (extra or {}), txn)

    async def edit_text(self, room: str, event_id: str, body: str, txn: str = "") -> str:
        """Replace the text of an own message; returns the id of the editing event."""
        content = {
            "msgtype": "m.text",
            "body": f"* {body}",
            "m.new_content": {"msgtype": "m.text", "body": body, "m.mentions": {}},
            "m.mentions": {},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
        }
        return await self.send_event(room, "m.room.message", content, txn)

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
        kind = "m.image" if content_type.startswith("image/") else "m.file"
        details = {"mimetype": content_type, "size": len(content)}
        media = {"msgtype": kind, "url": address, "filename": name, "info": details}
        return await self.send_text(room, name, thread=thread, extra=media)

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

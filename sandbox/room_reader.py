"""What one person sees of their Matrix rooms, kept current by syncing: the proof that something arrived there."""

import asyncio
import json
from collections import defaultdict, deque
from typing import Any

import httpx

from sandbox.matrix import MatrixError, MatrixMember

Event = dict[str, Any]

SYNC_MS = 10_000
RETRY_SECONDS = 0.5
# A sandbox that stays up for days shows the latest events and forgets the rest.
KEPT_EVENTS = 1000
FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "timeline": {"limit": 500},
            "state": {"lazy_load_members": True},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
    }
)


class RoomReader:
    """Follows all rooms of one member from `start` to `stop`; a homeserver that is away for a while is waited for."""

    def __init__(self, member: MatrixMember) -> None:
        self._member = member
        self._events: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=KEPT_EVENTS))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow; history of the rooms so far comes first."""
        self._task = asyncio.create_task(self._follow(), name=f"sync of {self._member.user_id}")

    async def stop(self) -> None:
        """End it; what was seen stays readable."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def events(self, room: str) -> list[Event]:
        """The room's events of every kind, oldest first."""
        return list(self._events[room])

    def messages(self, room: str, thread: str | None = None) -> list[Event]:
        """Messages of a room, or only those inside the thread of one root event, oldest first."""
        found = [event for event in self._events[room] if event["type"] == "m.room.message" and event["content"]]
        return found if thread is None else [event for event in found if thread_root(event) == thread]

    def reactions(self, room: str, event_id: str) -> list[Event]:
        """Reactions to one event, oldest first."""
        return [
            event
            for event in self._events[room]
            if event["type"] == "m.reaction" and relation(event).get("event_id") == event_id
        ]

    async def _follow(self) -> None:
        since = ""
        while True:
            try:
                answer = await self._member.sync(since, SYNC_MS if since else 0, filter=FILTER)
            except (MatrixError, httpx.HTTPError):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            since = answer.next_batch
            for room in answer.body.get("rooms", {}).get("join", {}):
                for event in answer.timeline(room):
                    self._take(room, event)

    def _take(self, room: str, event: Event) -> None:
        self._events[room].append(event)
        if event["type"] == "m.room.redaction":
            gone = event.get("redacts") or event["content"].get("redacts")
            for known in self._events[room]:
                if known["event_id"] == gone:
                    known["content"] = {}


def relation(event: Event) -> dict[str, Any]:
    """What an event relates to; empty when nothing."""
    found = event["content"].get("m.relates_to")
    return found if isinstance(found, dict) else {}


def thread_root(event: Event) -> str | None:
    """The root of the thread an event is in."""
    related = relation(event)
    return related.get("event_id") if related.get("rel_type") == "m.thread" else None

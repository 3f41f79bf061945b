"""What one person sees the bot do in a Matrix room: its answers by thread, its reactions by message."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import httpx

from sandbox.matrix import MatrixError, MatrixMember

SYNC_MS = 10_000
RETRY_SECONDS = 0.2
NOTHING: dict[str, list[str]] = {"types": []}
FILTER = json.dumps(
    {
        "presence": NOTHING,
        "account_data": NOTHING,
        "room": {"timeline": {"limit": 500}, "state": NOTHING, "ephemeral": NOTHING, "account_data": NOTHING},
    }
)


class RoomWatch:
    """Follows one room from `start` to `stop` and keeps what the bot did there, each event once."""

    def __init__(self, member: MatrixMember, *, room: str, bot: str) -> None:
        self._member = member
        self._room = room
        self._bot = bot
        self._seen: set[str] = set()
        self._answers: defaultdict[str, list[str]] = defaultdict(list)
        self._reactions: defaultdict[str, int] = defaultdict(int)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow(), name="room watch")

    async def stop(self) -> None:
        """End it; what was seen stays readable."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def answers(self, root: str) -> list[str]:
        """The bot's messages in the thread of a message, as plain text."""
        return self._answers.get(root, [])

    def reactions(self, event_id: str) -> int:
        """How many reactions of the bot are on a message."""
        return self._reactions.get(event_id, 0)

    def recount(self, events: Iterable[dict[str, Any]]) -> None:
        """Take in further events of the room, for instance its whole history; known ones count once."""
        for event in events:
            if event["sender"] == self._bot and event["event_id"] not in self._seen:
                self._seen.add(event["event_id"])
                self._take(event)

    async def _follow(self) -> None:
        since = ""
        while True:
            try:
                answer = await self._member.sync(since, SYNC_MS if since else 0, filter=FILTER)
            except (MatrixError, httpx.HTTPError):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            since = answer.next_batch
            self.recount(answer.timeline(self._room))

    def _take(self, event: dict[str, Any]) -> None:
        related = event["content"].get("m.relates_to", {})
        if event["type"] == "m.reaction":
            self._reactions[related["event_id"]] += 1
        elif event["type"] == "m.room.message" and related.get("rel_type") == "m.thread":
            self._answers[related["event_id"]].append(str(event["content"].get("body", "")))

"""The threads and forum posts that may have had messages meanwhile: active ones, and those archived since."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.discord.places import Place
from adapters.discord.rest import DiscordRest
from adapters.discord.snowflakes import instant_of

Json = Mapping[str, Any]

_PAGE = 100


class Listing:
    """Asks for threads. Raises as ``DiscordRest.call``."""

    def __init__(self, rest: DiscordRest, *, guild_id: str) -> None:
        self._rest = rest
        self._guild_id = guild_id

    async def threads(self, room: str, since: int) -> list[Place]:
        """The room's active threads, and its public archived ones that were archived after ``since`` (an id)."""
        found = {str(thread["id"]): thread for thread in await self._active(room)}
        async for thread in self._archived(room, instant_of(since)):
            found.setdefault(str(thread["id"]), thread)
        return [
            Place(room=room, chat_thread=thread_id, title=str(thread.get("name") or ""))
            for thread_id, thread in found.items()
        ]

    async def _active(self, room: str) -> Sequence[Json]:
        answer = await self._rest.call("GET", "/guilds/{guild_id}/threads/active", guild_id=self._guild_id)
        return [thread for thread in answer["threads"] if str(thread.get("parent_id")) == room]

    async def _archived(self, room: str, since: datetime) -> Any:
        """Newest archived first (API reference, "List Public Archived Threads"), so the first old one ends the list."""
        before: str | None = None
        while True:
            answer = await self._rest.call(
                "GET",
                "/channels/{channel_id}/threads/archived/public",
                params={"limit": _PAGE} if before is None else {"limit": _PAGE, "before": before},
                needs="Read Message History",
                channel_id=room,
            )
            for thread in answer["threads"]:
                before = str(thread["thread_metadata"]["archive_timestamp"])
                if datetime.fromisoformat(before) < since:
                    return
                yield thread
            if not answer.get("has_more") or not answer["threads"]:
                return

"""A ticket's status as others see it: a forum post's tag, and an archived thread for one that is done with.

Nothing is renamed or edited for it, since both are limited (facts/discord.md, "Rate limits").
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from adapters.discord.rest import DiscordRest
from adapters.discord.rooms import FORUM_TYPES
from bot.domain.chat import ChatAddress
from bot.domain.helpdesk import Status

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]

STATUS_TAGS: Final[Mapping[Status, Sequence[str]]] = {
    Status.ACTIVE: ("Open",),
    Status.PENDING: ("Waiting",),
    Status.CLOSED: ("Solved",),
    Status.SPAM: (),
}
"""Names of tags by status, the preferred one first; a forum need not have them."""
_MOST_TAGS = 5
_REQUIRE_TAG = 1 << 4
"""Channel flag (API reference, "Channel Flags")."""


class StatusTags:
    """Sets tags and archives."""

    def __init__(self, rest: DiscordRest, names: Mapping[Status, Sequence[str]]) -> None:
        self._rest = rest
        self._names = {status: [name.casefold() for name in given] for status, given in names.items()}

    async def show(self, address: ChatAddress, status: Status, *, final: bool) -> None:
        """Set the status' tag and take away those of the others; ``final`` archives. Raises as ``DiscordRest.call``."""
        if address.chat_thread is None or address.is_private:
            return
        room = await self._channel(address.room)
        is_post = room["type"] in FORUM_TYPES
        if not is_post and not final:
            return
        thread = await self._channel(address.chat_thread)
        is_archived = bool(thread["thread_metadata"]["archived"])
        changes: dict[str, Any] = {}
        if is_post and (tags := self._tags(room, thread, status)) is not None:
            changes["applied_tags"] = tags
        if changes and is_archived:  # an archived thread takes changes only with its opening (facts, #6928)
            await self._change(address.chat_thread, {**changes, "archived": False})
            changes = {"archived": True}
        elif final and not is_archived:
            changes["archived"] = True
        if changes:
            await self._change(address.chat_thread, changes)
            _log.info("discord_status_shown", chat_thread=address.chat_thread, status=status, final=final)

    def _tags(self, forum: Json, post: Json, status: Status) -> list[str] | None:
        """The post's tags as they should be; None when they are so already, or cannot be."""
        available = {str(tag["id"]): str(tag["name"]).casefold() for tag in forum.get("available_tags") or ()}
        worn = [str(tag) for tag in post.get("applied_tags") or () if str(tag) in available]
        wanted = self._wanted(available, status)
        of_status = {name for names in self._names.values() for name in names}
        kept = [tag for tag in worn if tag == wanted or available[tag] not in of_status]
        if wanted is not None and wanted not in kept and len(kept) < _MOST_TAGS:
            kept.append(wanted)
        if not kept and int(forum.get("flags") or 0) & _REQUIRE_TAG:
            return None
        return kept if kept != worn else None

    def _wanted(self, available: Mapping[str, str], status: Status) -> str | None:
        for name in self._names.get(status, ()):
            for tag, called in available.items():
                if called == name:
                    return tag
        return None

    async def _channel(self, channel_id: str) -> Json:
        channel: Json = await self._rest.call("GET", "/channels/{channel_id}", channel_id=channel_id)
        return channel

    async def _change(self, chat_thread: str, changes: Json) -> None:
        await self._rest.call(
            "PATCH", "/channels/{channel_id}", json=changes, needs="Manage Threads", channel_id=chat_thread
        )

"""What kind of channel a room is: a forum post's first message stands in its thread, a thread's opener beside it."""

from typing import Any

from adapters.discord.rest import DiscordRest
from bot.domain.chat import ChatAddress

FORUM_TYPES = frozenset({15, 16})
"""Forum and media channels: they hold posts and no messages (API reference, "Channel Types")."""


class Rooms:
    """Channel types, asked once each; they hardly ever change."""

    def __init__(self, rest: DiscordRest) -> None:
        self._rest = rest
        self._forum: dict[str, bool] = {}

    async def is_forum(self, room: str) -> bool:
        """Whether the room holds posts instead of messages. Raises as ``DiscordRest.call``."""
        if room not in self._forum:
            channel: Any = await self._rest.call("GET", "/channels/{channel_id}", channel_id=room)
            self._forum[room] = channel["type"] in FORUM_TYPES
        return self._forum[room]

    async def standing_place(self, address: ChatAddress, message_id: str) -> str:
        """The channel or thread in whose history this message of the address is."""
        if address.chat_thread is None:
            return address.room
        if message_id == address.chat_thread and not await self.is_forum(address.room):
            return address.room
        return address.chat_thread

"""Which channels are watched, and where in chat a channel or thread is for the core."""

from dataclasses import dataclass

from bot.domain.chat import ChatAddress, Platform, RoomRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel or a thread as the core addresses it; ``title`` is a thread's name."""

    room: str
    chat_thread: str | None = None
    title: str = ""

    @property
    def key(self) -> str:
        """The id of the channel or thread itself: what has a history and a watermark."""
        return self.chat_thread or self.room

    @property
    def address(self) -> ChatAddress:
        """The same in the core's words."""
        return ChatAddress(platform=Platform.DISCORD, room=self.room, chat_thread=self.chat_thread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the settings say about the server."""

    guild_id: str
    support_channels: frozenset[str]
    staff_channel: str

    def role_of(self, room: str) -> RoomRole:
        """What this channel is to the team."""
        return RoomRole.STAFF if room == self.staff_channel else RoomRole.SUPPORT

    def link(self, place_key: str, message_id: str) -> str:
        """What opens a message in Discord."""
        return f"https://discord.com/channels/{self.guild_id}/{place_key}/{message_id}"

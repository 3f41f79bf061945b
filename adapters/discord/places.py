"""Which channels are watched, and where in chat a channel or thread is for the core."""

from dataclasses import dataclass

from bot.domain.chat import ChatAddress, Platform, RoomRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel or a thread as the core addresses it; ``title`` is a thread's name.

    A direct message channel is its own thread. ``is_followed``: it is received for a ticket's sake alone, its channel
    is not watched.
    """

    room: str
    chat_thread: str | None = None
    title: str = ""
    is_followed: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether these are the direct messages between one member and the bot."""
        return self.chat_thread == self.room

    @property
    def key(self) -> str:
        """The id of the channel or thread itself: what has a history and a watermark."""
        return self.chat_thread or self.room

    @property
    def address(self) -> ChatAddress:
        """The same in the core's words."""
        return ChatAddress(platform=Platform.DISCORD, room=self.room, chat_thread=self.chat_thread)


def direct_place(channel_id: str) -> Place:
    """The place of a direct message channel."""
    return Place(room=channel_id, chat_thread=channel_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the settings say about the server."""

    guild_id: str
    support_channels: frozenset[str]
    staff_channel: str

    def role_of(self, room: str) -> RoomRole:
        """What this channel is to the team."""
        return RoomRole.STAFF if room == self.staff_channel else RoomRole.SUPPORT

    def role_in(self, place: Place) -> RoomRole:
        """What is said there is taken as: a ticket's thread is its own, even among the team."""
        return RoomRole.SUPPORT if place.is_followed else self.role_of(place.room)

    def link(self, channel_id: str, message_id: str, *, direct: bool = False) -> str:
        """What opens a message in Discord."""
        return f"https://discord.com/channels/{'@me' if direct else self.guild_id}/{channel_id}/{message_id}"

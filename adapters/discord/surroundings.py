"""What the gateway's cache knows of the server, in plain values: places, names, permissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from adapters.discord.names import Names
from adapters.discord.places import Place, Watch, direct_place

Json = Mapping[str, Any]

NOT_OURS = Place(room="")
"""A channel that is known and not watched."""
_DIRECT = 1
"""Channel type DM; several people's direct messages (3) are none of ours (API reference, "Channel Types")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedChannel:
    """A channel as the bot sees it; ``lacks`` names the permissions that reading its history takes."""

    room: str
    name: str
    is_forum: bool
    newest_message: int
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThread:
    """A thread under a watched channel; ``newest_message`` is its own id while it has none."""

    place: Place
    newest_message: int


class Surroundings:
    """The current connection's view; empty while there is none."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._client: discord.Client | None = None
        self._fetched: dict[str, Place] = {}
        self._followed: dict[str, str] = {}
        self.names = Names(roles=self._role_name, channels=self._channel_name)

    def see_through(self, client: discord.Client) -> None:
        """Use this connection's cache from now on."""
        self._client = client

    @property
    def own_id(self) -> str:
        """The bot's user id, once a session has begun."""
        user = self._client.user if self._client is not None else None
        return str(user.id) if user is not None else ""

    @property
    def guild(self) -> discord.Guild | None:
        """The server, when the bot is on it and it is available."""
        guild = self._client.get_guild(int(self._watch.guild_id)) if self._client is not None else None
        return guild if guild is not None and not guild.unavailable else None

    def place_of(self, channel_id: str) -> Place | None:
        """Where this channel or thread is; ``NOT_OURS`` if it is not watched, None if it is unknown."""
        if channel_id in self._watch.support_channels:
            return Place(room=channel_id)
        found = self.guild.get_channel_or_thread(int(channel_id)) if self.guild is not None else None
        if found is None:
            return self._followed_place(channel_id) or self._fetched.get(channel_id)
        return self.thread_place(channel_id, str(getattr(found, "parent_id", None)), found.name)

    def learn(self, channel_id: str, place: Place) -> None:
        """Remember the place of a channel that the cache does not hold."""
        self._fetched[channel_id] = place

    def place_in(self, channel: Json) -> Place:
        """The place of a channel that was just fetched; ``NOT_OURS`` unless it is direct, or a watched one's thread."""
        channel_id = str(channel["id"])
        if channel.get("type") == _DIRECT:
            return direct_place(channel_id)
        return self.thread_place(channel_id, str(channel.get("parent_id")), str(channel.get("name") or ""))

    def thread_place(self, channel_id: str, parent_id: str, name: str) -> Place:
        """The place of a thread under this parent; ``NOT_OURS`` unless that is watched, or the thread followed."""
        if parent_id not in self._watch.support_channels:
            return self._followed_place(channel_id, name) or NOT_OURS
        return Place(room=parent_id, chat_thread=channel_id, title=name)

    def follow(self, thread: str, room: str) -> Place:
        """From now on this thread is ours, though its channel is not watched."""
        self._followed[thread] = room
        return self._followed_thread(thread, room)

    def follow_only(self, threads: Mapping[str, str]) -> None:
        """Follow these threads (with their channels) and no others."""
        self._followed = dict(threads)

    @property
    def followed_rooms(self) -> frozenset[str]:
        """The channels of followed threads that are not watched themselves."""
        return frozenset(self._followed.values()) - self._watch.support_channels

    def followed_in(self, room: str) -> Sequence[Place]:
        """The followed threads of such a channel."""
        threads = sorted(thread for thread, parent in self._followed.items() if parent == room)
        return [self._followed_thread(thread, room) for thread in threads]

    def origin_of(self, message_id: str, channel_id: str) -> Place:
        """The place of a message on which a followed thread hangs; ``NOT_OURS`` of any other."""
        if self._followed.get(message_id) != channel_id:
            return NOT_OURS
        return Place(room=channel_id, is_followed=True)

    def _followed_thread(self, thread: str, room: str) -> Place:
        return self.place_of(thread) or Place(room=room, chat_thread=thread, is_followed=True)

    def _followed_place(self, channel_id: str, name: str = "") -> Place | None:
        room = self._followed.get(channel_id)
        return Place(room=room, chat_thread=channel_id, title=name, is_followed=True) if room is not None else None

    def channel(self, room: str) -> WatchedChannel | None:
        """A watched channel, or one with a followed thread; None when the bot does not see it."""
        channel = self.guild.get_channel(int(room)) if self.guild is not None else None
        if self.guild is None or channel is None:
            return None
        return WatchedChannel(
            room=room,
            name=channel.name,
            is_forum=isinstance(channel, discord.ForumChannel),
            newest_message=getattr(channel, "last_message_id", None) or channel.id,
            lacks=_lacking(channel.permissions_for(self.guild.me)),
        )

    def sight(self) -> Mapping[str, tuple[str, ...]]:
        """What the bot lacks in each channel that it reads in and knows, to be compared with a later look."""
        channels = (self.channel(room) for room in self._watch.support_channels | self.followed_rooms)
        return {channel.room: channel.lacks for channel in channels if channel is not None}

    def threads_under(self, room: str) -> Sequence[SeenThread]:
        """The active threads of a room as they were when the session began."""
        threads = self.guild.threads if self.guild is not None else ()
        return [
            SeenThread(
                place=Place(room=room, chat_thread=str(thread.id), title=thread.name),
                newest_message=thread.last_message_id or thread.id,
            )
            for thread in threads
            if str(thread.parent_id) == room
        ]

    def _role_name(self, role_id: str) -> str | None:
        role = self.guild.get_role(int(role_id)) if self.guild is not None else None
        return role.name if role is not None else None

    def _channel_name(self, channel_id: str) -> str | None:
        found = self.guild.get_channel_or_thread(int(channel_id)) if self.guild is not None else None
        return found.name if found is not None else None


def _lacking(held: discord.Permissions) -> tuple[str, ...]:
    needed = {"View Channel": held.view_channel, "Read Message History": held.read_message_history}
    return tuple(name for name, is_held in needed.items() if not is_held)

"""What exists in the simulated Discord: one guild, its people and channels, the bot, its commands, and look-ups."""

import asyncio
from bisect import insort
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.discord.clock import Clock, Snowflakes
from sandbox.discord.entities import (
    DIRECT,
    FORUM,
    PRIVATE_THREAD,
    TEXT,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    Tag,
    Thread,
    User,
)
from sandbox.discord.errors import unknown
from sandbox.discord.permissions import (
    BOT_DEFAULT,
    EVERYONE_DEFAULT,
    Overwrite,
    Permission,
    channel_permissions,
    guild_permissions,
)

Json = dict[str, Any]


class World:
    """All state that survives a restart of the simulator's server."""

    def __init__(self, *, guild_name: str = "Community", bot_name: str = "Support Bot") -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        owner = User(id=self.ids.next(), name="owner", display_name="Owner")
        self.bot_user = User(
            id=self.ids.next(), name=bot_name.lower().replace(" ", "-"), display_name=bot_name, bot=True
        )
        self.application_id = self.bot_user.id
        self.guild = Guild(id=self.ids.next(), name=guild_name, owner_id=owner.id)
        self.everyone = Role(id=self.guild.id, name="@everyone", permissions=EVERYONE_DEFAULT, position=0)
        self.bot_role = Role(id=self.ids.next(), name=bot_name, permissions=BOT_DEFAULT, managed=True)
        self.guild.roles = {role.id: role for role in (self.everyone, self.bot_role)}
        self.users = {owner.id: owner, self.bot_user.id: self.bot_user}
        self.guild.members[owner.id] = Member(user=owner, joined_at=self.clock.now())
        self.bot_member = Member(user=self.bot_user, roles=[self.bot_role.id], joined_at=self.clock.now())
        self.guild.members[self.bot_user.id] = self.bot_member
        self.channels: dict[int, Channel] = {}
        self.guild_commands: dict[int, Json] = {}
        self.global_commands: dict[int, Json] = {}
        self.closed_to_bot: set[int] = set()
        """The people who take no direct messages from the bot."""
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[None]]] = []

    # people

    def add_role(self, name: str, *, mentionable: bool, permissions: int) -> Role:
        """A new role."""
        role = Role(
            id=self.ids.next(),
            name=name,
            permissions=permissions,
            mentionable=mentionable,
            position=len(self.guild.roles),
        )
        self.guild.roles[role.id] = role
        return role

    def add_member(self, name: str, *, roles: Iterable[int], bot: bool, display_name: str | None) -> Member:
        """A new account inside the guild."""
        user = User(id=self.ids.next(), name=name.lower().replace(" ", "."), display_name=display_name or name, bot=bot)
        member = Member(user=user, roles=list(roles), joined_at=self.clock.now())
        self.users[user.id] = user
        self.guild.members[user.id] = member
        return member

    # channels

    def add_channel(self, kind: int, name: str, *, overwrites: list[Overwrite], tags: Iterable[str] = ()) -> Channel:
        """A new text channel or forum."""
        position = sum(channel.type in (TEXT, FORUM) for channel in self.channels.values())
        made_tags = [Tag(id=self.ids.next(), name=tag) for tag in tags]
        channel = Channel(
            id=self.ids.next(), type=kind, name=name, position=position, overwrites=overwrites, tags=made_tags
        )
        self.channels[channel.id] = channel
        return channel

    def direct_channel(self, user: User) -> Channel:
        """The bot's direct conversation with a person, made at first use."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        channel = Channel(id=self.ids.next(), type=DIRECT, name=user.name, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: int) -> Channel:
        """A channel or thread by id; 10003 when there is none."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise unknown("Channel") from None

    def message(self, channel_id: int, message_id: int) -> Message:
        """A message by channel and id; 10008 when there is none."""
        try:
            return self.channel(channel_id).messages[message_id]
        except KeyError:
            raise unknown("Message") from None

    def threads(self, parent_id: int | None = None) -> list[Thread]:
        """Threads in order of creation, of one parent or all."""
        found = [channel for channel in self.channels.values() if isinstance(channel, Thread)]
        return [thread for thread in found if parent_id is None or thread.parent_id == parent_id]

    def keep(self, message: Message) -> None:
        """Put a message into its channel, in order of id."""
        channel = self.channels[message.channel_id]
        channel.messages[message.id] = message
        ids = channel.message_ids
        if not ids or ids[-1] < message.id:
            ids.append(message.id)
        else:
            insort(ids, message.id)

    def forget(self, message: Message) -> None:
        """Take a message out of its channel."""
        channel = self.channels[message.channel_id]
        del channel.messages[message.id]
        channel.message_ids.remove(message.id)

    # the bot's permissions

    def bot_bits(self, channel: Channel) -> int:
        """What the bot may do in a channel; a thread follows its parent, a private one needs membership."""
        if channel.type == DIRECT:
            return BOT_DEFAULT
        place = self.channels[channel.parent_id] if isinstance(channel, Thread) else channel
        roles = [self.everyone.id, *self.bot_member.roles]
        bits = channel_permissions(
            guild_permissions(self.guild.roles[each].permissions for each in roles if each in self.guild.roles),
            place.overwrites,
            everyone_id=self.everyone.id,
            role_ids=self.bot_member.roles,
            member_id=self.bot_user.id,
        )
        private = isinstance(channel, Thread) and channel.type == PRIVATE_THREAD
        if private and not (bits & Permission.MANAGE_THREADS or self.bot_user.id in channel.member_ids):  # type: ignore[attr-defined]
            return 0
        return bits if bits & Permission.VIEW_CHANNEL else 0

    # waiting

    def touched(self) -> None:
        """Tell those who wait that something changed."""
        if not self._waiting:
            return
        for entry in tuple(self._waiting):
            holds, done = entry
            if not done.done() and holds():
                done.set_result(None)

    async def wait_until(self, holds: Callable[[], object], *, timeout_seconds: float, what: str) -> None:
        """Return as soon as `holds()` is true, looked at after every change; TimeoutError names `what`."""
        if holds():
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (holds, done)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(timeout_seconds):
                await done
        except TimeoutError:
            raise TimeoutError(f"not seen within {timeout_seconds:g} s: {what}") from None
        finally:
            self._waiting.remove(entry)

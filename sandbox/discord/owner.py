"""What the guild's owner does: channels, roles, people, and what the bot may do where."""

from collections.abc import Iterable

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.entities import FORUM, TEXT, Channel, Member, Role
from sandbox.discord.permissions import Overwrite, Permission


class Owner:
    """Builds the guild and changes it while the bot runs."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world

    def add_role(self, name: str, *, mentionable: bool = False, permissions: int = 0) -> Role:
        """A new role; `permissions` are bits."""
        role = self._world.add_role(name, mentionable=mentionable, permissions=permissions)
        self._backend.gateway.dispatch("GUILD_ROLE_CREATE", self._role_event(role))
        return role

    def add_member(
        self, name: str, *, roles: Iterable[int] = (), bot: bool = False, display_name: str | None = None
    ) -> Member:
        """A new person (or another bot) in the guild."""
        member = self._world.add_member(name, roles=roles, bot=bot, display_name=display_name)
        body = {**payloads.member(member), "guild_id": str(self._world.guild.id)}
        self._backend.gateway.dispatch("GUILD_MEMBER_ADD", body)
        return member

    def remove_member(self, member_id: int) -> None:
        """Somebody leaves; their messages stay and carry no roles any more."""
        member = self._world.guild.members.pop(member_id)
        body = {"guild_id": str(self._world.guild.id), "user": payloads.user(member.user)}
        self._backend.gateway.dispatch("GUILD_MEMBER_REMOVE", body)

    def add_text_channel(self, name: str, *, private_to: Iterable[int] = (), bot_can_see: bool = True) -> Channel:
        """A text channel; `private_to` hides it from all but these roles and, unless told otherwise, the bot."""
        return self._add_channel(TEXT, name, private_to, bot_can_see=bot_can_see)

    def add_forum_channel(
        self,
        name: str,
        *,
        tags: Iterable[str] = (),
        require_tag: bool = False,
        private_to: Iterable[int] = (),
        bot_can_see: bool = True,
    ) -> Channel:
        """A forum."""
        forum = self._add_channel(FORUM, name, private_to, bot_can_see=bot_can_see, tags=tags)
        forum.require_tag = require_tag
        return forum

    def set_bot_permissions(self, bits: int, *, channel_id: int | None = None) -> None:
        """Give the bot exactly these bits, in the guild or in one channel.

        What @everyone would grant beyond them is denied in the channels, as a cautious owner does it.
        """
        if channel_id is None:
            self._world.bot_role.permissions = bits
            self._backend.gateway.dispatch("GUILD_ROLE_UPDATE", self._role_event(self._world.bot_role))
        places = [each for each in self._world.channels.values() if each.type in (TEXT, FORUM)]
        for channel in places if channel_id is None else [self._world.channel(channel_id)]:
            self._limit_bot(channel, bits, open_up=channel_id is not None)
            body = payloads.channel(channel, self._world.guild.id)
            self._backend.gateway.dispatch("CHANNEL_UPDATE", body, channel=channel)

    def _limit_bot(self, channel: Channel, bits: int, *, open_up: bool = False) -> None:
        """Deny the bot what it has there beyond `bits`; with `open_up`, allow also what it lacks."""
        me = self._world.bot_user.id
        channel.overwrites = [each for each in channel.overwrites if each.target_id != me]
        extra = self._world.bot_bits(channel) & ~bits
        lacking = bits & ~self._world.bot_bits(channel) if open_up else 0
        if extra or lacking:
            channel.overwrites.append(Overwrite(target_id=me, kind=1, allow=lacking, deny=extra))

    def _add_channel(
        self, kind: int, name: str, private_to: Iterable[int], *, bot_can_see: bool, tags: Iterable[str] = ()
    ) -> Channel:
        roles = list(private_to)
        view = int(Permission.VIEW_CHANNEL)
        overwrites: list[Overwrite] = []
        if roles or not bot_can_see:
            overwrites.append(Overwrite(target_id=self._world.everyone.id, kind=0, deny=view))
            seeing = [*roles, *([self._world.bot_role.id] if bot_can_see else [])]
            overwrites += [Overwrite(target_id=role, kind=0, allow=view) for role in seeing]
        channel = self._world.add_channel(kind, name, overwrites=overwrites, tags=tags)
        if bot_can_see:
            self._limit_bot(channel, self._world.bot_role.permissions)
        body = payloads.channel(channel, self._world.guild.id)
        self._backend.gateway.dispatch("CHANNEL_CREATE", body, channel=channel)
        return channel

    def _role_event(self, role: Role) -> payloads.Json:
        return {"guild_id": str(self._world.guild.id), "role": payloads.role(role)}

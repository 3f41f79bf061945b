"""``check --live`` for Discord: each thing the bot needs there, looked at through REST alone, with its fix."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from adapters.discord.faults import DeniedError
from adapters.discord.places import Watch
from adapters.discord.rest import DiscordRest
from bot.domain.errors import DeliveryError
from bot.domain.findings import Finding

Json = Mapping[str, Any]

_PART = "discord"
_CONTENT_FLAGS = (1 << 18) | (1 << 19)
"""GATEWAY_MESSAGE_CONTENT and its form for unverified applications (API reference, "Application Flags")."""
_NEEDED_IN_SUPPORT = {
    "View Channel": discord.Permissions(view_channel=True),
    "Read Message History": discord.Permissions(read_message_history=True),
    "Send Messages": discord.Permissions(send_messages=True),
    "Send Messages in Threads": discord.Permissions(send_messages_in_threads=True),
    "Create Public Threads": discord.Permissions(create_public_threads=True),
    "Add Reactions": discord.Permissions(add_reactions=True),
    "Attach Files": discord.Permissions(attach_files=True),
    "Embed Links": discord.Permissions(embed_links=True),
    "Manage Threads": discord.Permissions(manage_threads=True),
}
_NEEDED_IN_STAFF = ("View Channel", "Send Messages", "Embed Links")
_VIEW = discord.Permissions(view_channel=True).value
_MENTION_EVERYONE = discord.Permissions(mention_everyone=True).value
_ADMINISTRATOR = discord.Permissions(administrator=True).value
_ROLE_OVERWRITE, _MEMBER_OVERWRITE = 0, 1


class Inspection:
    """Looks, and writes findings; a look that fails ends the list, since the rest depends on it."""

    def __init__(
        self,
        *,
        rest: DiscordRest,
        watch: Watch,
        role_settings: Mapping[str, Sequence[str]],
        oncall_roles: Sequence[str],
    ) -> None:
        self._rest = rest
        self._watch = watch
        self._role_settings = role_settings
        self._oncall_roles = oncall_roles

    async def run(self) -> list[Finding]:
        """All findings, in the order in which an operator would mend them."""
        findings: list[Finding] = []
        try:
            own_id = await self._rest.own_id()
            findings.append(_well("token"))
            findings.append(await self._intent())
            member, guild = await self._membership(own_id)
        except DeniedError as error:
            return [*findings, _ill("server", f"invite the bot to the server {self._watch.guild_id}: {error.reason}")]
        except DeliveryError as error:
            return [*findings, _ill("login", f"{error}; check discord.token and discord.api_url")]
        findings.append(_well("server"))
        findings += self._roles(guild)
        held = {str(role["id"]): int(role["permissions"]) for role in guild["roles"]}
        for room in sorted(self._watch.support_channels):
            findings += await self._channel(room, member, own_id, held, _NEEDED_IN_SUPPORT, "discord.support_channels")
        findings += await self._staff_channel(member, own_id, held)
        findings += await self._oncall(guild, member, own_id, held)
        return findings

    async def _intent(self) -> Finding:
        application = await self._rest.call("GET", "/applications/@me")
        if int(application.get("flags") or 0) & _CONTENT_FLAGS:
            return _well("message content intent")
        fix = "switch on Message Content Intent in the Developer Portal (Bot, Privileged Gateway Intents)"
        return _ill("message content intent", fix)

    async def _membership(self, own_id: str) -> tuple[Json, Json]:
        guild_id = self._watch.guild_id
        guild = await self._rest.call("GET", "/guilds/{guild_id}", guild_id=guild_id)
        member = await self._rest.call("GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild_id, user_id=own_id)
        return member, guild

    def _roles(self, guild: Json) -> Iterable[Finding]:
        existing = {str(role["id"]) for role in guild["roles"]}
        for setting, roles in self._role_settings.items():
            for role in roles:
                subject = f"role {role}"
                yield (
                    _well(subject)
                    if role in existing
                    else _ill(subject, f"{setting} names a role that is not on the server: copy the id of one that is")
                )

    async def _channel(
        self,
        room: str,
        member: Json,
        own_id: str,
        held: Mapping[str, int],
        needed: Mapping[str, discord.Permissions],
        setting: str,
    ) -> list[Finding]:
        try:
            channel = await self._rest.call("GET", "/channels/{channel_id}", channel_id=room)
        except DeniedError as error:
            return [_ill(f"channel {room}", f"correct {setting}, or give the bot's role View Channel: {error.reason}")]
        granted = permissions(channel, member, self._watch.guild_id, own_id, held)
        name = f"#{channel.get('name', room)}"
        return [
            _well(f"{permission} in {name}")
            if granted & bit.value
            else _ill(f"{permission} in {name}", f"give the bot's role {permission} in {name}")
            for permission, bit in needed.items()
        ]

    async def _staff_channel(self, member: Json, own_id: str, held: Mapping[str, int]) -> list[Finding]:
        room = self._watch.staff_channel
        needed = {name: _NEEDED_IN_SUPPORT[name] for name in _NEEDED_IN_STAFF}
        findings = await self._channel(room, member, own_id, held, needed, "discord.staff_channel")
        if not findings[0].well:
            return findings
        channel = await self._rest.call("GET", "/channels/{channel_id}", channel_id=room)
        everybody = permissions(channel, {"roles": []}, self._watch.guild_id, "", held)
        fix = (
            f"take View Channel from @everyone in #{channel.get('name', room)}: what is said there is for the team only"
        )
        return [*findings, _ill("staff channel", fix) if everybody & _VIEW else _well("staff channel is not public")]

    async def _oncall(self, guild: Json, member: Json, own_id: str, held: Mapping[str, int]) -> list[Finding]:
        """Whether a page reaches whoever is on call: Discord drops the ping of a role that the bot may not mention."""
        if not self._oncall_roles:
            return []
        existing = {str(role["id"]): role for role in guild["roles"]}
        may_ping_all = await self._may_ping_all(member, own_id, held)
        return [_pingable(role, existing.get(role), may_ping_all=may_ping_all) for role in self._oncall_roles]

    async def _may_ping_all(self, member: Json, own_id: str, held: Mapping[str, int]) -> bool:
        """In the staff channel, where pages go; no where that cannot be seen, which is a finding of its own."""
        try:
            channel = await self._rest.call("GET", "/channels/{channel_id}", channel_id=self._watch.staff_channel)
        except DeniedError:
            return False
        return bool(permissions(channel, member, self._watch.guild_id, own_id, held) & _MENTION_EVERYONE)


def _pingable(role_id: str, role: Json | None, *, may_ping_all: bool) -> Finding:
    if role is None:
        fix = "sla.oncall_mention names a role that is not on the server: copy the id of one that is"
        return _ill(f"on-call role {role_id}", fix)
    subject = f"on-call role @{role.get('name', role_id)}"
    if role.get("mentionable") or may_ping_all:
        return _well(subject)
    fix = (
        "a page would ping nobody: switch on “Allow anyone to @mention this role” in the role's settings, or give the"
        " bot's role Mention @everyone, @here, and All Roles in the staff channel"
    )
    return _ill(subject, fix)


def permissions(channel: Json, member: Json, guild_id: str, user_id: str, held: Mapping[str, int]) -> int:
    """What a member may do in a channel, as bits; administrators all (API reference, "Permission Overwrites")."""
    roles = [guild_id, *(str(role) for role in member.get("roles", ()))]
    granted = 0
    for role in roles:
        granted |= held.get(role, 0)
    if granted & _ADMINISTRATOR:
        return discord.Permissions.all().value
    overwrites = {str(overwrite["id"]): overwrite for overwrite in channel.get("permission_overwrites") or ()}
    granted = _overwritten(granted, [overwrites[guild_id]] if guild_id in overwrites else [])
    granted = _overwritten(granted, [overwrites[role] for role in roles[1:] if role in overwrites])
    return _overwritten(granted, [overwrites[user_id]] if user_id in overwrites else [])


def _overwritten(granted: int, overwrites: Sequence[Json]) -> int:
    denied = allowed = 0
    for overwrite in overwrites:
        denied |= int(overwrite.get("deny") or 0)
        allowed |= int(overwrite.get("allow") or 0)
    return granted & ~denied | allowed


def _well(subject: str) -> Finding:
    return Finding(part=_PART, subject=subject, well=True)


def _ill(subject: str, fix: str) -> Finding:
    return Finding(part=_PART, subject=subject, well=False, fix=fix)

"""The event that tells the bot of an interaction: who, where, and with what (API reference, "Interaction Object")."""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.entities import DIRECT, Channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.permissions import guild_permissions

Json = dict[str, Any]

IN_GUILD, IN_DIRECT_MESSAGES = 0, 1


class InteractionEvents:
    """Builds the event's body."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world

    def event(self, found: Interaction, data: Json) -> Json:
        """INTERACTION_CREATE for this act."""
        body: Json = {
            "id": str(found.id),
            "application_id": str(self._world.application_id),
            "type": found.kind,
            "token": found.token,
            "version": 1,
            "data": data,
            "channel_id": str(found.channel.id),
            "channel": payloads.channel(found.channel, self._world.guild.id),
            "app_permissions": str(self._world.bot_bits(found.channel)),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": self.owners(found.channel),
            "context": context_of(found.channel),
            "attachment_size_limit": self._backend.checks.file_limit_bytes,
            **self._person(found),
        }
        if found.source is not None:
            body["message"] = self._backend.messages.rest(found.source)
        return body

    def _person(self, found: Interaction) -> Json:
        """Who it is: a member of the guild with roles, or in direct messages just a user."""
        if found.channel.type == DIRECT:
            return {"user": payloads.user(found.member.user)}
        guild = self._world.guild
        roles = [guild.roles[each].permissions for each in found.member.roles if each in guild.roles]
        bits = guild_permissions([self._world.everyone.permissions, *roles])
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": {**payloads.member(found.member), "permissions": str(bits)},
        }

    def owners(self, channel: Channel) -> Json:
        """For whom the application was installed; "0" stands for its own direct messages."""
        return {"0": "0" if channel.type == DIRECT else str(self._world.guild.id)}


def context_of(channel: Channel) -> int:
    """Where an interaction in this channel counts as started."""
    return IN_DIRECT_MESSAGES if channel.type == DIRECT else IN_GUILD

"""Who started an interaction, and where."""

from typing import Any

import discord
import structlog

from adapters.discord.members import Members
from adapters.discord.places import Place, direct_place
from adapters.discord.surroundings import NOT_OURS, Surroundings
from adapters.discord.translate import member_author
from bot.domain.chat import Author, Platform
from bot.domain.errors import DeliveryError

_log = structlog.get_logger(__name__)


class Origins:
    """Reads authors and places of commands and buttons."""

    def __init__(self, *, surroundings: Surroundings, members: Members) -> None:
        self._surroundings = surroundings
        self._members = members

    async def author(self, interaction: discord.Interaction) -> Author:
        """With the roles on the server. Of direct ones Discord tells none: without an answer there are none."""
        if isinstance(interaction.user, discord.Member):
            return author_at_hand(interaction)
        user = interaction.user
        try:
            member = await self._members.of(str(user.id))
        except DeliveryError as error:
            _log.warning("discord_roles_unknown", member=str(user.id), reason=str(error))
            return author_at_hand(interaction)
        known: dict[str, Any] = {"id": user.id, "global_name": user.global_name, "username": user.name}
        return member_author(known, member)

    def place(self, interaction: discord.Interaction) -> Place:
        """Where it was started: in a thread the room is its parent, watched or not."""
        channel_id = str(interaction.channel_id)
        if interaction.guild_id is None:
            return direct_place(channel_id)
        place = self._surroundings.place_of(channel_id)
        if place is not None and place != NOT_OURS:
            return place
        thread = interaction.channel
        if not isinstance(thread, discord.Thread):
            return Place(room=channel_id)
        return Place(room=str(thread.parent_id), chat_thread=channel_id, title=thread.name)


def author_at_hand(interaction: discord.Interaction) -> Author:
    """The author as the interaction itself tells."""
    user = interaction.user
    roles = [str(role.id) for role in user.roles] if isinstance(user, discord.Member) else []
    return Author(platform=Platform.DISCORD, user_id=str(user.id), name=user.display_name, roles=frozenset(roles))

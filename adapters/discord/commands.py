"""Slash commands: an interaction becomes an ``Invocation``, its reply the interaction's answer, seen by whoever ran it.

Discord wants a first answer within three seconds, so every command is deferred before anything else happens.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import discord
import structlog

from adapters.discord.faults import FAULTS
from adapters.discord.places import Place, Watch
from adapters.discord.rendering import render
from adapters.discord.surroundings import NOT_OURS, Surroundings
from bot.domain.chat import Author, Platform
from bot.domain.commands import Invocation
from bot.domain.errors import StoreError
from bot.domain.richtext import RichText, from_plain
from bot.ports.inbound import CommandRunner, Suggestions

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]

_SUGGESTION_SECONDS = 1.0
_MOST_SUGGESTIONS = 25
_LABEL_LIMIT = 100
_TOO_LATE = 10062
_ANSWERED_ALREADY = 40060
_UNANSWERABLE = frozenset({_TOO_LATE, _ANSWERED_ALREADY})
_STORE_FAILED = from_plain("Something went wrong on our side and nothing was changed. Please try again in a minute.")


class Commands:
    """Answers interactions."""

    def __init__(
        self, *, watch: Watch, surroundings: Surroundings, runner: CommandRunner, suggestions: Suggestions
    ) -> None:
        self._watch = watch
        self._surroundings = surroundings
        self._runner = runner
        self._suggestions = suggestions

    async def handle(self, interaction: discord.Interaction) -> None:
        """Answer a command or an autocomplete request; anything else is none of ours. Raises nothing of Discord's."""
        if interaction.type is discord.InteractionType.application_command:
            await self._run(interaction)
        elif interaction.type is discord.InteractionType.autocomplete:
            await self._suggest(interaction)

    async def _run(self, interaction: discord.Interaction) -> None:
        if not await _deferred(interaction):
            return
        invocation = self._invocation(interaction)
        try:
            reply = await self._runner.run(invocation)
            text, done = reply.text, reply.done
        except StoreError as error:
            _log.error("discord_command_failed", command=invocation.command, reason=str(error))
            text, done = _STORE_FAILED, False
        _log.info("discord_command_run", command=invocation.command, member=invocation.author.user_id, done=done)
        await _answer(interaction, text)

    async def _suggest(self, interaction: discord.Interaction) -> None:
        typed = next((str(option["value"]) for option in _options(interaction) if option.get("focused")), "")
        choices: list[discord.app_commands.Choice[str]] = []
        try:
            async with asyncio.timeout(_SUGGESTION_SECONDS):
                found = await self._suggestions.tickets(typed, _author(interaction))
            choices = [
                discord.app_commands.Choice(name=suggestion.label[:_LABEL_LIMIT], value=suggestion.value[:_LABEL_LIMIT])
                for suggestion in found[:_MOST_SUGGESTIONS]
            ]
        except (StoreError, TimeoutError) as error:
            _log.warning("discord_suggestions_failed", reason=repr(error))
        try:
            await interaction.response.autocomplete(choices)
        except FAULTS as error:
            _log.info("discord_suggestions_unanswered", reason=repr(error))

    def _invocation(self, interaction: discord.Interaction) -> Invocation:
        place = self._place(interaction)
        return Invocation(
            invocation_id=str(interaction.id),
            command=str(_data(interaction).get("name", "")),
            author=_author(interaction),
            address=place.address,
            options={str(option["name"]): str(option["value"]) for option in _options(interaction)},
            room_role=self._watch.role_of(place.room),
        )

    def _place(self, interaction: discord.Interaction) -> Place:
        """Where it was run: in a thread the room is its parent, watched or not."""
        channel_id = str(interaction.channel_id)
        place = self._surroundings.place_of(channel_id)
        if place is not None and place != NOT_OURS:
            return place
        parent_id = getattr(interaction.channel, "parent_id", None)
        is_thread = isinstance(interaction.channel, discord.Thread) and parent_id is not None
        return Place(room=str(parent_id), chat_thread=channel_id) if is_thread else Place(room=channel_id)


def _author(interaction: discord.Interaction) -> Author:
    user = interaction.user
    roles = [str(role.id) for role in user.roles] if isinstance(user, discord.Member) else []
    return Author(platform=Platform.DISCORD, user_id=str(user.id), name=user.display_name, roles=frozenset(roles))


def _data(interaction: discord.Interaction) -> Json:
    data: Any = interaction.data
    return data or {}


def _options(interaction: discord.Interaction) -> Sequence[Json]:
    options: Sequence[Json] = _data(interaction).get("options") or []
    return [option for option in options if "value" in option]


async def _deferred(interaction: discord.Interaction) -> bool:
    """Tell Discord that an answer follows. False: it is too late for any answer, so nothing must be done either.

    Without an answer from Discord the deferral may have worked: then the command is run, and is safe to repeat.
    """
    try:
        await interaction.response.defer(ephemeral=True, thinking=True)
    except discord.HTTPException as error:
        _log.warning("discord_interaction_refused", reason=error.text, code=error.code)
        return error.code not in _UNANSWERABLE
    except FAULTS as error:
        _log.warning("discord_interaction_unsure", reason=repr(error))
    return True


async def _answer(interaction: discord.Interaction, text: RichText) -> None:
    """Put the answer in place of "thinking"; repeated once when the connection failed."""
    content = render(text) or "…"
    for is_last in (False, True):
        try:
            await interaction.edit_original_response(content=content, allowed_mentions=discord.AllowedMentions.none())
        except discord.HTTPException as error:
            _log.warning("discord_answer_refused", reason=error.text, code=error.code)
            return
        except FAULTS as error:
            _log.warning("discord_answer_unsure", reason=repr(error), is_last=is_last)
        else:
            return

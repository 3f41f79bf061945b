"""Slash commands: an interaction becomes an ``Invocation``, its reply the interaction's answer, seen by whoever ran it.

A form that was filled in is a command too. Every command is deferred before anything else happens.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import discord
import structlog

from adapters.discord.answering import STORE_FAILED, answer, deferred
from adapters.discord.faults import FAULTS
from adapters.discord.forms import command_and_ticket, filled_in
from adapters.discord.origins import Origins, author_at_hand
from adapters.discord.places import Watch
from bot.domain.commands import Invocation
from bot.domain.errors import StoreError
from bot.ports.inbound import CommandRunner, Suggestions

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]

_SUGGESTION_SECONDS = 1.0
_MOST_SUGGESTIONS = 25
_LABEL_LIMIT = 100


class Commands:
    """Answers interactions."""

    def __init__(self, *, watch: Watch, origins: Origins, runner: CommandRunner, suggestions: Suggestions) -> None:
        self._watch = watch
        self._origins = origins
        self._runner = runner
        self._suggestions = suggestions

    async def handle(self, interaction: discord.Interaction) -> None:
        """Answer a command, a filled-in form or an autocomplete request; anything else is none of ours.

        Raises nothing of Discord's.
        """
        if interaction.type is discord.InteractionType.autocomplete:
            await self._suggest(interaction)
        elif interaction.type is discord.InteractionType.application_command:
            typed = {str(option["name"]): str(option["value"]) for option in _options(interaction)}
            await self._run(interaction, str(_data(interaction).get("name", "")), typed)
        elif form := command_and_ticket(str(_data(interaction).get("custom_id", ""))):
            await self._run(interaction, form[0], filled_in(_data(interaction)))

    async def _run(self, interaction: discord.Interaction, command: str, options: Mapping[str, str]) -> None:
        if not await deferred(interaction):
            return
        invocation = await self._invocation(interaction, command, options)
        try:
            reply = await self._runner.run(invocation)
            text, done = reply.text, reply.done
        except StoreError as error:
            _log.error("discord_command_failed", command=invocation.command, reason=str(error))
            text, done = STORE_FAILED, False
        _log.info("discord_command_run", command=invocation.command, member=invocation.author.user_id, done=done)
        await answer(interaction, text)

    async def _suggest(self, interaction: discord.Interaction) -> None:
        typed = next((str(option["value"]) for option in _options(interaction) if option.get("focused")), "")
        choices: list[discord.app_commands.Choice[str]] = []
        try:
            async with asyncio.timeout(_SUGGESTION_SECONDS):
                found = await self._suggestions.tickets(typed, author_at_hand(interaction))
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

    async def _invocation(
        self, interaction: discord.Interaction, command: str, options: Mapping[str, str]
    ) -> Invocation:
        place = self._origins.place(interaction)
        return Invocation(
            invocation_id=str(interaction.id),
            command=command,
            author=await self._origins.author(interaction),
            address=place.address,
            options=options,
            room_role=self._watch.role_of(place.room),
        )


def _data(interaction: discord.Interaction) -> Json:
    data: Any = interaction.data
    return data or {}


def _options(interaction: discord.Interaction) -> Sequence[Json]:
    options: Sequence[Json] = _data(interaction).get("options") or []
    return [option for option in options if "value" in option]

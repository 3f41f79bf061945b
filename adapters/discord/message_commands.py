"""Commands in a message's context menu: "Triage" opens a form, "Make this a ticket" hands the message over.

Discord sends the message along, so it is known wherever it stands. A form must be Discord's first answer, within three
seconds; everything else is deferred.
"""

from collections.abc import Mapping
from typing import Any

import discord
import structlog

from adapters.discord.answering import STORE_FAILED, answer, answer_at_once, deferred, open_form
from adapters.discord.command_payload import MAKE_TICKET, MESSAGE_MENU, TRIAGE_MESSAGE
from adapters.discord.following import Following
from adapters.discord.forms import modal_of
from adapters.discord.members import Members
from adapters.discord.origins import Origins
from adapters.discord.places import Watch
from adapters.discord.surroundings import Surroundings
from adapters.discord.translate import message_of
from bot.domain.chat import ChatMessage
from bot.domain.commands import TRIAGE, CommandForm, CommandReply, Invocation
from bot.domain.errors import DeliveryError, StoreError
from bot.ports.inbound import CommandRunner

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]


def is_on_message(interaction: discord.Interaction) -> bool:
    """Whether it came from a message's context menu."""
    is_command = interaction.type is discord.InteractionType.application_command
    return is_command and _data(interaction).get("type") == MESSAGE_MENU


class MessageCommands:
    """Answers them."""

    def __init__(
        self,
        *,
        watch: Watch,
        surroundings: Surroundings,
        origins: Origins,
        members: Members,
        runner: CommandRunner,
        following: Following,
    ) -> None:
        self._watch = watch
        self._surroundings = surroundings
        self._origins = origins
        self._members = members
        self._runner = runner
        self._following = following

    async def handle(self, interaction: discord.Interaction) -> None:
        """Carry it out and answer. Raises nothing of Discord's."""
        name = str(_data(interaction).get("name", ""))
        if name == TRIAGE_MESSAGE:
            await self._open_form(interaction)
        elif name == MAKE_TICKET:
            await self._make_ticket(interaction)

    async def _open_form(self, interaction: discord.Interaction) -> None:
        place = self._origins.place(interaction)
        invocation = Invocation(
            invocation_id=str(interaction.id),
            command=TRIAGE.name,
            author=await self._origins.author(interaction),
            address=place.address,
            room_role=self._watch.role_of(place.room),
            message_id=_target(interaction),
        )
        try:
            form = await self._runner.form(invocation)
        except StoreError as error:
            _log.error("discord_form_failed", command=invocation.command, reason=str(error))
            form = CommandReply(text=STORE_FAILED)
        if isinstance(form, CommandForm):
            await open_form(interaction, modal_of(form))
        else:
            await answer_at_once(interaction, form.text)

    async def _make_ticket(self, interaction: discord.Interaction) -> None:
        if not await deferred(interaction):
            return
        try:
            reply = await self._made(interaction)
        except StoreError as error:
            _log.error("discord_ticket_not_made", message=_target(interaction), reason=str(error))
            reply = CommandReply(text=STORE_FAILED)
        _log.info("discord_ticket_asked_for", message=_target(interaction), done=reply.done)
        await answer(interaction, reply.text)

    async def _made(self, interaction: discord.Interaction) -> CommandReply:
        message = await self._message(interaction)
        reply = await self._runner.make_ticket(message, await self._origins.author(interaction))
        await self._following.follow(message, since=interaction.id, is_ticket=reply.done)
        return reply

    async def _message(self, interaction: discord.Interaction) -> ChatMessage:
        payload: Json = _data(interaction)["resolved"]["messages"][_target(interaction)]
        own_id = self._surroundings.own_id
        return message_of(
            payload,
            place=self._origins.place(interaction),
            watch=self._watch,
            names=self._surroundings.names,
            own_id=own_id,
            member=await self._member(payload, own_id),
        )

    async def _member(self, payload: Json, own_id: str) -> Json | None:
        """The author's member object for its name and roles; a ticket can be made without."""
        try:
            return await self._members.behind(payload, own_id)
        except DeliveryError as error:
            _log.warning("discord_author_unresolved", message=str(payload.get("id")), reason=str(error))
            return None


def _target(interaction: discord.Interaction) -> str:
    return str(_data(interaction).get("target_id", ""))


def _data(interaction: discord.Interaction) -> Json:
    data: Any = interaction.data
    return data or {}

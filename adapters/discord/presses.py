"""Buttons and menus: a pressed one becomes ``Pressed``, and the reply is shown to whoever pressed it.

The button itself says which choice it is, so one that an earlier process sent works as well. Those of a card change the
card for all, and what there is to say comes beside it.
"""

from collections.abc import Mapping
from typing import Any

import discord
import structlog

from adapters.discord.answering import STORE_FAILED, answer, deferred, say_beside, show_anew, take_back
from adapters.discord.origins import Origins
from bot.domain.chat import Pressed
from bot.domain.commands import CommandReply
from bot.domain.errors import StoreError
from bot.ports.inbound import ChatEvents

_log = structlog.get_logger(__name__)

_OF_A_CARD = "card:"


class Presses:
    """Answers pressed buttons and used menus."""

    def __init__(self, *, origins: Origins, events: ChatEvents) -> None:
        self._origins = origins
        self._events = events

    async def handle(self, interaction: discord.Interaction) -> None:
        """Hand it over and answer; a reply without words shows nothing. Raises nothing of Discord's."""
        choice, value = _chosen(interaction)
        updates = choice.startswith(_OF_A_CARD)
        if not await deferred(interaction, updates=updates):
            return
        pressed = Pressed(
            press_id=str(interaction.id),
            choice=choice,
            author=await self._origins.author(interaction),
            address=self._origins.place(interaction).address,
            value=value,
        )
        reply = await self._reply(pressed)
        _log.info("discord_button_pressed", choice=choice, value=value, member=pressed.author.user_id)
        await (_update(interaction, reply) if updates else _answer(interaction, reply))

    async def _reply(self, pressed: Pressed) -> CommandReply:
        try:
            return await self._events.pressed(pressed)
        except StoreError as error:
            _log.error("discord_press_failed", choice=pressed.choice, reason=str(error))
            return CommandReply(text=STORE_FAILED)


async def _answer(interaction: discord.Interaction, reply: CommandReply) -> None:
    await (answer(interaction, reply.text) if reply.text else take_back(interaction))


async def _update(interaction: discord.Interaction, reply: CommandReply) -> None:
    if reply.card is not None:
        await show_anew(interaction, reply.card)
    if reply.text:
        await say_beside(interaction, reply.text)


def _chosen(interaction: discord.Interaction) -> tuple[str, str]:
    """Which button or menu it is, and what was chosen from a menu."""
    data: Any = interaction.data
    if not isinstance(data, Mapping):
        return "", ""
    values = data.get("values") or ()
    return str(data.get("custom_id", "")), str(values[0]) if values else ""

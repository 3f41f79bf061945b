"""Buttons: a pressed one becomes ``Pressed``, and the reply is shown to whoever pressed it.

The button itself says which choice it is, so one that an earlier process sent works as well.
"""

from collections.abc import Mapping
from typing import Any

import discord
import structlog

from adapters.discord.answering import STORE_FAILED, answer, deferred, take_back
from adapters.discord.origins import Origins
from bot.domain.chat import Pressed
from bot.domain.errors import StoreError
from bot.ports.inbound import ChatEvents

_log = structlog.get_logger(__name__)


class Presses:
    """Answers pressed buttons."""

    def __init__(self, *, origins: Origins, events: ChatEvents) -> None:
        self._origins = origins
        self._events = events

    async def handle(self, interaction: discord.Interaction) -> None:
        """Hand it over and answer; a reply without words shows nothing. Raises nothing of Discord's."""
        if not await deferred(interaction):
            return
        pressed = Pressed(
            press_id=str(interaction.id),
            choice=_choice(interaction),
            author=await self._origins.author(interaction),
            address=self._origins.place(interaction).address,
        )
        try:
            text = (await self._events.pressed(pressed)).text
        except StoreError as error:
            _log.error("discord_press_failed", choice=pressed.choice, reason=str(error))
            text = STORE_FAILED
        _log.info("discord_button_pressed", choice=pressed.choice, member=pressed.author.user_id)
        await (answer(interaction, text) if text else take_back(interaction))


def _choice(interaction: discord.Interaction) -> str:
    data: Any = interaction.data
    return str(data.get("custom_id", "")) if isinstance(data, Mapping) else ""

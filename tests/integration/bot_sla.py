"""A bot that keeps clocks, as tests of them need it, and how its cards and calls are found in the staff channel."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sandbox.bot_settings import sla_sections
from sandbox.discord.entities import Message, Role
from sandbox.freescout import Conversation
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, BotWorld, bot_world

LABEL, PRIORITY, TAKE, NOISE = "card:label:", "card:priority:", "card:take:", "card:noise:"


class SlaWorld:
    """A world with somebody on call. Business hours are all hours: what is seen does not depend on when tests run."""

    def __init__(self, world: BotWorld, oncall: Role) -> None:
        self.world = world
        self.oncall = oncall

    def cards(self, ticket: Conversation) -> list[Message]:
        """The cards of a ticket: the bot's messages in the staff channel that begin with its number."""
        return [one for one in self.world.said(self.world.staff.id) if one.content.startswith(f"**#{ticket.number}**")]

    async def card(self, ticket: Conversation) -> Message:
        """Its card, waited for; there must be no second one."""
        await self.world.until(lambda: bool(self.cards(ticket)), f"a card of #{ticket.number}", 20)
        [found] = self.cards(ticket)
        return found

    def told(self, ticket: Conversation, text: str = "") -> list[Message]:
        """What staff was told of a ticket with this text, cards left out."""
        said = self.world.said(self.world.staff.id)
        return [one for one in said if f"Ticket **#{ticket.number}**" in one.content and text in one.content]

    async def told_once(self, ticket: Conversation, text: str) -> Message:
        """The one message about a ticket with this text, waited for."""
        await self.world.until(lambda: bool(self.told(ticket, text)), f"{text!r} of #{ticket.number}", 20)
        [found] = self.told(ticket, text)
        return found

    def notes(self, ticket: Conversation, text: str) -> list[str]:
        """The internal notes with this text, as they are now."""
        shown = self.world.freescout.conversation(id=ticket.id)
        return [note.body for note in shown.of_type("note") if text in note.body]


@asynccontextmanager
async def sla_world(
    folder: Path,
    port: int,
    *,
    synapse: SynapseServer | None = None,
    time_moves: bool = False,
    mentionable: bool = True,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> AsyncIterator[SlaWorld]:
    """A world that keeps clocks; the bot is not running yet. ``mentionable``: whether the role on call can be pinged.

    ``sections`` are settings, by section.
    """
    async with bot_world(folder, port, synapse=synapse, time_moves=time_moves, freescout=QUICK) as world:
        oncall = world.discord.add_role("On call", mentionable=mentionable)
        world.write_settings(**sla_sections(oncall=oncall))
        world.write_settings(**{name: dict(values) for name, values in (sections or {}).items()})
        yield SlaWorld(world, oncall)


def control(message: Message, prefix: str) -> dict[str, Any]:
    """A card's menu or button; LookupError when it is not there."""
    controls = [one for row in message.components for one in row["components"]]
    found = [one for one in controls if str(one.get("custom_id", "")).startswith(prefix)]
    if not found:
        raise LookupError(f"no {prefix} on {message.content!r}")
    return dict(found[0])

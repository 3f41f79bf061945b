"""What the team has seen in its own channel: cards of tickets, warnings, and calls for whoever is on call."""

from typing import Any

from sandbox.chat_text import as_read
from sandbox.discord import Message
from sandbox.freescout import Conversation
from sandbox.page.markup import plain_text
from sandbox.world import SandboxWorld

ALARM = "This may be a P0"
LATEST = 4


class StaffWitness:
    """Looks into #staff and the notes of FreeScout."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def card(self, number: int) -> Message | None:
        """A ticket's card, if there is exactly one."""
        found = [each for each in self._said() if each.content.startswith(f"**#{number}**")]
        return found[0] if len(found) == 1 else None

    def told(self, number: int, text: str) -> list[Message]:
        """What the team was told about a ticket with this text, cards left out."""
        return [each for each in self._said() if f"Ticket **#{number}**" in each.content and text in each.content]

    def told_once(self, number: int, text: str) -> Message | None:
        """The only message about it with this text."""
        found = self.told(number, text)
        return found[0] if len(found) == 1 else None

    def call(self, number: int, text: str) -> Message | None:
        """The same, if it has really notified the role on call."""
        found = self.told_once(number, text)
        return found if found is not None and self.rings(found) else None

    def alarm(self, key: str) -> Message | None:
        """The call about a message that sounds critical and holds `key`."""
        found = (each for each in self._said() if ALARM in each.content and key in each.content)
        return next((each for each in found if self.rings(each)), None)

    def rings(self, message: Message) -> bool:
        """Whether Discord has notified the role on call, and nobody besides."""
        return message.notified.roles == {self._world.oncall.id} and not message.notified.users

    def noted(self, number: int, text: str) -> Conversation | None:
        """The conversation, once exactly one internal note in it has this text."""
        conversation = self._world.freescout.conversation(number=number)
        notes = [each for each in conversation.of_type("note") if text in plain_text(each.body)]
        return conversation if len(notes) == 1 else None

    def read(self, message: Message) -> str:
        """What people read in a message."""
        world = self._world
        names = {each.id: each.user.display_name or each.user.name for each in world.discord.guild.members.values()}
        return as_read(message.content, {**names, world.oncall.id: world.oncall.name}, world.time.now())

    def channel(self) -> str:
        """What was said last in #staff."""
        latest = [f"“{self.read(each)}”" for each in self._said()[-LATEST:]]
        return f"last in #staff: {'; '.join(latest) or 'nothing'}"

    def _said(self) -> list[Message]:
        bot = self._world.discord.bot_user.id
        return [each for each in self._world.discord.messages(self._world.staff.id) if each.author.id == bot]


def control(card: Message, act: str) -> str:
    """The id of a card's menu or button; LookupError when it is not there."""
    controls: list[dict[str, Any]] = [each for row in card.components for each in row.get("components", [])]
    for each in controls:
        if str(each.get("custom_id", "")).startswith(f"card:{act}:"):
            return str(each["custom_id"])
    raise LookupError(f"the card has nothing to {act}")

"""What FreeScout holds and what members read in Matrix, found again by the words in it."""

import secrets
from typing import Any

from sandbox.freescout import Conversation, Thread
from sandbox.matrix import MatrixMember
from tests.real_world import RealWorld

ACK = "👀"


def word() -> str:
    """A word nobody else uses, by which a message is found again on the other side."""
    return f"w{secrets.token_hex(5)}"


class HelpDeskView(RealWorld):
    """A world that is looked into from FreeScout's side."""

    def tickets(self, text: str) -> list[Conversation]:
        """The conversations in which this text stands, in the subject or in an entry."""
        return [
            conversation
            for conversation in self.filed()
            if text in conversation.subject or any(text in thread.body for thread in conversation.threads)
        ]

    def entries(self, text: str) -> list[Thread]:
        """The entries, of all conversations, in which this text stands; the oldest first."""
        return [thread for conversation in self.filed() for thread in conversation.threads if text in thread.body]

    async def entry(self, text: str, seconds: float = 20) -> Thread:
        """The entry with this text, waited for; there must be no second one."""
        await self.until(lambda: bool(self.entries(text)), f"FreeScout has an entry with {text!r}", seconds)
        [found] = self.entries(text)
        return found

    async def ticket(self, text: str, seconds: float = 20) -> Conversation:
        """The conversation with this text, waited for; there must be no second one."""
        await self.until(lambda: bool(self.tickets(text)), f"FreeScout has a conversation with {text!r}", seconds)
        [found] = self.tickets(text)
        return found

    async def is_read(self, ticket: Conversation) -> None:
        """Wait until the bot has asked for the conversation once more than now, whatever it made of it."""
        before = self._readings(ticket)
        await self.until(lambda: self._readings(ticket) > before, f"#{ticket.number} is read", 20)

    def _readings(self, ticket: Conversation) -> int:
        asked = (("GET", f"/api/conversations/{ticket.id}"),)
        return sum((one.method, one.path) in asked for one in self.freescout.requests)


class MatrixView(HelpDeskView):
    """A world that is looked into from the Matrix room, too."""

    async def matrix_ask(
        self, text: str, member: MatrixMember | None = None, **kwargs: Any
    ) -> tuple[str, Conversation]:
        """Somebody asks in the room; returns the event's id and the ticket, once its number is in the thread."""
        mark = word()
        event_id = await (member or self.jonas).send_text(self.room, f"{text} {mark}", **kwargs)
        ticket = await self.ticket(mark)
        await self.matrix_answer(event_id)
        return event_id, ticket

    async def matrix_said(self, root: str) -> list[dict[str, Any]]:
        """The bot's events in a thread."""
        return [
            event
            for event in await self.jonas.messages(self.room)
            if event["sender"] == self.bot_user
            and event["type"] == "m.room.message"
            and event["content"].get("m.relates_to", {}).get("rel_type") == "m.thread"
            and event["content"]["m.relates_to"]["event_id"] == root
        ]

    async def matrix_answer(self, root: str, text: str = "", seconds: float = 20) -> dict[str, Any]:
        """The content of the bot's first event in this thread that has this text."""
        found: list[dict[str, Any]] = []

        async def seen() -> bool:
            found[:] = [
                one["content"] for one in await self.matrix_said(root) if text in one["content"].get("body", "")
            ]
            return bool(found)

        await self.until(seen, f"the bot says {text!r} in the thread of {root}", seconds)
        return found[0]

    async def matrix_acknowledged(self, event_id: str) -> bool:
        """Whether the bot's reaction is on an event."""
        for event in await self.jonas.messages(self.room):
            relation = event.get("content", {}).get("m.relates_to", {})
            own = event["sender"] == self.bot_user and event["type"] == "m.reaction"
            if own and (relation.get("event_id"), relation.get("key")) == (event_id, ACK):
                return True
        return False

    async def matrix_number_is_told(self, ticket: Conversation) -> bool:
        """Whether the bot has said a ticket's number anywhere in the room."""
        said = [event for event in await self.jonas.messages(self.room) if event["sender"] == self.bot_user]
        return any(f"#{ticket.number}" in str(event["content"].get("body", "")) for event in said)

    async def member(self, name: str) -> MatrixMember:
        """A fresh account that is in the room."""
        member = await self._member(name)
        await member.join(self.room)
        return member

    async def later_event_is_filed(self) -> None:
        """Wait until an event sent now is filed: whatever came before it in the room was decided then."""
        mark = word()
        await self.jonas.send_text(self.room, mark)
        await self.entry(mark)

"""Making a ticket of a message that would be none by itself: in another channel, by staff, or from before."""

from dataclasses import replace

from bot.domain.chat import Author, ChatMessage, MessageKind
from bot.domain.commands import CommandReply
from bot.domain.ids import link_id
from bot.domain.links import ConversationLink
from bot.domain.richtext import RichText
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of
from bot.usecases.intake import Intake
from bot.usecases.places import PLATFORM_NAMES


class Making:
    """Carries out "Make this a ticket"."""

    def __init__(self, *, store: Store, clock: Clock, wording: Wording, intake: Intake) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._intake = intake

    async def make(self, message: ChatMessage, by: Author) -> CommandReply:
        """Open it as if its author had asked; a message that belongs to a ticket stays there."""
        if message.kind is not MessageKind.PERSON:
            return CommandReply(text=self._wording.say("made_refused"))

        async def work(records: Records) -> RichText | None:
            link = await _ticket_of(records, message)
            if link is not None:
                number = f"#{link.number}" if link.number is not None else self._wording.line("no_number_yet")
                return self._wording.say("made_already", ticket=number)
            accepted = await self._intake.open(records, message, asked_at=self._clock.now())
            await records.audit.record(
                at=self._clock.now(),
                actor=actor_of(by),
                place=PLATFORM_NAMES[by.platform],
                action="make ticket",
                ticket=accepted.link_id,
                detail=message.link,
            )
            return None

        refused = await self._store.write(work)
        if refused is not None:
            return CommandReply(text=refused)
        return CommandReply(text=self._wording.say("made_ticket"), done=True)


async def _ticket_of(records: Records, message: ChatMessage) -> ConversationLink | None:
    """The ticket it is part of: by itself, made earlier by this very command, or that of its chat thread, which has
    one at most.
    """
    known = await records.inbox.link_of(message.dedup_key)
    link = await records.links.get(known or link_id(message.dedup_key))
    if link is not None:
        return link
    address = message.address
    return await records.links.at(replace(address, chat_thread=address.chat_thread or message.message_id))

"""Which ticket a command is about: one that came by chat, or any other that FreeScout knows."""

from dataclasses import dataclass

from bot.domain.chat import Author, ChatAddress, message_key
from bot.domain.effects import Ticket
from bot.domain.errors import CommandError, DeliveryError
from bot.domain.ids import ConversationId, TicketNumber
from bot.domain.links import ConversationLink
from bot.domain.wording import Wording
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTicket:
    """A ticket: our link when it came by chat, the lane of what is written to it, its number once it has one."""

    ticket: Ticket
    lane: str
    number: TicketNumber | None
    link: ConversationLink | None = None


class Tickets:
    """Finds tickets by number, or by the chat thread a command was run in."""

    def __init__(self, *, store: Store, desk: HelpDesk, wording: Wording) -> None:
        self._store = store
        self._desk = desk
        self._wording = wording

    async def find(
        self, number: TicketNumber | None, address: ChatAddress, message_id: str | None = None
    ) -> FoundTicket:
        """The ticket; FreeScout is asked only for one that the bot knows nothing of. Raises ``CommandError``."""
        link = await self._ours(number, address, message_id)
        if link is not None:
            ticket = Ticket(link_id=link.link_id, conversation_id=link.conversation_id, number=link.number)
            return FoundTicket(ticket=ticket, lane=f"desk:{link.link_id}", number=link.number, link=link)
        if number is None:
            raise CommandError(self._wording.line("no_ticket_given"))
        tracked = await self._store.read(lambda records: records.sla.numbered(number))
        if tracked is not None and tracked.conversation_id is not None:
            return _foreign(tracked.conversation_id, number)
        try:
            conversation = await self._desk.conversation(number)
        except DeliveryError as error:
            raise CommandError(self._wording.line("desk_unreachable", number=str(number), reason=str(error))) from error
        if conversation is None:
            raise CommandError(self._wording.line("unknown_ticket", number=str(number)))
        return _foreign(conversation.conversation_id, number)

    async def own(self, number: TicketNumber | None, address: ChatAddress, author: Author) -> ConversationLink | None:
        """A member's own ticket, by number or place. Raises ``CommandError`` where it is not theirs, known or not: who
        asked for what is nobody else's business.
        """
        link = await self._ours(number, address)
        if link is None and number is None:
            raise CommandError(self._wording.line("no_ticket_given"))
        if link is None or (link.address.platform, link.author_id) != (author.platform, author.user_id):
            raise CommandError(self._wording.line("not_your_ticket"))
        return link

    async def _ours(
        self, number: TicketNumber | None, address: ChatAddress, message_id: str | None = None
    ) -> ConversationLink | None:
        if number is not None:
            return await self._store.read(lambda records: records.links.numbered(number))
        if message_id is not None:
            key = message_key(address.platform, address.room, message_id)
            link = await self._store.read(lambda records: _of_message(records, key))
            if link is not None:
                return link
        if address.chat_thread is not None:
            return await self._store.read(lambda records: records.links.at(address))
        return None


async def _of_message(records: Records, key: str) -> ConversationLink | None:
    found = await records.inbox.link_of(key)
    return await records.links.get(found) if found is not None else None


def _foreign(conversation_id: ConversationId, number: TicketNumber) -> FoundTicket:
    """A ticket that did not come by chat."""
    ticket = Ticket(conversation_id=conversation_id, number=number)
    return FoundTicket(ticket=ticket, lane=f"desk:conversation:{conversation_id}", number=number)

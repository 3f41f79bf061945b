"""The bond between a place in chat and a conversation in the help desk."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import ChatAddress
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, CustomerId, LinkId, TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLink:
    """A request that came by chat. Until FreeScout has answered, ``conversation_id`` and ``number`` are None.

    ``address.chat_thread`` is the chat thread of the ticket (it may not exist yet in Discord), ``opening_message_id``
    the message that opened it, ``opened_at`` that message's time on its platform.
    """

    link_id: LinkId
    address: ChatAddress
    opening_message_id: str
    author_id: str
    author_name: str
    opened_at: datetime
    subject: str
    conversation_id: ConversationId | None = None
    number: TicketNumber | None = None
    customer_id: CustomerId | None = None
    status: Status = Status.ACTIVE
    label: str | None = None
    priority: str | None = None

"""The bond between a place in chat and a conversation in the help desk."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.chat import ChatAddress
from bot.domain.helpdesk import Status
from bot.domain.ids import AgentId, ConversationId, CustomerId, LinkId, TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLink:
    """A request that came by chat. Until FreeScout has answered, ``conversation_id`` and ``number`` are None.

    ``address.chat_thread`` is the chat thread of the ticket (it may not exist yet in Discord), ``opening_message_id``
    the message that opened it, ``opened_at`` that message's time on its platform.

    ``status``, ``assignee_id`` and ``is_chat`` are the help desk's as last seen or set; ``changed_at`` is when a change
    of ours reached it last, so that an older view is not taken for somebody's act. ``followed``: what was seen before
    was told; the first look at a link of an earlier release tells nothing.

    ``asked_at``: it was decided then to ask whether it is solved, and nobody has answered; ``question_at`` and
    ``reminded_at``: question and reminder appeared in chat. ``answered_at``: so did a person's first answer.
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
    is_chat: bool = True
    followed: bool = False
    assignee_id: AgentId | None = None
    changed_at: datetime | None = None
    asked_at: datetime | None = None
    question_at: datetime | None = None
    reminded_at: datetime | None = None
    answered_at: datetime | None = None

    def without_question(self) -> "ConversationLink":
        """The same, with nothing asked."""
        return replace(self, asked_at=None, question_at=None, reminded_at=None)

    @property
    def is_closed(self) -> bool:
        """Whether nobody works on it any more."""
        return self.status in {Status.CLOSED, Status.SPAM}

"""The help desk's nouns, in FreeScout's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.chat import Platform, QuotedMessage
from bot.domain.ids import ConversationId, CustomerId, ThreadId, TicketNumber
from bot.domain.richtext import RichText


class Status(StrEnum):
    """A conversation's status; FreeScout's four, unchanged."""

    ACTIVE = "active"
    PENDING = "pending"
    CLOSED = "closed"
    SPAM = "spam"


class ThreadKind(StrEnum):
    """What an entry of a conversation is: the customer's words, an agent's reply, an internal note."""

    CUSTOMER = "customer"
    MESSAGE = "message"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A help-desk case as far as the bot cares."""

    conversation_id: ConversationId
    number: TicketNumber
    subject: str
    status: Status
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A chat member as a customer without e-mail. ``platform_id`` lands in the notes and is how it is found again."""

    platform: Platform
    platform_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file to be stored in the help desk, bytes included."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is written into a conversation as one thread.

    ``speaker`` is named above the text where it is not plain from the help desk (None: no line). ``source_link`` opens
    the message in chat; with ``delivery_id`` as its fragment it closes the thread's HTML as the mark by which a lost
    answer is recognised (behaviour.md, "The mark"); without a chat message it leads to the ticket itself.
    ``missing`` names files that are not (yet) part of it: one line each, as people read it.
    """

    delivery_id: str
    kind: ThreadKind
    text: RichText
    speaker: str | None = None
    quote: QuotedMessage | None = None
    source_link: str = ""
    files: tuple[FileContent, ...] = ()
    missing: tuple[str, ...] = ()
    agent_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversation:
    """A conversation to open. ``asked_after`` bounds the search for one whose answer was lost: not older than this."""

    subject: str
    customer_id: CustomerId
    entry: Entry
    asked_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedConversation:
    """The conversation that now exists; ``skipped`` names files the help desk dropped although it answered well."""

    conversation_id: ConversationId
    number: TicketNumber
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendedThread:
    """The thread that now exists; ``skipped`` as above."""

    thread_id: ThreadId
    skipped: tuple[str, ...] = ()

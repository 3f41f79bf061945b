"""The help desk's nouns, in FreeScout's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.chat import FileContent, Platform, QuotedMessage
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber
from bot.domain.richtext import RichText


class Status(StrEnum):
    """A conversation's status; FreeScout's four, unchanged."""

    ACTIVE = "active"
    PENDING = "pending"
    CLOSED = "closed"
    SPAM = "spam"


class ThreadKind(StrEnum):
    """What an entry of a conversation is: the customer's words, an agent's reply, an internal note, or a line that
    tells what was done with the conversation.
    """

    CUSTOMER = "customer"
    MESSAGE = "message"
    NOTE = "note"
    LINEITEM = "lineitem"


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
    """The conversation that now exists; ``skipped`` names files the help desk dropped although it answered well.

    ``thread_id`` is its first entry, where the help desk told of it.
    """

    conversation_id: ConversationId
    number: TicketNumber
    skipped: tuple[str, ...] = ()
    thread_id: ThreadId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendedThread:
    """The thread that now exists; ``skipped`` as above."""

    thread_id: ThreadId
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A user of the help desk."""

    agent_id: AgentId
    first_name: str
    last_name: str = ""

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """A file of an entry. ``reference`` is for the adapter only: it opens without a login and is never shown."""

    name: str
    mime_type: str
    size_bytes: int | None
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskThread:
    """One entry as the help desk shows it now.

    ``author`` is None for a customer's, ``customer_id`` whom it was written to. ``digest`` changes with text and files.
    ``mark`` is the delivery id in its last link, "" for none. ``action`` tells of a ``lineitem`` what was done
    ("merged"). ``status`` is the conversation's as this entry left it, None where it does not say.
    ``created_at`` is by the help desk's clock, ``stamp`` the same as it says it, "" where it does not;
    publishing a draft sets it anew (FreeScout core, ``ConversationsController``, ``send_reply``).
    """

    thread_id: ThreadId
    kind: ThreadKind
    published: bool
    text: RichText
    digest: str
    created_at: datetime
    author: Agent | None = None
    files: tuple[DeskFile, ...] = ()
    mark: str = ""
    action: str = ""
    customer_id: CustomerId | None = None
    stamp: str = ""
    status: Status | None = None

    @property
    def version(self) -> str:
        """Changes with text, files, and each publishing: a reply that was taken back and sent again is not the same."""
        return f"{self.stamp} {self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """A conversation as the help desk shows it at one moment, its threads oldest first.

    ``read_at`` is when it was asked for by our clock, ``as_of`` the help desk's own clock at its answer (ours where it
    does not tell). ``is_chat``: no answer in it is ever sent as a mail. ``deleted``: in the trash, or merged away.
    ``user_updated_at``: when a user last did something in it, by the help desk's clock. ``mailbox_id`` is None where it
    is not told.
    """

    conversation_id: ConversationId
    number: TicketNumber
    subject: str
    status: Status
    is_chat: bool
    deleted: bool
    read_at: datetime
    as_of: datetime
    updated_at: datetime | None = None
    user_updated_at: datetime | None = None
    customer_id: CustomerId | None = None
    assignee: Agent | None = None
    closed_by: Agent | None = None
    closed_at: datetime | None = None
    created_at: datetime | None = None
    mailbox_id: int | None = None
    customer_name: str = ""
    threads: tuple[DeskThread, ...] = ()

    @property
    def merged_away(self) -> bool:
        """Whether its threads were moved into another conversation; one that others were merged into keeps its own."""
        is_emptied = all(thread.kind is ThreadKind.LINEITEM for thread in self.threads)
        return self.deleted and is_emptied and any(thread.action == "merged" for thread in self.threads)

    def thread(self, thread_id: ThreadId) -> DeskThread | None:
        """The thread of this id, if it is (still) here."""
        return next((thread for thread in self.threads if thread.thread_id == thread_id), None)

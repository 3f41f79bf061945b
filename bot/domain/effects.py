"""The effects the bot can promise on the outside world: each is the content of one outbox row."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from bot.domain.chat import Attachment, ChatAddress, ChatChoice, ChatLink, ChatMenu, ChatMessage, Voice
from bot.domain.commands import Invocation
from bot.domain.helpdesk import DeskFile, Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId, DeliveryId, LinkId, ThreadId, TicketNumber
from bot.domain.richtext import RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Which conversation an effect is about: one that came by chat (by link), or any other (by FreeScout's id)."""

    link_id: LinkId | None = None
    conversation_id: ConversationId | None = None
    number: TicketNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFiles:
    """Copy a message's attachments to the spool, for the filing delivery named."""

    filing_id: DeliveryId
    files: tuple[Attachment, ...]
    address: ChatAddress
    message_id: str
    kind: Literal["fetch_files"] = "fetch_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConversation:
    """Open a conversation from this message; ``fetch_id`` is the fetch of its files, if it has any."""

    link_id: LinkId
    message: ChatMessage
    fetch_id: DeliveryId | None = None
    kind: Literal["open_conversation"] = "open_conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMessage:
    """Append this message to the linked conversation.

    ``as_note``: the customer's own words, which need no answer and must not open a closed conversation again.
    ``may_answer``: they may answer the question whether it is solved.
    """

    link_id: LinkId
    message: ChatMessage
    thread_kind: ThreadKind
    agent_id: int | None = None
    fetch_id: DeliveryId | None = None
    as_note: bool = False
    may_answer: bool = False
    kind: Literal["file_message"] = "file_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLateFiles:
    """Append files that arrived in the spool after their message was filed."""

    link_id: LinkId
    fetch_id: DeliveryId
    message: ChatMessage
    indexes: tuple[int, ...]
    thread_kind: ThreadKind = ThreadKind.CUSTOMER
    agent_id: int | None = None
    as_note: bool = False
    kind: Literal["file_late_files"] = "file_late_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEdit:
    """Write down that a message now reads as this, unless a later version has come meanwhile."""

    link_id: LinkId
    message: ChatMessage
    kind: Literal["note_edit"] = "note_edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteNote:
    """Write an internal note, in the name of this agent or the bot's own."""

    ticket: Ticket
    text: RichText
    agent_id: int | None = None
    kind: Literal["write_note"] = "write_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTriage:
    """Make label and priority those of the conversation, keeping everything else about it."""

    ticket: Ticket
    label: str
    priority: str
    kind: Literal["set_triage"] = "set_triage"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Set the conversation's status."""

    ticket: Ticket
    status: Status
    kind: Literal["set_status"] = "set_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Make this agent the one who looks after the conversation."""

    ticket: Ticket
    agent_id: AgentId
    kind: Literal["assign"] = "assign"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowClocks:
    """Write how a ticket's clocks stand into the help desk's custom field for that."""

    ticket: Ticket
    text: str
    kind: Literal["show_clocks"] = "show_clocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReport:
    """Show the report of these days (the calendar's dates, the last one not included) with its picture.

    ``as_of``: with what was so then, however often it is tried, since an earlier try is found by its words.
    """

    address: ChatAddress
    since: date
    until: date
    as_of: datetime | None = None
    kind: Literal["post_report"] = "post_report"


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """Put the bot's reaction on a message."""

    address: ChatAddress
    message_id: str
    emoji: str
    kind: Literal["react"] = "react"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceNumber:
    """Open the ticket's chat thread where that is needed and tell the member the number in it.

    ``previous`` is the ticket it goes on from; ``gone``: because that one was deleted for good. ``promised_at``: by
    when somebody answers, as the clocks said when this was promised, since an earlier try is found by its words.
    """

    link_id: LinkId
    previous: TicketNumber | None = None
    gone: bool = False
    promised_at: datetime | None = None
    kind: Literal["announce_number"] = "announce_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say something in chat. ``mention`` is the one person it may ping, beside whom it ``pages``.

    ``choices`` of a ticket's own place (``link_id``) ask whether it is solved.
    """

    address: ChatAddress
    text: RichText
    mention: str | None = None
    about: str | None = None
    link_id: LinkId | None = None
    voice: Voice = Voice.BOT
    choices: tuple[ChatChoice, ...] = ()
    menus: tuple[ChatMenu, ...] = ()
    links: tuple[ChatLink, ...] = ()
    pages: tuple[str, ...] = ()
    kind: Literal["say"] = "say"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayReply:
    """Show an agent's reply in the ticket's chat thread, if it still is what it was when this was promised.

    ``speaker`` is the agent as members know them. ``files`` are fetched when it is carried out.
    """

    link_id: LinkId
    conversation_id: ConversationId
    thread_id: ThreadId
    digest: str
    speaker: str
    text: RichText
    files: tuple[DeskFile, ...] = ()
    kind: Literal["relay_reply"] = "relay_reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStatus:
    """Show a ticket's status where the chat platform has a place for it; ``final``: nothing more is expected there."""

    address: ChatAddress
    status: Status
    final: bool = False
    kind: Literal["show_status"] = "show_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """Carry out a command that was typed as text, and answer it."""

    invocation: Invocation
    about: str | None = None
    kind: Literal["run_command"] = "run_command"


Effect: TypeAlias = (
    FetchFiles
    | OpenConversation
    | FileMessage
    | FileLateFiles
    | NoteEdit
    | WriteNote
    | SetTriage
    | SetStatus
    | Assign
    | ShowClocks
    | PostReport
    | React
    | AnnounceNumber
    | Say
    | RelayReply
    | ShowStatus
    | RunCommand
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file in the spool, or the reason why it is not there (``problem``, as people read it)."""

    index: int
    name: str
    mime_type: str
    size_bytes: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What became of a fetch: one entry per attachment, in order."""

    files: tuple[FetchedFile, ...] = field(default=())

"""What the help desk in memory holds: conversations, their threads and lines, and how it shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.helpdesk import Agent, ConversationView, DeskFile, DeskThread, Entry, Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber
from bot.domain.richtext import RichText, plain

NUMBER_OFFSET = 1000
"""People see another number than the API takes, so that a test notices when the two are confused."""

MAILBOX = 1
"""The mailbox that all of it comes into."""

BOT = Agent(agent_id=AgentId(2), first_name="Support", last_name="Bot")
ALEXANDER = Agent(agent_id=AgentId(3), first_name="Alexander", last_name="Frank")
LEA = Agent(agent_id=AgentId(7), first_name="Lea", last_name="Brandt")
TOM = Agent(agent_id=AgentId(8), first_name="Tom", last_name="Sommer")
AGENTS: Mapping[int, Agent] = {agent.agent_id: agent for agent in (BOT, ALEXANDER, LEA, TOM)}
"""The bot, the triager of the tests' team, and two agents who know no chat."""


@dataclass(slots=True, kw_only=True)
class FiledThread:
    """One entry as it was written; ``author`` is None for a customer's, ``status`` what it left its conversation in."""

    thread_id: ThreadId
    entry: Entry
    created_at: datetime
    kept_files: tuple[str, ...] = ()
    author: Agent | None = None
    published: bool = True
    action: str = ""
    customer_id: CustomerId | None = None
    status: Status | None = None

    @property
    def kind(self) -> ThreadKind:
        """Customer, message, note or lineitem."""
        return self.entry.kind

    @property
    def text(self) -> str:
        """Its words without markup."""
        return plain(self.entry.text)

    @property
    def delivery_id(self) -> str:
        """The mark; "" for what an agent wrote."""
        return self.entry.delivery_id

    @property
    def files(self) -> tuple[DeskFile, ...]:
        """The files that were kept."""
        return tuple(
            DeskFile(
                name=file.name,
                mime_type=file.mime_type,
                size_bytes=len(file.content),
                reference=f"{self.thread_id}/{file.name}",
            )
            for file in self.entry.files
            if file.name in self.kept_files
        )

    def shown(self) -> DeskThread:
        """As an API shows it."""
        told = (self.kind, self.entry.text, [(file.name, file.size_bytes) for file in self.files])
        return DeskThread(
            thread_id=self.thread_id,
            kind=self.kind,
            published=self.published,
            text=self.entry.text,
            digest=repr(told),
            created_at=self.created_at,
            author=self.author,
            files=self.files,
            mark=self.delivery_id,
            action=self.action,
            customer_id=self.customer_id,
            stamp=self.created_at.isoformat(),
            status=self.status if self.published else None,
        )


@dataclass(slots=True, kw_only=True)
class FiledConversation:
    """One case; ``lines`` tell what was done with it, ``clocks`` is what its field for them says."""

    conversation_id: ConversationId
    subject: str
    customer_id: CustomerId | None
    created_at: datetime
    status: Status = Status.ACTIVE
    tags: list[str] = field(default_factory=list)
    threads: list[FiledThread] = field(default_factory=list)
    lines: list[FiledThread] = field(default_factory=list)
    deleted: bool = False
    is_chat: bool = True
    assignee: Agent | None = None
    closed_by: Agent | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    user_updated_at: datetime | None = None
    mailbox_id: int = MAILBOX
    customer_name: str = ""
    clocks: str = ""

    @property
    def number(self) -> TicketNumber:
        """What people see."""
        return TicketNumber(self.conversation_id + NUMBER_OFFSET)

    @property
    def texts(self) -> list[str]:
        """The words of all threads, oldest first."""
        return [thread.text for thread in self.threads]

    @property
    def changed_at(self) -> datetime:
        """When anything was last done in it."""
        return self.updated_at or self.created_at

    @property
    def merged_away(self) -> bool:
        """Whether its threads were moved into another conversation."""
        return self.deleted and any(line.action == "merged" for line in self.lines)

    def of_kind(self, kind: ThreadKind) -> list[FiledThread]:
        """The threads of one kind, oldest first."""
        return [thread for thread in self.threads if thread.kind is kind]

    def touch(self, at: datetime, *, by_user: bool = True) -> None:
        """Something was done in it, by a user or by its customer."""
        self.updated_at = at
        if by_user:
            self.user_updated_at = at

    def shown(self, *, read_at: datetime, as_of: datetime) -> ConversationView:
        """As an API shows it."""
        threads = sorted((*self.threads, *self.lines), key=lambda one: (one.created_at, one.thread_id))
        return ConversationView(
            conversation_id=self.conversation_id,
            number=self.number,
            subject=self.subject,
            status=self.status,
            is_chat=self.is_chat,
            deleted=self.deleted,
            read_at=read_at,
            as_of=as_of,
            updated_at=self.changed_at,
            user_updated_at=self.user_updated_at,
            customer_id=self.customer_id,
            assignee=self.assignee,
            closed_by=self.closed_by,
            closed_at=self.closed_at,
            created_at=self.created_at,
            mailbox_id=self.mailbox_id,
            customer_name=self.customer_name,
            threads=tuple(thread.shown() for thread in threads),
        )


def line(thread_id: ThreadId, action: str, by: Agent, at: datetime, status: Status | None = None) -> FiledThread:
    """The line that tells what somebody did with a conversation, and the ``status`` they gave it."""
    entry = Entry(delivery_id="", kind=ThreadKind.LINEITEM, text=RichText())
    return FiledThread(thread_id=thread_id, entry=entry, created_at=at, author=by, action=action, status=status)

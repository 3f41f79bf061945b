"""A help desk in memory: a small real program with the promises of its port."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from typing_extensions import override

from bot.domain.errors import CustomerGoneError, DeliveryError, PermanentError, TransientError
from bot.domain.findings import Finding
from bot.domain.helpdesk import (
    AppendedThread,
    Conversation,
    Entry,
    NewConversation,
    NewCustomer,
    OpenedConversation,
    Status,
    ThreadKind,
)
from bot.domain.ids import ConversationId, CustomerId, ThreadId, TicketNumber
from bot.domain.richtext import plain
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk

NUMBER_OFFSET = 1000
"""People see another number than the API takes, so that a test notices when the two are confused."""

_CLOCK_SKEW = timedelta(minutes=5)
CREATIONS = frozenset({"create_customer", "open_conversation", "append"})
"""The methods whose repetition would make a second one."""

_VOCABULARY = frozenset({"bug", "feature", "question", "P0", "P1", "P2"})


@dataclass(slots=True, kw_only=True)
class FiledThread:
    """One entry as it was written."""

    thread_id: ThreadId
    entry: Entry
    created_at: datetime
    kept_files: tuple[str, ...] = ()

    @property
    def kind(self) -> ThreadKind:
        """Customer, message or note."""
        return self.entry.kind

    @property
    def text(self) -> str:
        """Its words without markup."""
        return plain(self.entry.text)

    @property
    def delivery_id(self) -> str:
        """The mark."""
        return self.entry.delivery_id


@dataclass(slots=True, kw_only=True)
class FiledConversation:
    """One case; ``customer_id`` is None for one that did not come by chat."""

    conversation_id: ConversationId
    subject: str
    customer_id: CustomerId | None
    created_at: datetime
    status: Status = Status.ACTIVE
    tags: list[str] = field(default_factory=list)
    threads: list[FiledThread] = field(default_factory=list)
    deleted: bool = False

    @property
    def number(self) -> TicketNumber:
        """What people see."""
        return TicketNumber(self.conversation_id + NUMBER_OFFSET)

    @property
    def texts(self) -> list[str]:
        """The words of all threads, oldest first."""
        return [thread.text for thread in self.threads]

    def of_kind(self, kind: ThreadKind) -> list[FiledThread]:
        """The threads of one kind, oldest first."""
        return [thread for thread in self.threads if thread.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    error: DeliveryError
    after_work: bool
    on: frozenset[str]


@dataclass(slots=True)
class FakeHelpDesk(HelpDesk):
    """``fail_next`` makes a coming call fail, with or without having done the work; ``down`` refuses all of them.

    ``calls`` names the methods called, in order. ``skips_files``: attachments are dropped without a word.
    ``largest_bytes``: more than that in one request files the text without the files. ``has_tags``: whether triage has
    anything to set.
    """

    clock: Clock
    down: bool = False
    has_tags: bool = True
    skips_files: bool = False
    largest_bytes: int | None = None
    calls: list[str] = field(default_factory=list)
    conversations: list[FiledConversation] = field(default_factory=list)
    customers: dict[CustomerId, NewCustomer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _born: dict[CustomerId, datetime] = field(default_factory=dict)
    _faults: list[_Fault] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    # --- what tests do with it ---

    def fail_next(
        self, error: DeliveryError, *, after_work: bool = False, times: int = 1, on: str | Collection[str] = ()
    ) -> None:
        """Raise ``error`` on the next calls (of a method named in ``on``), with or without having done the work."""
        methods = frozenset([on] if isinstance(on, str) else on)
        self._faults += [_Fault(error=error, after_work=after_work, on=methods)] * times

    def add_conversation(
        self, subject: str, *, status: Status = Status.ACTIVE, tags: Sequence[str] = ()
    ) -> FiledConversation:
        """A conversation that came by e-mail."""
        made = FiledConversation(
            conversation_id=ConversationId(next(self._ids)),
            subject=subject,
            customer_id=None,
            created_at=self.clock.now(),
            status=status,
            tags=list(tags),
        )
        self.conversations.append(made)
        return made

    def numbered(self, number: int) -> FiledConversation:
        """The conversation people see under this number; LookupError when there is none."""
        for one in self.conversations:
            if one.number == number:
                return one
        raise LookupError(f"no conversation #{number}")

    @property
    def threads(self) -> list[FiledThread]:
        """All threads of all conversations."""
        return [thread for one in self.conversations for thread in one.threads]

    # --- the port ---

    @override
    async def create_customer(self, customer: NewCustomer) -> CustomerId:
        fault = self._before("create_customer")
        customer_id = CustomerId(next(self._ids))
        self.customers[customer_id] = customer
        self._born[customer_id] = self.clock.now()
        _after(fault)
        return customer_id

    @override
    async def find_customer(self, customer: NewCustomer, asked_after: datetime) -> CustomerId | None:
        fault = self._before("find_customer")
        found = [
            customer_id
            for customer_id, known in self.customers.items()
            if (known.platform, known.platform_id) == (customer.platform, customer.platform_id)
            and self._born[customer_id] >= asked_after - _CLOCK_SKEW
        ]
        _after(fault)
        return min(found, default=None)

    @override
    async def open_conversation(self, conversation: NewConversation) -> OpenedConversation:
        fault = self._before("open_conversation")
        if conversation.customer_id not in self.customers:
            raise CustomerGoneError("FreeScout refused it: Customer not found")
        made = FiledConversation(
            conversation_id=ConversationId(next(self._ids)),
            subject=conversation.subject,
            customer_id=conversation.customer_id,
            created_at=self.clock.now(),
        )
        thread = self._keep(conversation.entry)
        made.threads.append(thread)
        self.conversations.append(made)
        _after(fault)
        return _opened(made, thread, thread.entry)

    @override
    async def find_opened(self, conversation: NewConversation) -> OpenedConversation | None:
        fault = self._before("find_opened")
        found = next(
            (
                one
                for one in self.conversations
                if one.threads
                and one.threads[0].delivery_id == conversation.entry.delivery_id
                and one.created_at >= conversation.asked_after - _CLOCK_SKEW
            ),
            None,
        )
        _after(fault)
        return None if found is None else _opened(found, found.threads[0], conversation.entry)

    @override
    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        fault = self._before("append")
        conversation = self._existing(conversation_id)
        thread = self._keep(entry)
        conversation.threads.append(thread)
        if entry.kind is ThreadKind.CUSTOMER:
            conversation.status, conversation.deleted = Status.ACTIVE, False
        elif entry.kind is ThreadKind.MESSAGE:
            conversation.status = Status.PENDING
        _after(fault)
        return _appended(thread, thread.entry)

    @override
    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        fault = self._before("find_appended")
        threads = self._existing(conversation_id).threads
        found = next((one for one in threads if one.delivery_id == entry.delivery_id), None)
        _after(fault)
        return None if found is None else _appended(found, entry)

    @override
    async def conversation(self, number: TicketNumber) -> Conversation | None:
        fault = self._before("conversation")
        found = next((one for one in self.conversations if one.number == number and not one.deleted), None)
        _after(fault)
        if found is None:
            return None
        return Conversation(
            conversation_id=found.conversation_id,
            number=found.number,
            subject=found.subject,
            status=found.status,
            tags=tuple(found.tags),
        )

    @override
    async def set_triage(self, conversation_id: ConversationId, label: str, priority: str) -> None:
        fault = self._before("set_triage")
        conversation = self._existing(conversation_id)
        if self.has_tags:
            conversation.tags = [tag for tag in conversation.tags if tag not in _VOCABULARY] + [label, priority]
        _after(fault)

    @override
    async def set_status(self, conversation_id: ConversationId, status: Status) -> None:
        fault = self._before("set_status")
        self._existing(conversation_id).status = status
        _after(fault)

    @override
    async def ping(self) -> None:
        _after(self._before("ping"))

    @override
    async def inspect(self) -> Sequence[Finding]:
        return tuple(self.findings)

    def _existing(self, conversation_id: ConversationId) -> FiledConversation:
        for one in self.conversations:
            if one.conversation_id == conversation_id:
                return one
        raise PermanentError("the conversation is gone from FreeScout")

    def _keep(self, entry: Entry) -> FiledThread:
        size = sum(len(file.content) for file in entry.files)
        if self.largest_bytes is not None and size > self.largest_bytes:
            lines = tuple(f"{file.name}: too large for the help desk" for file in entry.files)
            entry = replace(entry, files=(), missing=entry.missing + lines)
        kept = () if self.skips_files else tuple(file.name for file in entry.files)
        return FiledThread(
            thread_id=ThreadId(next(self._ids)), entry=entry, created_at=self.clock.now(), kept_files=kept
        )

    def _before(self, method: str) -> _Fault | None:
        self.calls.append(method)
        if self.down:
            raise TransientError("the help desk cannot be reached")
        fault = next((one for one in self._faults if not one.on or method in one.on), None)
        if fault is not None:
            self._faults.remove(fault)
            if not fault.after_work:
                raise fault.error
        return fault


def _after(fault: _Fault | None) -> None:
    if fault is not None:
        raise fault.error


def _skipped(thread: FiledThread, asked: Entry) -> tuple[str, ...]:
    return tuple(file.name for file in asked.files if file.name not in thread.kept_files)


def _opened(conversation: FiledConversation, thread: FiledThread, asked: Entry) -> OpenedConversation:
    return OpenedConversation(
        conversation_id=conversation.conversation_id, number=conversation.number, skipped=_skipped(thread, asked)
    )


def _appended(thread: FiledThread, asked: Entry) -> AppendedThread:
    return AppendedThread(thread_id=thread.thread_id, skipped=_skipped(thread, asked))

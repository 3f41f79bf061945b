"""A help desk in memory: a small real program with the promises of its port."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.errors import CustomerGoneError, DeliveryError, PermanentError, TransientError
from bot.domain.findings import Finding
from bot.domain.helpdesk import (
    Agent,
    AppendedThread,
    Conversation,
    ConversationView,
    DeskFile,
    Entry,
    NewConversation,
    NewCustomer,
    OpenedConversation,
    Status,
    ThreadKind,
)
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber
from bot.ports.helpdesk import HelpDesk
from tests.fakes.desk_people import DeskPeople
from tests.fakes.desk_records import AGENTS, BOT, NUMBER_OFFSET, FiledConversation, FiledThread

__all__ = ["CREATIONS", "NUMBER_OFFSET", "FakeHelpDesk", "FiledConversation", "FiledThread"]

_CLOCK_SKEW = timedelta(days=1)
CREATIONS = frozenset({"create_customer", "open_conversation", "append"})
"""The methods whose repetition would make a second one."""

_VOCABULARY = frozenset({"bug", "feature", "question", "P0", "P1", "P2"})

_LEFT_IN = {ThreadKind.CUSTOMER: Status.ACTIVE, ThreadKind.MESSAGE: Status.PENDING}
"""What an entry of the bot's makes of its conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    error: DeliveryError
    after_work: bool
    on: frozenset[str]


@dataclass(slots=True)
class FakeHelpDesk(DeskPeople, HelpDesk):
    """``fail_next`` makes a coming call fail, with or without having done the work; ``down`` refuses all of them.

    ``calls`` names the methods called, in order. ``skips_files``: attachments are dropped without a word.
    ``largest_bytes``: more than that in one request files the text without the files. ``has_tags``: whether triage has
    anything to set. ``has_clocks_field``: whether a field for the clocks is named in the settings;
    ``lacks_clocks_field``: the mailbox has none of that name. What agents do is in ``DeskPeople``.
    """

    down: bool = False
    has_tags: bool = True
    has_clocks_field: bool = False
    lacks_clocks_field: bool = False
    skips_files: bool = False
    largest_bytes: int | None = None
    calls: list[str] = field(default_factory=list)
    customers: dict[CustomerId, NewCustomer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _born: dict[CustomerId, datetime] = field(default_factory=dict)
    _faults: list[_Fault] = field(default_factory=list)

    # --- what tests do with it ---

    def fail_next(
        self, error: DeliveryError, *, after_work: bool = False, times: int = 1, on: str | Collection[str] = ()
    ) -> None:
        """Raise ``error`` on the next calls (of a method named in ``on``), with or without having done the work."""
        methods = frozenset([on] if isinstance(on, str) else on)
        self._faults += [_Fault(error=error, after_work=after_work, on=methods)] * times

    # --- the port ---

    @override
    async def create_customer(self, customer: NewCustomer) -> CustomerId:
        fault = self._before("create_customer")
        customer_id = CustomerId(next(self._ids))
        self.customers[customer_id] = customer
        self._born[customer_id] = self.desk_now()
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
        customer = self.customers.get(conversation.customer_id)
        if customer is None:
            raise CustomerGoneError("FreeScout refused it: Customer not found")
        made = FiledConversation(
            conversation_id=ConversationId(next(self._ids)),
            subject=conversation.subject,
            customer_id=conversation.customer_id,
            created_at=self.desk_now(),
            customer_name=f"{customer.name} ({customer.platform.capitalize()})",
        )
        thread = self._keep(made, conversation.entry)
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
        thread = self._keep(conversation, entry)
        if entry.kind is ThreadKind.CUSTOMER:
            conversation.deleted = False
        conversation.status = thread.status or conversation.status
        _after(fault)
        return _appended(thread, thread.entry)

    @override
    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        fault = self._before("find_appended")
        conversation = self._existing(conversation_id)
        asked = (entry.delivery_id, entry.kind)
        found = next((one for one in conversation.threads if (one.delivery_id, one.kind) == asked), None)
        _after(fault)
        if found is None and conversation.merged_away:
            raise PermanentError("the conversation was merged into another one; please look there for this entry")
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
    async def read(self, conversation_id: ConversationId) -> ConversationView | None:
        fault = self._before("read")
        found = next((one for one in self.conversations if one.conversation_id == conversation_id), None)
        _after(fault)
        return None if found is None else self._view(found)

    @override
    async def changed(self, since: datetime) -> AsyncIterator[ConversationView]:
        fault = self._before("changed")
        found = [one for one in self.conversations if one.changed_at >= since.replace(microsecond=0)]
        _after(fault)
        for conversation in sorted(found, key=lambda one: (one.deleted, one.status, one.changed_at)):
            yield self._view(conversation)

    @override
    async def survivor(self, merged: ConversationView, threads: Collection[ThreadId]) -> ConversationView | None:
        fault = self._before("survivor")
        found = next(
            (one for one in self.conversations if not one.deleted and _holds(one, threads)),
            None,
        )
        _after(fault)
        return None if found is None else self._view(found)

    @override
    async def download(self, file: DeskFile, *, limit_bytes: int) -> bytes:
        fault = self._before("download")
        content = self.files.get(file.reference)
        _after(fault)
        if content is None:
            raise PermanentError(f"{file.name} is not to be had from FreeScout any more (404)")
        if len(content) > limit_bytes:
            raise PermanentError(f"{file.name} is larger than {limit_bytes} B")
        return content

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
        self._existing(conversation_id)
        self.set_status_as_agent(conversation_id, status, BOT)
        _after(fault)

    @override
    async def assign(self, conversation_id: ConversationId, agent_id: AgentId) -> None:
        fault = self._before("assign")
        conversation = self._existing(conversation_id)
        if agent_id not in AGENTS:
            raise PermanentError("FreeScout refused it: User not found")
        if conversation.assignee != AGENTS[agent_id]:
            self.assign_as_agent(conversation_id, AGENTS[agent_id], BOT)
        _after(fault)

    @property
    @override
    def shows_clocks(self) -> bool:
        return self.has_clocks_field

    @override
    async def show_clocks(self, conversation_id: ConversationId, text: str) -> None:
        fault = self._before("show_clocks")
        if self.has_clocks_field:
            conversation = self._existing(conversation_id)
            if self.lacks_clocks_field:
                raise PermanentError("FreeScout's mailbox has no custom field “Clocks”")
            conversation.clocks = text
        _after(fault)

    @override
    def address_of(self, conversation_id: ConversationId) -> str:
        return f"https://help.example.org/conversation/{conversation_id}"

    @override
    async def inspect(self) -> Sequence[Finding]:
        return tuple(self.findings)

    def _existing(self, conversation_id: ConversationId) -> FiledConversation:
        for one in self.conversations:
            if one.conversation_id == conversation_id:
                return one
        raise PermanentError("the conversation is gone from FreeScout")

    def _view(self, conversation: FiledConversation) -> ConversationView:
        return conversation.shown(read_at=self.clock.now(), as_of=self.desk_now())

    def _keep(self, conversation: FiledConversation, entry: Entry) -> FiledThread:
        size = sum(len(file.content) for file in entry.files)
        if self.largest_bytes is not None and size > self.largest_bytes:
            lines = tuple(f"{file.name}: too large for the help desk" for file in entry.files)
            entry = replace(entry, files=(), missing=entry.missing + lines)
        kept = () if self.skips_files else tuple(file.name for file in entry.files)
        thread = self._add(conversation, entry, _author(entry), kept=kept)
        thread.status = _LEFT_IN.get(entry.kind)
        return thread

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


def _author(entry: Entry) -> Agent | None:
    if entry.kind is ThreadKind.CUSTOMER:
        return None
    if entry.agent_id is None:
        return BOT
    return AGENTS.get(entry.agent_id) or Agent(agent_id=AgentId(entry.agent_id), first_name=f"Agent {entry.agent_id}")


def _holds(conversation: FiledConversation, threads: Collection[ThreadId]) -> bool:
    return any(thread.thread_id in threads for thread in conversation.threads)


def _skipped(thread: FiledThread, asked: Entry) -> tuple[str, ...]:
    return tuple(file.name for file in asked.files if file.name not in thread.kept_files)


def _opened(conversation: FiledConversation, thread: FiledThread, asked: Entry) -> OpenedConversation:
    return OpenedConversation(
        conversation_id=conversation.conversation_id,
        number=conversation.number,
        skipped=_skipped(thread, asked),
        thread_id=thread.thread_id,
    )


def _appended(thread: FiledThread, asked: Entry) -> AppendedThread:
    return AppendedThread(thread_id=thread.thread_id, skipped=_skipped(thread, asked))

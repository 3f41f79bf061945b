"""The rows of a store in memory, and what one unit of work can do to them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime

from typing_extensions import override

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery
from bot.domain.effects import FetchResult
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, ThreadId, TicketNumber
from bot.domain.links import ConversationLink
from bot.domain.relay import KnownThread
from bot.domain.sla_ticket import SlaIndex, SlaTicket, SlaTicketId
from bot.domain.versions import MessageVersion
from bot.ports.clock import Clock
from bot.ports.store import (
    Audit,
    AuditLine,
    Customers,
    Inbox,
    Links,
    Memory,
    Outbox,
    Received,
    Records,
    Threads,
    Versions,
)
from bot.ports.store_sla import SlaTickets
from tests.fakes.inbox import FakeInbox
from tests.fakes.links import FakeLinks
from tests.fakes.outbox import FakeOutbox
from tests.fakes.sla_tickets import FakeSlaTickets
from tests.fakes.table import FakeThreads, FakeVersions, Table


@dataclass(slots=True, kw_only=True)
class Contents:
    """All rows. Values are immutable, so copies of the dictionaries are a snapshot."""

    received: dict[str, Received] = field(default_factory=dict)
    places: dict[str, tuple[ChatAddress, datetime]] = field(default_factory=dict)
    former: dict[tuple[ConversationId, LinkId], TicketNumber | None] = field(default_factory=dict)
    threads: dict[ThreadId, KnownThread] = field(default_factory=dict)
    versions: dict[str, MessageVersion] = field(default_factory=dict)
    links: dict[LinkId, ConversationLink] = field(default_factory=dict)
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    positions: dict[DeliveryId, int] = field(default_factory=dict)
    changed_at: dict[DeliveryId, datetime] = field(default_factory=dict)
    fetch_results: dict[DeliveryId, FetchResult] = field(default_factory=dict)
    customers: dict[tuple[Platform, str], CustomerId] = field(default_factory=dict)
    memory: dict[tuple[str, str], str] = field(default_factory=dict)
    sla: dict[SlaTicketId, tuple[SlaTicket, SlaIndex]] = field(default_factory=dict)
    audit: list[AuditLine] = field(default_factory=list)
    last_position: int = 0

    def snapshot(self) -> "Contents":
        """A copy that later changes do not reach."""
        return Contents(**{row.name: copy(getattr(self, row.name)) for row in fields(self)})


class FakeRecords(Records):
    """One unit of work; ``promised`` collects the deliveries to be announced, None makes it read-only."""

    def __init__(self, rows: Contents, clock: Clock, promised: set[DeliveryId] | None) -> None:
        self._inbox = FakeInbox(rows, writable=promised is not None)
        self._links = FakeLinks(rows, writable=promised is not None)
        self._outbox = FakeOutbox(rows, clock, promised)
        self._threads = FakeThreads(rows, writable=promised is not None)
        self._versions = FakeVersions(rows, writable=promised is not None)
        self._customers = FakeCustomers(rows, writable=promised is not None)
        self._memory = FakeMemory(rows, writable=promised is not None)
        self._sla = FakeSlaTickets(rows, writable=promised is not None)
        self._audit = FakeAudit(rows, writable=promised is not None)

    @property
    @override
    def inbox(self) -> Inbox:
        return self._inbox

    @property
    @override
    def links(self) -> Links:
        return self._links

    @property
    @override
    def outbox(self) -> Outbox:
        return self._outbox

    @property
    @override
    def threads(self) -> Threads:
        return self._threads

    @property
    @override
    def versions(self) -> Versions:
        return self._versions

    @property
    @override
    def customers(self) -> Customers:
        return self._customers

    @property
    @override
    def memory(self) -> Memory:
        return self._memory

    @property
    @override
    def sla(self) -> SlaTickets:
        return self._sla

    @property
    @override
    def audit(self) -> Audit:
        return self._audit


class FakeCustomers(Table, Customers):
    """Customers by chat member."""

    @override
    async def get(self, platform: Platform, user_id: str) -> CustomerId | None:
        return self._all.customers.get((platform, user_id))

    @override
    async def add(self, platform: Platform, user_id: str, customer_id: CustomerId) -> None:
        self._rows.customers[platform, user_id] = customer_id


class FakeMemory(Table, Memory):
    """Entries by owner and name."""

    @override
    async def recall(self, owner: str, prefix: str = "") -> Mapping[str, str]:
        entries = sorted(self._all.memory.items())
        return {name: text for (whose, name), text in entries if whose == owner and name.startswith(prefix)}

    @override
    async def remember(self, owner: str, entries: Mapping[str, str | None]) -> None:
        for name, text in entries.items():
            if text is None:
                self._rows.memory.pop((owner, name), None)
            else:
                self._rows.memory[owner, name] = text


class FakeAudit(Table, Audit):
    """Lines in their order."""

    @override
    async def of(self, *tickets: str) -> Sequence[AuditLine]:
        return [line for line in self._all.audit if line.ticket in tickets]

    @override
    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        self._rows.audit.append(AuditLine(at=at, actor=actor, place=place, action=action, ticket=ticket, detail=detail))

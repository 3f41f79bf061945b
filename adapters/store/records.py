"""Everything one unit of work can touch, within one transaction."""

from typing_extensions import override

from adapters.store.audit import SqlAudit
from adapters.store.customers import SqlCustomers
from adapters.store.inbox import SqlInbox
from adapters.store.links import SqlLinks
from adapters.store.memory import SqlMemory
from adapters.store.outbox import SqlOutbox
from adapters.store.session import Session
from adapters.store.sla_tickets import SqlSlaTickets
from adapters.store.threads import SqlThreads
from adapters.store.versions import SqlVersions
from bot.domain.delivery import Delivery
from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock
from bot.ports.store import Audit, Customers, Inbox, Links, Memory, Outbox, Records, Threads, Versions
from bot.ports.store_sla import SlaTickets


class SqlRecords(Records):
    """The records on a session; ``promised`` gathers what listeners will be told of, by delivery id."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.promised: dict[DeliveryId, tuple[int, Delivery]] = {}
        self._inbox = SqlInbox(session)
        self._links = SqlLinks(session)
        self._outbox = SqlOutbox(session, clock, self.promised)
        self._threads = SqlThreads(session)
        self._versions = SqlVersions(session)
        self._customers = SqlCustomers(session)
        self._memory = SqlMemory(session)
        self._sla = SqlSlaTickets(session)
        self._audit = SqlAudit(session)

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

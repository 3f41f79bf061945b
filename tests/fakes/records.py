"""The rows of a store in memory, and what one unit of work can do to them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from typing_extensions import override

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import Effect, FetchResult, FileLateFiles, FileMessage, OpenConversation
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import CustomerId, DeliveryId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.clock import Clock
from bot.ports.store import Audit, Customers, Inbox, Links, Memory, Outbox, Records

_OVER = (DeliveryState.DONE, DeliveryState.DISCARDED)

PURGED_AT_ONCE = 500
"""As in the real store: whoever purges must ask again until nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the audit log."""

    at: datetime
    actor: str
    place: str
    action: str
    ticket: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Contents:
    """All rows. Values are immutable, so copies of the dictionaries are a snapshot."""

    decisions: dict[str, str] = field(default_factory=dict)
    message_links: dict[str, LinkId | None] = field(default_factory=dict)
    links: dict[LinkId, ConversationLink] = field(default_factory=dict)
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    positions: dict[DeliveryId, int] = field(default_factory=dict)
    changed_at: dict[DeliveryId, datetime] = field(default_factory=dict)
    fetch_results: dict[DeliveryId, FetchResult] = field(default_factory=dict)
    customers: dict[tuple[Platform, str], CustomerId] = field(default_factory=dict)
    memory: dict[tuple[str, str], str] = field(default_factory=dict)
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
        self._customers = FakeCustomers(rows, writable=promised is not None)
        self._memory = FakeMemory(rows, writable=promised is not None)
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
    def customers(self) -> Customers:
        return self._customers

    @property
    @override
    def memory(self) -> Memory:
        return self._memory

    @property
    @override
    def audit(self) -> Audit:
        return self._audit


class _Table:
    def __init__(self, rows: Contents, *, writable: bool) -> None:
        self._all = rows
        self._writable = writable

    @property
    def _rows(self) -> Contents:
        """The rows, for a change."""
        if not self._writable:
            raise StoreError("a read must not write")
        return self._all


class FakeInbox(_Table, Inbox):
    """Messages by key."""

    @override
    async def admit(self, dedup_key: str, *, decision: str, link_id: LinkId | None, at: datetime) -> bool:
        rows = self._rows
        if dedup_key in rows.message_links:
            return False
        rows.decisions[dedup_key] = decision
        rows.message_links[dedup_key] = link_id
        return True

    @override
    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        return {key for key in dedup_keys if key in self._all.message_links}

    @override
    async def link_of(self, dedup_key: str) -> LinkId | None:
        return self._all.message_links.get(dedup_key)

    @override
    async def record_sent(self, dedup_keys: Sequence[str], *, link_id: LinkId | None, at: datetime) -> None:
        for key in dedup_keys:
            await self.admit(key, decision="sent", link_id=link_id, at=at)


class FakeLinks(_Table, Links):
    """Links by id."""

    @override
    async def add(self, link: ConversationLink) -> None:
        rows = self._rows
        if link.link_id in rows.links or (link.address.chat_thread and await self.at(link.address)):
            raise StoreError(f"there is a link {link.link_id}, or one of this chat thread, already")
        rows.links[link.link_id] = link

    @override
    async def save(self, link: ConversationLink) -> None:
        rows = self._rows
        if link.link_id not in rows.links:
            raise StoreError(f"there is no link {link.link_id} to save")
        rows.links[link.link_id] = link

    @override
    async def get(self, link_id: LinkId) -> ConversationLink | None:
        return self._all.links.get(link_id)

    @override
    async def at(self, address: ChatAddress) -> ConversationLink | None:
        return next((link for link in self._all.links.values() if link.address == address), None)

    @override
    async def latest_by(self, platform: Platform, room: str, author_id: str) -> ConversationLink | None:
        theirs = [
            link
            for link in self._all.links.values()
            if (link.address.platform, link.address.room, link.author_id) == (platform, room, author_id)
            and link.opening_message_id == link.address.chat_thread
        ]
        return max(reversed(theirs), key=lambda link: link.opened_at, default=None)

    @override
    async def numbered(self, number: TicketNumber) -> ConversationLink | None:
        return next((link for link in self._all.links.values() if link.number == number), None)

    @override
    async def open_ones(self, prefix: str, limit: int) -> Sequence[ConversationLink]:
        wanted = prefix.casefold()
        fitting = [
            link
            for link in reversed(self._all.links.values())
            if link.number is not None
            and link.status in {Status.ACTIVE, Status.PENDING}
            and (str(link.number).startswith(wanted) or wanted in link.subject.casefold())
        ]
        return sorted(fitting, key=lambda link: link.opened_at, reverse=True)[:limit]


class FakeOutbox(_Table, Outbox):
    """Deliveries by id, with their positions."""

    def __init__(self, rows: Contents, clock: Clock, promised: set[DeliveryId] | None) -> None:
        super().__init__(rows, writable=promised is not None)
        self._clock = clock
        self._promised = promised if promised is not None else set()

    @override
    async def add(self, *deliveries: Delivery) -> None:
        rows = self._rows
        for delivery in deliveries:
            if delivery.delivery_id not in rows.positions:
                rows.last_position += 1
                rows.positions[delivery.delivery_id] = rows.last_position
                self._put(delivery)

    @override
    async def save(self, delivery: Delivery) -> None:
        old = self._rows.deliveries.get(delivery.delivery_id)
        if old is None:
            raise StoreError(f"there is no delivery {delivery.delivery_id} to save")
        self._put(
            replace(
                delivery,
                effect=old.effect,
                ordering_key=old.ordering_key,
                system=old.system,
                created_at=old.created_at,
            )
        )

    def _put(self, delivery: Delivery) -> None:
        self._rows.deliveries[delivery.delivery_id] = delivery
        self._rows.changed_at[delivery.delivery_id] = self._clock.now()
        self._promised.add(delivery.delivery_id)

    @override
    async def get(self, delivery_id: DeliveryId) -> Delivery | None:
        return self._all.deliveries.get(delivery_id)

    def _in_order(self) -> list[tuple[int, Delivery]]:
        rows = self._all
        return sorted(((rows.positions[one], row) for one, row in rows.deliveries.items()), key=lambda row: row[0])

    @override
    async def waiting(self, after: int, limit: int) -> Sequence[tuple[int, Delivery]]:
        return [
            (position, row)
            for position, row in self._in_order()
            if position > after
            and (row.state is DeliveryState.PENDING or (row.state is DeliveryState.PARKED and row.holds))
        ][:limit]

    @override
    async def parked(self) -> Sequence[Delivery]:
        return [row for _, row in self._in_order() if row.state is DeliveryState.PARKED]

    @override
    async def suspect_all_pending(self, at: datetime) -> int:
        pending = [row for row in self._all.deliveries.values() if row.state is DeliveryState.PENDING]
        for row in pending:
            self._rows.deliveries[row.delivery_id] = replace(row, outcome_unknown=True, tried_at=row.tried_at or at)
        return len(pending)

    @override
    async def counts(self) -> Mapping[DeliveryState, int]:
        states = [row.state for row in self._all.deliveries.values()]
        return {state: states.count(state) for state in DeliveryState if state is not DeliveryState.DONE}

    @override
    async def oldest_pending(self) -> Delivery | None:
        now = self._clock.now()
        return next(
            (
                row
                for _, row in self._in_order()
                if row.state is DeliveryState.PENDING and (row.attempts > 0 or row.next_attempt_at <= now)
            ),
            None,
        )

    @override
    async def fetched(self, fetch_id: DeliveryId) -> FetchResult | None:
        return self._all.fetch_results.get(fetch_id)

    @override
    async def record_fetched(self, fetch_id: DeliveryId, result: FetchResult) -> None:
        self._rows.fetch_results[fetch_id] = result

    @override
    async def purge(self, before: datetime) -> int:
        rows = self._rows
        needed = {_fetch_needed_by(row.effect) for row in rows.deliveries.values() if row.state not in _OVER}
        old = [
            one
            for one, row in rows.deliveries.items()
            if row.state in _OVER and rows.changed_at[one] < before and one not in needed
        ][:PURGED_AT_ONCE]
        for one in old:
            del rows.deliveries[one], rows.positions[one], rows.changed_at[one]
            rows.fetch_results.pop(one, None)
            self._promised.discard(one)
        return len(old)


def _fetch_needed_by(effect: Effect) -> DeliveryId | None:
    match effect:
        case OpenConversation() | FileMessage() | FileLateFiles():
            return effect.fetch_id
        case _:
            return None


class FakeCustomers(_Table, Customers):
    """Customers by chat member."""

    @override
    async def get(self, platform: Platform, user_id: str) -> CustomerId | None:
        return self._all.customers.get((platform, user_id))

    @override
    async def add(self, platform: Platform, user_id: str, customer_id: CustomerId) -> None:
        self._rows.customers[platform, user_id] = customer_id


class FakeMemory(_Table, Memory):
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


class FakeAudit(_Table, Audit):
    """Lines in their order."""

    @override
    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        self._rows.audit.append(AuditLine(at=at, actor=actor, place=place, action=action, ticket=ticket, detail=detail))

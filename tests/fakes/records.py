"""The rows of a store in memory, and what one unit of work can do to them."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from typing_extensions import override

from bot.domain.chat import ChatAddress, ChatMessage, Platform
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import Effect, FetchResult, FileLateFiles, FileMessage, OpenConversation
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, ThreadId, TicketNumber
from bot.domain.links import ConversationLink
from bot.domain.relay import KnownThread
from bot.domain.versions import MessageVersion
from bot.ports.clock import Clock
from bot.ports.store import (
    SENT,
    Audit,
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
from tests.fakes.table import FakeThreads, FakeVersions, Table

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

    received: dict[str, Received] = field(default_factory=dict)
    places: dict[str, ChatAddress] = field(default_factory=dict)
    former: dict[ConversationId, tuple[TicketNumber | None, LinkId]] = field(default_factory=dict)
    threads: dict[ThreadId, KnownThread] = field(default_factory=dict)
    versions: dict[str, MessageVersion] = field(default_factory=dict)
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
        self._threads = FakeThreads(rows, writable=promised is not None)
        self._versions = FakeVersions(rows, writable=promised is not None)
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
    def audit(self) -> Audit:
        return self._audit


class FakeInbox(Table, Inbox):
    """Messages by key."""

    @override
    async def admit(
        self,
        dedup_key: str,
        *,
        decision: str,
        link_id: LinkId | None,
        at: datetime,
        message: ChatMessage | None = None,
    ) -> bool:
        rows = self._rows
        if dedup_key in rows.received:
            return False
        author_id = message.author.user_id if message is not None else ""
        rows.received[dedup_key] = Received(decision=decision, link_id=link_id, author_id=author_id)
        if message is not None:
            rows.places[dedup_key] = message.address
        return True

    @override
    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        return {key for key in dedup_keys if key in self._all.received}

    @override
    async def get(self, dedup_key: str) -> Received | None:
        return self._all.received.get(dedup_key)

    @override
    async def link_of(self, dedup_key: str) -> LinkId | None:
        found = self._all.received.get(dedup_key)
        return None if found is None else found.link_id

    @override
    async def redecide(self, dedup_key: str, decision: str) -> None:
        rows = self._rows
        if dedup_key in rows.received:
            rows.received[dedup_key] = replace(rows.received[dedup_key], decision=decision)

    @override
    async def standing_in(self, address: ChatAddress, decisions: Collection[str], limit: int) -> Sequence[str]:
        rows = self._all
        here = [key for key, place in rows.places.items() if place == address]
        return [key for key in reversed(here) if rows.received[key].decision in decisions][:limit]

    @override
    async def record_sent(
        self,
        dedup_keys: Sequence[str],
        *,
        address: ChatAddress,
        link_id: LinkId | None,
        at: datetime,
        decision: str = SENT,
    ) -> None:
        for key in dedup_keys:
            if await self.admit(key, decision=decision, link_id=link_id, at=at):
                self._rows.places[key] = address


class FakeLinks(Table, Links):
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
        found = next((link for link in self._all.links.values() if link.number == number), None)
        formerly = next((link_id for known, link_id in self._all.former.values() if known == number), None)
        return found or (self._all.links.get(formerly) if formerly is not None else None)

    @override
    async def of_conversation(self, conversation_id: ConversationId) -> Sequence[ConversationLink]:
        _, former = self._all.former.get(conversation_id, (None, None))
        links = self._all.links.values()
        return [link for link in links if link.conversation_id == conversation_id or link.link_id == former]

    @override
    async def retire(self, conversation_id: ConversationId, number: TicketNumber | None, link_id: LinkId) -> None:
        self._rows.former[conversation_id] = (number, link_id)

    @override
    async def asked(self) -> Sequence[ConversationLink]:
        asked = [(link.asked_at, link) for link in self._all.links.values() if link.asked_at is not None]
        return [link for _, link in sorted(asked, key=lambda one: one[0])]

    @override
    async def unfinished(self, after: LinkId, limit: int) -> Sequence[ConversationLink]:
        links = [link for link in self._all.links.values() if link.number is not None and not link.is_closed]
        return sorted((link for link in links if link.link_id > after), key=lambda link: link.link_id)[:limit]

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


class FakeOutbox(Table, Outbox):
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
    async def is_busy(self, ordering_key: str) -> bool:
        return any(
            one.ordering_key == ordering_key and one.state is DeliveryState.PENDING
            for one in self._all.deliveries.values()
        )

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
    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        self._rows.audit.append(AuditLine(at=at, actor=actor, place=place, action=action, ticket=ticket, detail=detail))

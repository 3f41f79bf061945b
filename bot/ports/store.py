"""What the core needs of its store: one unit of work at a time, all or nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import FetchResult
from bot.domain.ids import CustomerId, DeliveryId, LinkId, TicketNumber
from bot.domain.links import ConversationLink

T = TypeVar("T")


class Inbox(Protocol):
    """The messages received, each once."""

    async def admit(self, dedup_key: str, *, decision: str, link_id: LinkId | None, at: datetime) -> bool:
        """Record a message with its decision: opened, continued, or why it was ignored. False: known already."""
        ...

    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        """Those of the keys that are recorded."""
        ...

    async def link_of(self, dedup_key: str) -> LinkId | None:
        """The ticket a message belongs to, also one that the bot itself sent."""
        ...

    async def record_sent(self, dedup_keys: Sequence[str], *, link_id: LinkId | None, at: datetime) -> None:
        """Remember messages that the bot sent, so that replies to them find their ticket."""
        ...


class Links(Protocol):
    """The bonds between chat places and conversations."""

    async def add(self, link: ConversationLink) -> None:
        """Add a new one."""
        ...

    async def save(self, link: ConversationLink) -> None:
        """Replace the one with this id."""
        ...

    async def get(self, link_id: LinkId) -> ConversationLink | None:
        """By id."""
        ...

    async def at(self, address: ChatAddress) -> ConversationLink | None:
        """The ticket whose chat thread this is (``address.chat_thread`` must be set)."""
        ...

    async def latest_by(self, platform: Platform, room: str, author_id: str) -> ConversationLink | None:
        """The ticket this author opened last in this room itself, not in an older chat thread.

        Last by ``opened_at``; in the room itself: with ``opening_message_id == address.chat_thread``.
        """
        ...

    async def numbered(self, number: TicketNumber) -> ConversationLink | None:
        """By ticket number."""
        ...

    async def open_ones(self, prefix: str, limit: int) -> Sequence[ConversationLink]:
        """Open tickets, newest first, whose number begins with ``prefix`` or whose subject contains it (any case)."""
        ...


class Outbox(Protocol):
    """The promised effects, in the order in which they were promised."""

    async def add(self, *deliveries: Delivery) -> None:
        """Promise them. One whose id is known is left as it is."""
        ...

    async def save(self, delivery: Delivery) -> None:
        """Replace state, attempts, times, reason and flags of the delivery with this id."""
        ...

    async def get(self, delivery_id: DeliveryId) -> Delivery | None:
        """By id."""
        ...

    async def waiting(self, after: int, limit: int) -> Sequence[tuple[int, Delivery]]:
        """Pending ones and parked ones that hold their followers, with their position, by position, from ``after`` on
        (exclusive).
        """
        ...

    async def parked(self) -> Sequence[Delivery]:
        """All parked ones, oldest first."""
        ...

    async def suspect_all_pending(self, at: datetime) -> int:
        """At start: every pending delivery may have been under way when the last process ended: mark each
        ``outcome_unknown`` (with ``tried_at = at`` where it has none). Returns how many."""
        ...

    async def counts(self) -> Mapping[DeliveryState, int]:
        """How many in each state (done ones may be left out)."""
        ...

    async def oldest_pending(self) -> Delivery | None:
        """The pending one that was promised first and is due or overdue."""
        ...

    async def fetched(self, fetch_id: DeliveryId) -> FetchResult | None:
        """What became of a fetch, once it is over."""
        ...

    async def record_fetched(self, fetch_id: DeliveryId, result: FetchResult) -> None:
        """Record what became of a fetch."""
        ...

    async def purge(self, before: datetime) -> int:
        """Forget done and discarded deliveries last touched before. Returns how many."""
        ...


class Customers(Protocol):
    """Our own mapping of chat members to FreeScout customers: without e-mail there is no other (facts/freescout.md
    1.5).
    """

    async def get(self, platform: Platform, user_id: str) -> CustomerId | None:
        """The customer of this member."""
        ...

    async def add(self, platform: Platform, user_id: str, customer_id: CustomerId) -> None:
        """Record it; a second one for the same member replaces the first."""
        ...


class Memory(Protocol):
    """What an adapter must remember: cursors, gaps, sessions, events it cannot read yet. Values are its own text."""

    async def recall(self, owner: str, prefix: str = "") -> Mapping[str, str]:
        """All entries of this owner ("matrix", "discord", ...) whose name begins with ``prefix``, by name."""
        ...

    async def remember(self, owner: str, entries: Mapping[str, str | None]) -> None:
        """Write entries; None forgets one."""
        ...


class Audit(Protocol):
    """Who did what from where."""

    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        """Add one line; kept for good."""
        ...


class Records(Protocol):
    """Everything one unit of work can touch."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def links(self) -> Links: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def audit(self) -> Audit: ...


class Store(Protocol):
    """The store."""

    async def write(self, work: Callable[[Records], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction and return its result once that is durable.

        Works run one after another, never side by side; several that wait are committed together. ``work`` must touch
        nothing but the records, since it may be run again (after another in its batch failed). Its exception is raised
        here and nothing of it is kept. If the caller is cancelled the work may or may not have been done.
        """
        ...

    async def read(self, work: Callable[[Records], Awaitable[T]]) -> T:
        """Run ``work`` on a consistent view; it must not write. Does not wait for writers."""
        ...

    def on_promised(self, listener: Callable[[Sequence[tuple[int, Delivery]]], None]) -> None:
        """Have ``listener`` called after each commit with the deliveries it added or released, with their positions."""
        ...


class Spool(Protocol):
    """Attachment bytes between fetch and filing, beside the store."""

    async def put(self, fetch_id: DeliveryId, index: int, content: bytes) -> None:
        """Keep the bytes durably; replaces earlier ones."""
        ...

    async def get(self, fetch_id: DeliveryId, index: int) -> bytes | None:
        """The bytes, or None."""
        ...

    async def drop(self, fetch_id: DeliveryId) -> None:
        """Forget all files of a fetch. Idempotent."""
        ...

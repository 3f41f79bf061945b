"""What the core needs of its store: one unit of work at a time, all or nothing."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.chat import ChatAddress, ChatMessage, Platform
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import FetchResult
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, ThreadId, TicketNumber
from bot.domain.links import ConversationLink
from bot.domain.relay import KnownThread
from bot.domain.versions import MessageVersion
from bot.ports.store_sla import SlaTickets

T = TypeVar("T")


SENT = "sent"
"""The decision of a message that the bot itself said."""

ASKED = "asked"
"""The same, where it asked whether a ticket is solved: reactions to it are answers."""

DELETED = "deleted"
"""The decision of a message that belonged to a ticket and was taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A recorded message; ``author_id`` is "" for the bot's own and for those of the first release."""

    decision: str
    link_id: LinkId | None
    author_id: str = ""


class Inbox(Protocol):
    """The messages received, each once."""

    async def admit(
        self,
        dedup_key: str,
        *,
        decision: str,
        link_id: LinkId | None,
        at: datetime,
        message: ChatMessage | None = None,
    ) -> bool:
        """Record a message, or what became of one, with its decision: opened, continued, or why it was ignored. False:
        known already. ``message`` is given for one that belongs to a ticket: its place and author are kept.
        """
        ...

    async def adopt(self, message: ChatMessage, *, decision: str, link_id: LinkId, at: datetime) -> None:
        """Record a message as a ticket's, also one that was ignored when it came; one of another ticket stays there."""
        ...

    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        """Those of the keys that are recorded."""
        ...

    async def get(self, dedup_key: str) -> Received | None:
        """What is known of a message, also of one that the bot itself sent."""
        ...

    async def link_of(self, dedup_key: str) -> LinkId | None:
        """The ticket a message belongs to, also one that the bot itself sent."""
        ...

    async def redecide(self, dedup_key: str, decision: str) -> None:
        """Replace the decision of a recorded message; nothing happens to one that is not known."""
        ...

    async def standing_in(self, address: ChatAddress, decisions: Collection[str], limit: int) -> Sequence[str]:
        """The keys of the newest messages in exactly this place with one of these decisions, newest first (by ``at``).

        Those the bot sent count, and of the received ones those that were admitted with their ``message``.
        """
        ...

    async def record_sent(
        self,
        dedup_keys: Sequence[str],
        *,
        address: ChatAddress,
        link_id: LinkId | None,
        at: datetime,
        decision: str = SENT,
    ) -> None:
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
        """By ticket number; by a former one where no ticket has it now."""
        ...

    async def of_conversation(self, conversation_id: ConversationId) -> Sequence[ConversationLink]:
        """All tickets that this conversation belongs to, now or formerly, each once; several after a merge."""
        ...

    async def retire(self, conversation_id: ConversationId, number: TicketNumber | None, link_id: LinkId) -> None:
        """The ticket goes on in another conversation; answers in this one, and its number, still lead to it, and so
        they do to any other ticket that went on from here. Idempotent.
        """
        ...

    async def asked(self) -> Sequence[ConversationLink]:
        """Those whose member was asked whether it is solved and has not answered; asked longest ago first."""
        ...

    async def unfinished(self, after: LinkId, limit: int) -> Sequence[ConversationLink]:
        """Tickets with a conversation that is not closed, in the order of their ids, from ``after`` on (exclusive)."""
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

    async def is_busy(self, ordering_key: str) -> bool:
        """Whether anything with this key is pending."""
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


class Threads(Protocol):
    """The help desk's threads that were seen or written, each remembered for good."""

    async def known(self, thread_ids: Collection[ThreadId]) -> Mapping[ThreadId, KnownThread]:
        """Those of the threads that are remembered."""
        ...

    async def save(self, *threads: KnownThread) -> None:
        """Remember them as they are now; replaces what was remembered."""
        ...

    async def written_by(self, delivery_id: DeliveryId) -> KnownThread | None:
        """The thread that this delivery wrote, if it is remembered."""
        ...

    async def own_of(self, link_id: LinkId) -> Sequence[ThreadId]:
        """The threads that the bot wrote for this ticket, oldest first."""
        ...

    async def waiting(self) -> Sequence[KnownThread]:
        """Those whose wait has an end, in the order of their ends."""
        ...


class Versions(Protocol):
    """Messages that were edited: the newest version, and which one the help desk has."""

    async def get(self, dedup_key: str) -> MessageVersion | None:
        """By the message's key; None for one that was never edited."""
        ...

    async def save(self, version: MessageVersion) -> None:
        """Remember it; replaces what was remembered of this message."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did what from where, and when."""

    at: datetime
    actor: str
    place: str
    action: str
    ticket: str
    detail: str


class Audit(Protocol):
    """Who did what from where."""

    async def of(self, *tickets: str) -> Sequence[AuditLine]:
        """The lines recorded under any of these names of a ticket, oldest first."""
        ...

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
    def threads(self) -> Threads: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def sla(self) -> SlaTickets: ...
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

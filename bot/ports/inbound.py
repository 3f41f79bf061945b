"""What the edges may call: they never see a use case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.domain.chat import Author, ChatAddress, ChatMessage, Platform
from bot.domain.commands import CommandReply, Invocation, TicketSuggestion
from bot.domain.ids import LinkId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The message is stored and will be filed; ``opened`` tells whether it opened a ticket."""

    link_id: LinkId
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The message was received before; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The message is none of the bot's business, and why."""

    reason: str


IntakeResult: TypeAlias = Accepted | Duplicate | Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in at once: messages in their order, and the cursors to remember with them (None forgets one)."""

    platform: Platform
    messages: tuple[ChatMessage, ...] = ()
    remember: Mapping[str, str | None] = field(default_factory=dict)


class MessageIntake(Protocol):
    """Where chat messages enter."""

    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        """Store, decide and promise for each message, and move the cursors, in one transaction; returns once durable.

        Idempotent by message. Makes no network call. One result per message, in order.
        """
        ...

    async def recall(self, platform: Platform, prefix: str = "") -> Mapping[str, str]:
        """What the adapter remembered, by name."""
        ...


class ChatEvents(Protocol):
    """What else happens in chat and people must be told of."""

    async def unreadable(self, address: ChatAddress, message_id: str, author: Author, link: str) -> None:
        """An encrypted message could not be read for minutes: ask its author again, tell staff. Idempotent."""
        ...

    async def left(self, address: ChatAddress, dedup: str) -> None:
        """The bot was removed from a watched room: staff is told once per ``dedup``."""
        ...

    async def gap_skipped(self, address: ChatAddress, description: str, dedup: str) -> None:
        """Messages of a downtime lie beyond ``backfill_hours``, or cannot be read: staff is told once per ``dedup``."""
        ...


class CommandRunner(Protocol):
    """Where commands enter."""

    async def run(self, invocation: Invocation) -> CommandReply:
        """Carry it out and say what to answer; refusals and mistakes are answers too. Idempotent by ``invocation_id``.

        Raises nothing but ``StoreError``; with the help desk down and the ticket unknown, the answer says so.
        """
        ...


class Suggestions(Protocol):
    """Answers while somebody types, from our own store."""

    async def tickets(self, typed: str, author: Author) -> Sequence[TicketSuggestion]:
        """At most 25 open tickets that fit; none for those who may not triage. Never asks the help desk."""
        ...


class PartState(StrEnum):
    """How a part is doing."""

    STARTING = "starting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"
    UNVERIFIED = "unverified"


class HealthReports(Protocol):
    """Where legs say how they are."""

    def report(self, part: str, state: PartState, detail: str = "") -> None:
        """A part ("discord", "freescout", ...) is in this state now; ``detail`` is for people. Cheap; call often."""
        ...

    def progress(self, part: str) -> None:
        """The part did something that works (a sync, a heartbeat): its "last success"."""
        ...


class WebStatus(Protocol):
    """What the web server tells about health."""

    async def alive(self) -> tuple[bool, Mapping[str, object]]:
        """Event loop and pump moved within 30 s and the store is writable; with details as JSON."""
        ...

    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Store and the configured chat platforms are connected; with each part, its state and since when."""
        ...


SHUTDOWN_GRACE = timedelta(seconds=7)
"""How long the outbox may drain after SIGTERM; the process is gone within 15 s."""

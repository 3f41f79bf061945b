"""What the edges may call: they never see a use case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.domain.chat import Author, ChatAddress, ChatEvent, ChatMessage, Platform, Pressed
from bot.domain.commands import CommandForm, CommandReply, Invocation, TicketSuggestion
from bot.domain.ids import ConversationId, LinkId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It is stored and will be carried out; ``opened`` tells whether it opened a ticket."""

    link_id: LinkId
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """It was received before; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """It is none of the bot's business, and why."""

    reason: str


IntakeResult: TypeAlias = Accepted | Duplicate | Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in at once, in its order: messages, edits, deletions, reactions; and the cursors to remember with it
    (None forgets one).
    """

    platform: Platform
    events: tuple[ChatEvent, ...] = ()
    remember: Mapping[str, str | None] = field(default_factory=dict)


class MessageIntake(Protocol):
    """Where chat messages, and what becomes of them, enter."""

    async def accept(self, arrival: Arrival) -> Sequence[IntakeResult]:
        """Store, decide and promise for each event, and move the cursors, in one transaction; returns once durable.

        Idempotent by event. Makes no network call. One result per event, in order. Edits, deletions and reactions of
        messages that belong to no ticket are ignored, so adapters need not know which do.
        """
        ...

    async def standing_in(self, address: ChatAddress) -> Sequence[str]:
        """The ids of the newest hundred members' messages in exactly this place that belong to a ticket and are not
        known to be deleted: to be compared with a history that is fetched again after a downtime.
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

    async def pressed(self, pressed: Pressed) -> CommandReply:
        """Somebody pressed a button or used a menu: carry it out and say what to answer, to them alone, and how the
        message looks now (``card``), if it changes. Idempotent by ``press_id``.

        Raises nothing but ``StoreError``.
        """
        ...


class HelpDeskEvents(Protocol):
    """Where the help desk says that something happened."""

    def changed(self, conversation_id: ConversationId, *, replied: bool) -> None:
        """This conversation is to be read again soon. ``replied``: the help desk says that an agent's reply can no
        longer be taken back. Returns at once; what is missed is found by the sweep.
        """
        ...


class CommandRunner(Protocol):
    """Where commands enter."""

    async def run(self, invocation: Invocation) -> CommandReply:
        """Carry it out and say what to answer; refusals and mistakes are answers too. Idempotent by ``invocation_id``.

        Raises nothing but ``StoreError``; with the help desk down and the ticket unknown, the answer says so.
        """
        ...

    async def form(self, invocation: Invocation) -> CommandForm | CommandReply:
        """The form in which this command's options are filled in for the message or place it was run on, or why there
        is none. From the store and the author's roles alone, since a form must come at once. Raises ``StoreError``.
        """
        ...

    async def make_ticket(self, message: ChatMessage, by: Author) -> CommandReply:
        """Make this message a ticket, wherever it stands; idempotent by message. Raises nothing but ``StoreError``."""
        ...


class Suggestions(Protocol):
    """Answers while somebody types, from our own store."""

    async def tickets(self, typed: str, author: Author) -> Sequence[TicketSuggestion]:
        """At most 25 open tickets that fit; none for those who are not staff. Never asks the help desk."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What a web endpoint answers: a status and, for people, a line of text."""

    status: int
    text: str = ""


class WebEndpoint(Protocol):
    """Takes one POST: bounded raw body in, status out."""

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> WebAnswer:
        """Answer; ``headers`` are looked up whatever their case. Raises ``WebhookError`` for what cannot be trusted."""
        ...


SHUTDOWN_GRACE = timedelta(seconds=7)
"""How long the outbox may drain after SIGTERM; the process is gone within 15 s."""

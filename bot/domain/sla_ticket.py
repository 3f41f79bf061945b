"""A ticket as its clocks see it, kept in the store: what happened, what was decided for good, what was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.helpdesk import Status
from bot.domain.ids import AgentId, ConversationId, LinkId, ThreadId, TicketNumber
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind, Priority

SlaTicketId = NewType("SlaTicketId", str)


class Origin(StrEnum):
    """Where a request came from."""

    DISCORD = "discord"
    MATRIX = "matrix"
    EMAIL = "email"
    GITHUB = "github"


ORIGIN_NAMES = {
    Origin.DISCORD: "Discord",
    Origin.MATRIX: "Matrix",
    Origin.EMAIL: "e-mail",
    Origin.GITHUB: "GitHub",
}
"""As people read them within a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a clock ended or was breached, recorded when it happened: later changes of calendar or policy leave it alone.

    ``stopped_at`` is None while a breached clock still runs; ``consumed`` is then what had been at the breach.
    """

    kind: ClockKind
    due_at: datetime | None
    consumed: timedelta
    target: timedelta
    business: bool
    policy: str
    calendar: str
    stopped_at: datetime | None = None
    breached_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A warning or breach that was told, or passed over for a higher one: each once per due instant.

    ``at`` is when that share was used up: a later pause moves the due instant, but not what was used up before.
    """

    kind: ClockKind
    due_at: datetime
    level: float
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaTicket:
    """One request with its clocks.

    ``desk`` are the events that the help desk shows (each look replaces them), ``ours`` those that happened in chat or
    by the bot. ``priority`` is provisional until somebody triaged; ``suggestion`` is why it was suggested.
    ``picked_label`` and ``picked_priority`` are what was chosen on the card so far. ``shown`` is what the help desk's
    field for the clocks was last made to say. ``opening_thread`` is a mail's first entry, by which it is found again in
    the conversation that it was merged into.
    """

    ticket_id: SlaTicketId
    origin: Origin
    received_at: datetime
    author: str
    subject: str
    link_id: LinkId | None = None
    conversation_id: ConversationId | None = None
    number: TicketNumber | None = None
    excerpt: str = ""
    source_link: str = ""
    label: str = ""
    suggested_label: str = ""
    priority: Priority = Priority.P2
    suggestion: str = ""
    triaged_by: str = ""
    picked_label: str = ""
    picked_priority: str = ""
    status: Status = Status.ACTIVE
    assignee: str = ""
    assignee_id: AgentId | None = None
    ours: tuple[TicketEvent, ...] = ()
    desk: tuple[TicketEvent, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    told: tuple[Told, ...] = ()
    shown: str = ""
    opening_thread: ThreadId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaIndex:
    """What the store finds tickets by. ``is_open``: not closed, not cancelled. ``is_running``: some clock still runs.

    ``due_at`` is the nearest end of a running clock that is not breached yet, or of the breached one longest overdue;
    None when all are paused or stopped. ``next_at`` is when it is to be looked at again, None for never.
    ``last_at`` is the newest instant at which anything of it happened.
    """

    is_open: bool
    is_running: bool
    is_breached: bool
    due_at: datetime | None
    next_at: datetime | None
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """Which tickets to show; "" is all. A label that was only suggested counts until somebody triaged."""

    origin: str = ""
    label: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCounts:
    """How many open tickets there are: in all, breached, and without a person's triage, whatever is chosen; and by
    origin, label and priority, each as if only that filter were not set.
    """

    total: int
    breached: int
    untriaged: int
    by_origin: Mapping[str, int]
    by_label: Mapping[str, int]
    by_priority: Mapping[str, int]

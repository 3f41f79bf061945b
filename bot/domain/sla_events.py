"""What happened to a ticket, as far as its clocks care."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.helpdesk import Status
from bot.domain.sla_policy import Priority


class EventKind(StrEnum):
    """The kinds of events."""

    PRIORITIZED = "prioritized"
    CUSTOMER_WROTE = "customer wrote"
    ANSWERED = "answered"
    STATUS = "status"
    WAITS_FOR_OTHERS = "waits for others"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One event. ``at`` is when it happened for people: a message's time in chat, not when the bot heard of it.

    ``by_person``: a person of the team did it, so a triage counts as such and an answer as a response. ``priority`` and
    ``label`` come with PRIORITIZED, ``status`` with STATUS, ``reason`` with CANCELLED and where one was given.
    """

    kind: EventKind
    at: datetime
    by_person: bool = True
    priority: Priority | None = None
    label: str = ""
    status: Status | None = None
    reason: str = ""


_ORDER = {kind: index for index, kind in enumerate(EventKind)}


def in_order(events: Iterable[TicketEvent]) -> Sequence[TicketEvent]:
    """By time; of one instant, in the order of the kinds and a person's last, so that any order of arrival gives the
    same.
    """
    return sorted(events, key=lambda event: (event.at, _ORDER[event.kind], event.by_person))

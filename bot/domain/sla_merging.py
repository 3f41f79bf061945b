"""Tickets that became one: what the surviving one takes over (facts/sla.md, section 3, "Merge")."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_ticket import SlaTicket

MERGED = "merged"
"""The reason for which the clocks of the other one end."""


def inherit(survivor: SlaTicket, other: SlaTicket, now: datetime) -> SlaTicket:
    """The start of the older one, the earliest answer of the other where this one has none, and the higher of both
    priorities.
    """
    ours = survivor.ours
    if not _answers(survivor):
        ours = (*ours, *_answers(other)[:1])
    if other.priority < survivor.priority:
        by_person = bool(other.triaged_by)
        raised = TicketEvent(
            kind=EventKind.PRIORITIZED, at=now, by_person=by_person, priority=other.priority, reason=MERGED
        )
        survivor = replace(
            survivor,
            priority=other.priority,
            label=survivor.label or other.label,
            triaged_by=survivor.triaged_by or other.triaged_by,
        )
        ours = (*ours, raised)
    return replace(survivor, ours=ours, received_at=min(survivor.received_at, other.received_at))


def was_cancelled(ticket: SlaTicket, reason: str) -> bool:
    """Whether its clocks were ended for this reason by the bot itself."""
    return any(one.kind is EventKind.CANCELLED and one.reason == reason for one in ticket.ours)


def _answers(ticket: SlaTicket) -> Sequence[TicketEvent]:
    """Answers by people, earliest first."""
    found = (one for one in (*ticket.ours, *ticket.desk) if one.kind is EventKind.ANSWERED and one.by_person)
    return sorted(found, key=lambda one: one.at)

"""Priorities lowered when a clock had nearly run out: worth a look, since figures can be polished so."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_state import ClockState
from bot.domain.sla import clock_states
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy
from bot.domain.sla_ticket import SlaTicket

LAST_TENTH = 0.9
_CLOCKS = (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)


def late_downgrades(
    ticket: SlaTicket,
    events: Sequence[TicketEvent],
    policy: SlaPolicy,
    calendar: BusinessTime,
    *,
    start: datetime,
    end: datetime,
) -> int:
    """How often, from ``start`` to before ``end``, a person lowered the priority while a clock that depends on it was
    in its last tenth, and not breached yet. ``events`` are the ticket's, in order.

    A breached clock keeps its breach, so lowering the priority then gains nothing.
    """
    found, before = 0, Priority.P2
    for index, event in enumerate(events):
        if event.priority is None:
            continue
        lowered, before = event.priority > before, event.priority
        if lowered and event.by_person and max(start, ticket.received_at) <= event.at < end:
            states = clock_states(ticket.received_at, events[:index], policy, calendar, event.at)
            found += any(_is_nearly_over(states[kind]) for kind in _CLOCKS)
    return found


def _is_nearly_over(state: ClockState) -> bool:
    return state.is_open and not state.is_breached and state.share >= LAST_TENTH

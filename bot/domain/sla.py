"""Clocks: from what happened to a ticket, the policy, the calendar and now to where each clock stands.

Pure and total: the same events give the same states, in whatever order they became known (facts/sla.md, section 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_run import ClockRun
from bot.domain.clock_state import RECLASSIFIED, ClockStage, ClockState, States
from bot.domain.sla_events import EventKind, TicketEvent, in_order
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy, Target
from bot.domain.sla_stages import is_answer, stages_of
from bot.domain.sla_ticket import SlaTicket, Verdict


def states_of(ticket: SlaTicket, policy: SlaPolicy, calendar: BusinessTime, now: datetime) -> States:
    """Every clock of a ticket; verdicts that were recorded stand."""
    events = in_order([*ticket.ours, *ticket.desk])
    states = clock_states(ticket.received_at, events, policy, calendar, now)
    for verdict in ticket.verdicts:
        states[verdict.kind] = _with_verdict(states[verdict.kind], verdict)
    return states


def clock_states(
    received_at: datetime, events: Sequence[TicketEvent], policy: SlaPolicy, calendar: BusinessTime, now: datetime
) -> dict[ClockKind, ClockState]:
    """Every clock from the events (in order) alone."""
    # What is ahead of our clock counts when it comes, but for the request itself and what was guessed with it.
    counted = [event for event in events if event.at <= max(now, received_at)]
    changes = stages_of(received_at, counted, policy)
    priorities = _priorities(received_at, counted)
    return {
        kind: ClockRun(kind, policy, calendar, now, changes, priorities).state(
            _stop(kind, received_at, counted, policy)
        )
        for kind in ClockKind
    }


def verdict_of(
    state: ClockState, policy: SlaPolicy, calendar: BusinessTime, known: Verdict | None = None
) -> Verdict | None:
    """What is to be recorded of a clock for good: that it stopped, or that it was breached; ``known`` if that is it."""
    if state.stage is not ClockStage.STOPPED and not state.is_breached:
        return None
    if known is not None and (known.stopped_at, known.breached_at) == (state.stopped_at, state.breached_at):
        return known
    return Verdict(
        kind=state.kind,
        due_at=state.due_at,
        consumed=state.consumed,
        target=state.target.amount,
        business=state.target.business,
        policy=policy.version,
        calendar=calendar.version,
        stopped_at=state.stopped_at,
        breached_at=state.breached_at,
        reason=state.reason,
    )


def _with_verdict(state: ClockState, verdict: Verdict) -> ClockState:
    if verdict.stopped_at is not None and verdict.stopped_at == state.stopped_at:
        return replace(
            state,
            target=Target(amount=verdict.target, business=verdict.business),
            consumed=verdict.consumed,
            due_at=verdict.due_at,
            breached_at=verdict.breached_at,
            reason=verdict.reason,
        )
    if verdict.breached_at is None or not _counted_at(state, verdict):
        return state
    return replace(state, breached_at=verdict.breached_at, reason=verdict.reason)


def _counted_at(state: ClockState, verdict: Verdict) -> bool:
    """Whether the clock was still to be served when it was recorded as breached: what is read from the help desk is
    known a little later than it happened, and an answer or a pause in time makes that breach none.
    """
    at = verdict.breached_at
    assert at is not None
    if verdict.reason == RECLASSIFIED:  # the new priority found it late, whether it ran just then or not
        return state.stopped_at is None or state.stopped_at > at
    last = at if state.stopped_at != at else at + timedelta.resolution  # what stops exactly when it is due is met
    return any(span.start <= at and (span.end is None or span.end >= last) for span in state.spans)


def _priorities(received_at: datetime, events: Iterable[TicketEvent]) -> Sequence[tuple[datetime, Priority]]:
    """Which priority counted from when on; P2 where nobody has said anything."""
    found = [(max(event.at, received_at), event.priority) for event in events if event.priority is not None]
    if not found or found[0][0] > received_at:
        found.insert(0, (received_at, Priority.P2))
    return [one for index, one in enumerate(found) if not index or found[index - 1][1] is not one[1]]


def _stop(kind: ClockKind, received_at: datetime, events: Iterable[TicketEvent], policy: SlaPolicy) -> datetime | None:
    """When somebody did what the clock waits for; the resolution's clock is told by the stages."""
    for event in events:
        if event.at < received_at:
            continue
        is_triage = event.kind is EventKind.PRIORITIZED and event.by_person
        if (kind is ClockKind.TRIAGE and is_triage) or (kind is ClockKind.FIRST_RESPONSE and is_answer(event, policy)):
            return event.at
    return None

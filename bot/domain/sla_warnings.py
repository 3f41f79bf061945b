"""Which warning is due, and when a ticket is to be looked at again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_state import RECLASSIFIED, ClockState, States, Warned
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import SlaIndex, SlaTicket, Told

AT_CLOSING = timedelta(minutes=2)
"""A share that is used up just when the team goes home is told then, not the next morning."""

_AFTER_DUE = timedelta(milliseconds=1)
BREACH = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWarning:
    """What is to be told of a clock now: its highest level that is due and untold."""

    state: ClockState
    warned: Warned

    @property
    def is_breach(self) -> bool:
        """Whether the whole target is used up."""
        return self.warned.level >= BREACH


def untold(ticket: SlaTicket, states: States, now: datetime) -> Iterator[DueWarning]:
    """Per clock the highest level that is due, unless it or a higher one was told for this due instant.

    A closed ticket is nobody's urgent work: nothing is told of it, whatever clock of it still runs.
    """
    if not states[ClockKind.RESOLUTION].is_open:
        return
    for state in states.values():
        if state.due_at is None:
            continue  # it waits for somebody else, and is due at no known instant
        due = [one for one in state.warnings if _is_due(one, now)]
        if due and not _is_told(ticket, state, due[-1]):
            yield DueWarning(state=state, warned=due[-1])


def may_tell(ticket: SlaTicket, warning: DueWarning, calendar: BusinessTime, now: datetime) -> bool:
    """Business clocks stand still at night, and so does what is told of them; P0 goes round the clock."""
    if ticket.priority is Priority.P0 or not warning.state.target.business or calendar.is_open(now):
        return True
    return not warning.is_breach and now - warning.warned.at < AT_CLOSING


def told(ticket: SlaTicket, warning: DueWarning) -> SlaTicket:
    """The same, with this level and all below it told for this due instant."""
    assert warning.state.due_at is not None
    kept = [one for one in ticket.told if one.kind is not warning.state.kind or one.due_at != warning.state.due_at]
    warned = warning.warned
    new = Told(kind=warning.state.kind, due_at=warning.state.due_at, level=warned.level, at=warned.at)
    return replace(ticket, told=(*kept, new))


def index_of(ticket: SlaTicket, states: States, calendar: BusinessTime, now: datetime) -> SlaIndex:
    """What the store finds it by."""
    clocks = [state for state in states.values() if state.is_open]
    ends = [state.due_at for state in clocks if state.due_at is not None]
    events = [event.at for event in (*ticket.ours, *ticket.desk) if event.at <= now]
    verdicts = [at for one in ticket.verdicts for at in (one.stopped_at, one.breached_at) if at is not None]
    return SlaIndex(
        is_open=states[ClockKind.RESOLUTION].is_open,
        is_running=bool(clocks),
        is_breached=any(state.is_breached for state in clocks),
        due_at=min(ends, default=None),
        next_at=_next_look(ticket, states, calendar, now),
        last_at=max([ticket.received_at, *events, *verdicts]),
    )


def _next_look(ticket: SlaTicket, states: States, calendar: BusinessTime, now: datetime) -> datetime | None:
    looks = [
        one.at if one.level < BREACH else one.at + _AFTER_DUE
        for state in states.values()
        for one in state.warnings
        if not _is_due(one, now)
    ]
    looks.extend(event.at for event in (*ticket.ours, *ticket.desk) if event.at > now)  # ahead of our clock
    waiting = list(untold(ticket, states, now))
    if any(may_tell(ticket, one, calendar, now) for one in waiting):
        looks.append(now)
    elif waiting:
        looks.extend(start for start, _ in [*islice(calendar.intervals(now), 1)])
    return min(looks, default=None)


def _is_due(warned: Warned, now: datetime) -> bool:
    """A breach begins with the first instant after the due one (facts/sla.md, "Instants")."""
    return warned.at < now if warned.level >= BREACH else warned.at <= now


def _is_told(ticket: SlaTicket, state: ClockState, warned: Warned) -> bool:
    """Told for this due instant, or at this very instant; of a clock whose breach was told there is no more to say."""
    if any(one.kind is state.kind and one.level >= BREACH and _is_breach(one, state) for one in ticket.told):
        return True
    return any(
        one.kind is state.kind and one.level >= warned.level and (one.due_at == state.due_at or one.at == warned.at)
        for one in ticket.told
    )


def _is_breach(one: Told, state: ClockState) -> bool:
    """Whether this is the breach that was told: of one that turned out to be none, a later one is another."""
    if state.breached_at is None:
        return False
    return one.due_at == state.breached_at or (state.reason == RECLASSIFIED and one.due_at < state.breached_at)

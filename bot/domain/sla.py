"""Clocks: from what happened to a ticket, the policy, the calendar and now to where each clock stands.

Pure and total: the same events give the same states, in whatever order they became known (facts/sla.md, section 3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.business_hours import BusinessTime
from bot.domain.sla_events import EventKind, TicketEvent, in_order
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy, Target
from bot.domain.sla_stages import Span, Stage, StageChange, is_answer, spans_of, stages_of
from bot.domain.sla_ticket import SlaTicket, Verdict

LAST_CALL = timedelta(minutes=30)
"""A P0 is warned about once more so long before its end (facts/sla.md, "Warnings")."""

RECLASSIFIED = "reclassified"
AT_RISK = 0.75


class ClockStage(StrEnum):
    """What a clock does now."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """When a share of the target is used up; level 1 is the whole of it."""

    level: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """One clock at one moment.

    ``due_at`` is the first instant at which ``consumed`` equals ``target``; None while a pause keeps it open. Met is
    what stopped at or before it; ``breached_at`` is the end of what was promised, or the instant at which a new
    priority found it in the past (``reason`` "reclassified"). ``first_stopped_at`` differs from ``stopped_at`` after a
    reopening. ``spans`` are the stretches that counted, the last without an end while it runs. ``warnings`` are planned
    ones, past and future, of a clock that has not ended.
    """

    kind: ClockKind
    stage: ClockStage
    target: Target
    consumed: timedelta
    due_at: datetime | None
    started_at: datetime
    stopped_at: datetime | None = None
    first_stopped_at: datetime | None = None
    breached_at: datetime | None = None
    reason: str = ""
    spans: tuple[Span, ...] = ()
    warnings: tuple[Warned, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it still runs or may run again by itself."""
        return self.stage in {ClockStage.RUNNING, ClockStage.PAUSED}

    @property
    def is_breached(self) -> bool:
        """Whether the promise was broken."""
        return self.breached_at is not None

    @property
    def is_met(self) -> bool:
        """Whether the promise was kept."""
        return self.stage is ClockStage.STOPPED and not self.is_breached

    @property
    def share(self) -> float:
        """How much of the target is used up; over 1 when it is overdue."""
        return self.consumed / self.target.amount

    @property
    def left(self) -> timedelta:
        """Target less consumed, negative when overdue."""
        return self.target.amount - self.consumed

    @property
    def is_at_risk(self) -> bool:
        """Whether it runs, is not breached, and three quarters are used up."""
        return self.stage is ClockStage.RUNNING and not self.is_breached and self.share >= AT_RISK


States = Mapping[ClockKind, ClockState]


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
        kind: _Run(kind, policy, calendar, now, changes, priorities).state(_stop(kind, received_at, counted, policy))
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
    if state.breached_at is None or verdict.breached_at < state.breached_at:
        return replace(state, breached_at=verdict.breached_at, reason=verdict.reason or state.reason)
    return state


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


def _going_on(spans: tuple[Span, ...], stopped_at: datetime) -> tuple[Span, ...]:
    """As if it had not been stopped: when a clock that was stopped in time would have been due."""
    if spans and spans[-1].end == stopped_at:
        return (*spans[:-1], Span(start=spans[-1].start))
    return (*spans, Span(start=stopped_at))


class _Run:
    """The computation of one clock."""

    def __init__(
        self,
        kind: ClockKind,
        policy: SlaPolicy,
        calendar: BusinessTime,
        now: datetime,
        changes: Sequence[StageChange],
        priorities: Sequence[tuple[datetime, Priority]],
    ) -> None:
        self._kind, self._policy, self._calendar, self._now = kind, policy, calendar, now
        self._changes, self._priorities = changes, priorities

    def state(self, stopped_at: datetime | None) -> ClockState:
        last = self._changes[-1]
        first_stopped_at = stopped_at
        if self._kind is ClockKind.RESOLUTION:
            closings = [change.at for change in self._changes if change.stage is Stage.CLOSED]
            first_stopped_at = closings[0] if closings else None
            stopped_at = last.at if last.stage is Stage.CLOSED else None
        counting = {Stage.OPEN} if self._kind is ClockKind.RESOLUTION else {Stage.OPEN, Stage.PAUSED, Stage.CLOSED}
        spans = spans_of(self._changes, counting, until=stopped_at)
        stage = self._stage(last, stopped_at, spans)
        targets = self._targets(stopped_at)
        target = targets[-1][1]
        breached_at, reason = self._breach(spans, targets, stopped_at)
        if stage is ClockStage.CANCELLED:
            reason = reason or last.reason
        return ClockState(
            kind=self._kind,
            stage=stage,
            target=target,
            consumed=self._consumed(spans, target),
            due_at=self._due(_going_on(spans, stopped_at) if stopped_at is not None else spans, target, target.amount),
            started_at=self._changes[0].at,
            stopped_at=stopped_at,
            first_stopped_at=first_stopped_at,
            breached_at=breached_at,
            reason=reason,
            spans=spans,
            warnings=self._warnings(spans, target) if stage in {ClockStage.RUNNING, ClockStage.PAUSED} else (),
        )

    @staticmethod
    def _stage(last: StageChange, stopped_at: datetime | None, spans: Sequence[Span]) -> ClockStage:
        if stopped_at is not None:
            return ClockStage.STOPPED
        if last.stage is Stage.CANCELLED:
            return ClockStage.CANCELLED
        return ClockStage.RUNNING if spans and spans[-1].end is None else ClockStage.PAUSED

    def _targets(self, stopped_at: datetime | None) -> Sequence[tuple[datetime, Target]]:
        """From when on which target counted; a priority given after the stop changes nothing."""
        return [
            (at, self._policy.target(self._kind, priority))
            for index, (at, priority) in enumerate(self._priorities)
            if not index or stopped_at is None or at < stopped_at
        ]

    def _breach(
        self, spans: Sequence[Span], targets: Sequence[tuple[datetime, Target]], stopped_at: datetime | None
    ) -> tuple[datetime | None, str]:
        """The first breach under any of the targets, each in the time in which it counted."""
        end = self._now if stopped_at is None else stopped_at
        for index, (since, target) in enumerate(targets):
            until = targets[index + 1][0] if index + 1 < len(targets) else end
            due_at = self._due(spans, target, target.amount)
            if due_at is None:
                continue
            if index and due_at < since:
                found_at = self._served_from(since, stopped_at)
                if found_at is not None:
                    return found_at, RECLASSIFIED
                continue
            if due_at < until and self._counts_beyond(spans, due_at, until):
                return due_at, ""
        return None, ""

    def _served_from(self, since: datetime, stopped_at: datetime | None) -> datetime | None:
        """From when on, at or after ``since``, the clock was to be served: a cancelled or closed one is not."""
        over = {Stage.CANCELLED, Stage.CLOSED} if self._kind is ClockKind.RESOLUTION else {Stage.CANCELLED}
        served = spans_of(self._changes, set(Stage) - over, until=stopped_at)
        starts = (max(span.start, since) for span in served if span.end is None or span.end > since)
        return next(starts, None)

    @staticmethod
    def _counts_beyond(spans: Sequence[Span], due_at: datetime, until: datetime) -> bool:
        """Whether the clock was still to be served after it was due: one that was cancelled or paused by then was not.

        A stop ends the last span at ``until`` at the latest, so what stops exactly when it is due is met.
        """
        return any(span.start < until and (span.end is None or span.end > due_at) for span in spans)

    def _consumed(self, spans: Sequence[Span], target: Target) -> timedelta:
        total = timedelta()
        for span in spans:
            end = self._now if span.end is None else span.end
            total += self._elapsed(target, span.start, end) if end > span.start else timedelta()
        return total

    def _due(self, spans: Sequence[Span], target: Target, amount: timedelta) -> datetime | None:
        """The first instant at which so much is consumed."""
        rest = amount
        for span in spans:
            if span.end is None:
                return self._later(target, span.start, rest)
            elapsed = self._elapsed(target, span.start, span.end)
            if elapsed >= rest:
                return self._later(target, span.start, rest)
            rest -= elapsed
        return None

    def _warnings(self, spans: Sequence[Span], target: Target) -> tuple[Warned, ...]:
        levels = {*self._policy.warn_at, 1.0}
        if self._priorities[-1][1] is Priority.P0 and target.amount > LAST_CALL:
            levels.add((target.amount - LAST_CALL) / target.amount)
        planned = ((level, self._due(spans, target, target.amount * level)) for level in sorted(levels))
        return tuple(Warned(level=level, at=at) for level, at in planned if at is not None)

    def _elapsed(self, target: Target, start: datetime, end: datetime) -> timedelta:
        return self._calendar.elapsed(start, end) if target.business else end - start

    def _later(self, target: Target, start: datetime, amount: timedelta) -> datetime:
        return self._calendar.add(start, amount) if target.business else start + amount

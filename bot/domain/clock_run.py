"""The computation of one clock from the stages of its ticket and the priorities it had."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_state import RECLASSIFIED, ClockStage, ClockState, Warned
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy, Target
from bot.domain.sla_stages import Span, Stage, StageChange, spans_of

LAST_CALL = timedelta(minutes=30)
"""A P0 is warned about once more so long before its end (facts/sla.md, "Warnings")."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class ClockRun:
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
        self._held: dict[tuple[datetime, datetime], timedelta] = {}

    def state(self, stopped_at: datetime | None) -> ClockState:
        """The state; ``stopped_at`` is when somebody did what it waits for, for clocks that stages do not stop."""
        last = self._changes[-1]
        first_stopped_at = stopped_at
        if self._kind is ClockKind.RESOLUTION:
            closings = [change.at for change in self._changes if change.stage is Stage.CLOSED]
            first_stopped_at = closings[0] if closings else None
            stopped_at = last.at if last.stage is Stage.CLOSED else None
        elif last.stage is Stage.CANCELLED and stopped_at is not None and stopped_at >= last.at:
            # What is said of a request that was none is neither late nor in time.
            stopped_at = first_stopped_at = None
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
                if found_at is not None and (found_at < until or index + 1 == len(targets)):
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
        """Counted once for each stretch, since every level of a warning asks for the same ones."""
        if not target.business:
            return end - start
        held = self._held.get((start, end))
        if held is None:
            held = self._held[start, end] = self._calendar.elapsed(start, end)
        return held

    def _later(self, target: Target, start: datetime, amount: timedelta) -> datetime:
        try:
            return self._calendar.add(start, amount) if target.business else start + amount
        except (ValueError, OverflowError):
            return NEVER  # the calendar's last day is over: there is no business time left in which it could be due


def _going_on(spans: tuple[Span, ...], stopped_at: datetime) -> tuple[Span, ...]:
    """As if it had not been stopped: when a clock that was stopped in time would have been due."""
    if spans and spans[-1].end == stopped_at:
        return (*spans[:-1], Span(start=spans[-1].start))
    return (*spans, Span(start=stopped_at))

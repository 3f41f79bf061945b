"""How long things took, gathered for a report (facts/sla.md, section 4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_state import ClockStage, ClockState, States
from bot.domain.reckoned_clocks import BY_PRIORITY
from bot.domain.report import Measure, Spread
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_stages import Span


def nearest_rank(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """The smallest of the values, in order, that ``percent`` of them do not exceed; None of none."""
    return ordered[(len(ordered) * percent + 99) // 100 - 1] if ordered else None


def clipped(spans: Iterable[Span], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches up to ``until``."""
    for span in spans:
        end = until if span.end is None else min(span.end, until)
        if span.start < end:
            yield span.start, end


class TimeTally:
    """Gathers what ended between two instants, by the priority that the ticket has now."""

    def __init__(self, start: datetime, end: datetime, calendar: BusinessTime) -> None:
        self._start, self._end, self._calendar = start, end, calendar
        self._business: defaultdict[tuple[Measure, Priority | None], list[timedelta]] = defaultdict(list)
        self._clock: defaultdict[tuple[Measure, Priority | None], list[timedelta]] = defaultdict(list)

    def take(self, priority: Priority, states: States, cycles: Iterable[Span]) -> None:
        """Gather the times of one ticket; what was cancelled has none."""
        triage, response, resolution = (states[kind] for kind in ClockKind)
        self._add(Measure.TRIAGE, priority, triage, triage.stopped_at)
        self._add(Measure.FIRST_RESPONSE, priority, response, response.stopped_at)
        self._add(Measure.FIRST_RESOLUTION, priority, resolution, resolution.first_stopped_at)
        self._add(Measure.TOTAL_RESOLUTION, priority, resolution, resolution.stopped_at)
        for cycle in cycles:
            if cycle.end is not None and self._start <= cycle.end < self._end:
                self._record(Measure.NEXT_RESPONSE, priority, [(cycle.start, cycle.end)])

    def spreads(self) -> tuple[Spread, ...]:
        """Every measure, for all priorities together and for each."""
        return tuple(self._spread(what, priority) for what in Measure for priority in BY_PRIORITY)

    def _add(self, what: Measure, priority: Priority, state: ClockState, ended_at: datetime | None) -> None:
        is_over = ended_at is not None and state.stage is not ClockStage.CANCELLED
        if is_over and ended_at is not None and self._start <= ended_at < self._end:
            self._record(what, priority, list(clipped(state.spans, ended_at)))

    def _record(self, what: Measure, priority: Priority, stretches: Sequence[tuple[datetime, datetime]]) -> None:
        business = sum((self._calendar.elapsed(start, end) for start, end in stretches), timedelta())
        clock = sum((end - start for start, end in stretches), timedelta())
        for one in (None, priority):
            self._business[what, one].append(business)
            self._clock[what, one].append(clock)

    def _spread(self, what: Measure, priority: Priority | None) -> Spread:
        business, clock = sorted(self._business[what, priority]), sorted(self._clock[what, priority])
        return Spread(
            what=what,
            priority=priority,
            count=len(business),
            business_p50=nearest_rank(business, 50),
            business_p90=nearest_rank(business, 90),
            clock_p50=nearest_rank(clock, 50),
            clock_p90=nearest_rank(clock, 90),
        )

"""How well promises were kept in some days of the calendar (facts/sla.md, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.ids import TicketNumber
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import Origin

SMALL_SAMPLE = 20
"""Below this many, a percentage or a percentile says little, and is marked."""

UNTRIAGED = "not triaged"
"""Stands for the label of tickets that have none; a mere suggestion is not counted as one."""


class Measure(StrEnum):
    """What takes its time.

    A next response runs from the oldest unanswered words of the customer, after the first answer, to the next answer.
    """

    TRIAGE = "triage"
    FIRST_RESPONSE = "first response"
    NEXT_RESPONSE = "next response"
    FIRST_RESOLUTION = "first resolution"
    TOTAL_RESOLUTION = "total resolution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """Clocks that ended in these days: stopped, or passed their due time (also those that are open still).

    ``reclassified`` are those of ``breached`` whose breach came with a new priority. ``priority`` None: all of them.
    """

    kind: ClockKind
    priority: Priority | None
    met: int
    breached: int
    cancelled: int
    reclassified: int

    @property
    def count(self) -> int:
        """How many the share is of; cancelled ones do not count."""
        return self.met + self.breached

    @property
    def share(self) -> float | None:
        """Met of all, 0 to 1; None where nothing ended."""
        return self.met / self.count if self.count else None

    @property
    def is_small(self) -> bool:
        """Whether there are too few to rely on."""
        return self.count < SMALL_SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long it took: nearest-rank percentiles, no interpolation, in business time and in clock time.

    Of what ended in these days. Only what counts for the clock is counted: a resolution without its pauses, and without
    the time between a solution and the reopening.
    """

    what: Measure
    priority: Priority | None
    count: int
    business_p50: timedelta | None
    business_p90: timedelta | None
    clock_p50: timedelta | None
    clock_p90: timedelta | None

    @property
    def is_small(self) -> bool:
        """Whether there are too few to rely on."""
        return self.count < SMALL_SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """Tickets received on one day of the calendar's zone."""

    day: date
    by_origin: Mapping[Origin, int]
    by_label: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A ticket that has had no answer yet, and since when."""

    number: TicketNumber | None
    subject: str
    priority: Priority
    received_at: datetime
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """From ``since`` up to and without ``until``, days of ``zone``. ``made_at`` is the "now" of what is open still.

    ``warned_met``: clocks of which a warning was told and which were met all the same. ``late_downgrades``: priorities
    lowered in the last tenth of a clock. ``ages``: open tickets by age ("under 1 day", ...), oldest last. ``resolved``:
    tickets closed in these days, ``reopened``: those of them that were opened again since.
    """

    since: date
    until: date
    zone: str
    made_at: datetime
    received: int
    resolved: int
    reopened: int
    attainments: tuple[Attainment, ...]
    spreads: tuple[Spread, ...]
    days: tuple[DayCount, ...]
    waiting: tuple[Waiting, ...]
    ages: tuple[tuple[str, int], ...]
    warned_met: int
    late_downgrades: int

    @property
    def reopen_rate(self) -> float | None:
        """Reopened of those resolved in these days, 0 to 1; None where none was."""
        return self.reopened / self.resolved if self.resolved else None

    @property
    def last_day(self) -> date:
        """The last day that is in it."""
        return self.until - timedelta(days=1)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all happened in these days."""
        ended = any(one.count or one.cancelled for one in self.attainments)
        return not (self.received or self.resolved or ended or any(one.count for one in self.spreads))

    def attainment(self, kind: ClockKind, priority: Priority | None = None) -> Attainment:
        """How well this promise was kept; ``KeyError`` if the report does not say."""
        for one in self.attainments:
            if one.kind is kind and one.priority is priority:
                return one
        raise KeyError(kind, priority)

    def spread(self, what: Measure, priority: Priority | None = None) -> Spread:
        """How long it took; ``KeyError`` if the report does not say."""
        for one in self.spreads:
            if one.what is what and one.priority is priority:
                return one
        raise KeyError(what, priority)

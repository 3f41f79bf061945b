"""Business time: when the team is there, and how much working time lies between two instants.

Exact to the microsecond, in UTC; local times are mapped with ``fold=0``: an ambiguous one is its first occurrence, a
skipped one moves on by the gap (facts/sla.md, "Calendar"). Written here because no library's engine gave the right
figures with several spans a day, dated shifts, breaks and 24:00 (facts/sla.md, section 5).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from typing_extensions import override

from bot.domain.business_days import BusinessDays, Spans
from bot.domain.business_years import OpenYears
from bot.domain.instants import MICROSECOND, count_of, instant_of

Interval = tuple[datetime, datetime]

_NOTHING: Mapping[str, Spans] = MappingProxyType({})


class BusinessTime(ABC):
    """What can be asked of business time. All instants are aware; results are UTC. ``ValueError`` for naive ones."""

    @property
    @abstractmethod
    def version(self) -> str:
        """A short text that changes with the calendar."""

    @abstractmethod
    def intervals(self, after: datetime) -> Iterator[Interval]:
        """The open intervals behind ``after``, ascending; of the one it lies in, the rest.

        Those of two dates may touch. Ends after the last one, where there is a last one.
        """

    @abstractmethod
    def intervals_before(self, before: datetime) -> Iterator[Interval]:
        """The same, going back: the part up to ``before`` first."""

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The earliest instant at which so much business time has passed since ``start``; nothing passes in no time.

        So it is closing time, not the next opening (facts/sla.md, section 1). ``ValueError`` for a negative duration,
        and where there is not so much left.
        """
        rest = _not_negative(duration)
        if not rest:
            return _utc(start)
        for opens, closes in self.intervals(start):
            if closes - opens >= rest:
                return opens + rest
            rest -= closes - opens
        raise _not_so_much_left()

    def subtract(self, end: datetime, duration: timedelta) -> datetime:
        """The latest instant from which so much business time passes until ``end``; ``ValueError`` as in ``add``."""
        rest = _not_negative(duration)
        if not rest:
            return _utc(end)
        for opens, closes in self.intervals_before(end):
            if closes - opens >= rest:
                return closes - rest
            rest -= closes - opens
        raise _not_so_much_before()

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Business time from ``start`` to ``end``; ``ValueError`` when that is before: no duration is negative."""
        first, last = (instant_of(count) for count in _in_order(count_of(start), count_of(end)))
        total = timedelta()
        for opens, closes in self.intervals(first):
            if opens >= last:
                break
            total += min(closes, last) - opens
        return total

    def is_open(self, at: datetime) -> bool:
        """Whether it is business time; the instant of closing is not."""
        instant = _utc(at)
        found = next(self.intervals(instant), None)
        return found is not None and found[0] <= instant


class BusinessCalendar(BusinessTime):
    """One calendar: weekly hours in a zone, and the dates that differ; holiday before shift before hours.

    ``hours`` by weekday ("mon" ... "sun"), ``shifts`` (instead of that date's hours) and ``breaks`` (cut out of them)
    by ISO date, each a sequence of spans ("09:00", "17:00"), up to "24:00". ``ValueError`` names what cannot be used.
    With shifts alone business time ends with the last of them: nothing is searched beyond.
    """

    def __init__(
        self,
        zone: str,
        hours: Mapping[str, Spans],
        *,
        shifts: Mapping[str, Spans] = _NOTHING,
        breaks: Mapping[str, Spans] = _NOTHING,
        holidays: Collection[str] = (),
    ) -> None:
        days = BusinessDays(zone, hours, shifts=shifts, breaks=breaks, holidays=holidays)
        self._version = days.version
        self._years = OpenYears(days)

    @property
    @override
    def version(self) -> str:
        return self._version

    @override
    def intervals(self, after: datetime) -> Iterator[Interval]:
        at = count_of(after)
        return (
            (instant_of(max(opens, at)), instant_of(closes))
            for year in self._years.since(at)
            for opens, closes in year.spans_after(at)
        )

    @override
    def intervals_before(self, before: datetime) -> Iterator[Interval]:
        at = count_of(before)
        return (
            (instant_of(opens), instant_of(min(closes, at)))
            for year in self._years.until(at)
            for opens, closes in year.spans_before(at)
        )

    @override
    def add(self, start: datetime, duration: timedelta) -> datetime:
        rest, at = _not_negative(duration) // MICROSECOND, count_of(start)
        if not rest:
            return instant_of(at)
        for year in self._years.since(at):
            wanted = year.passed(at) + rest
            if wanted <= year.total:
                return instant_of(year.earliest(wanted))
            rest = wanted - year.total
        raise _not_so_much_left()

    @override
    def subtract(self, end: datetime, duration: timedelta) -> datetime:
        rest, at = _not_negative(duration) // MICROSECOND, count_of(end)
        if not rest:
            return instant_of(at)
        for year in self._years.until(at):
            wanted = year.passed(at) - rest
            if wanted >= 0:
                return instant_of(year.latest(wanted))
            rest = -wanted
        raise _not_so_much_before()

    @override
    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        first, last = _in_order(count_of(start), count_of(end))
        between = self._years.between(first, last)
        return timedelta(microseconds=sum(year.passed(last) - year.passed(first) for year in between))

    @override
    def is_open(self, at: datetime) -> bool:
        instant = count_of(at)
        return any(year.is_open(instant) for year in self._years.between(instant, instant))


def _utc(at: datetime) -> datetime:
    return instant_of(count_of(at))


def _in_order(start: int, end: int) -> tuple[int, int]:
    if end < start:
        raise ValueError("the end is before the start")
    return start, end


def _not_negative(duration: timedelta) -> timedelta:
    if duration < timedelta():
        raise ValueError("a duration cannot be negative")
    return duration


def _not_so_much_left() -> ValueError:
    return ValueError("there is not so much business time left in this calendar")


def _not_so_much_before() -> ValueError:
    return ValueError("there was not so much business time before in this calendar")

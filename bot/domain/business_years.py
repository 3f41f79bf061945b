"""The open spans of a calendar year by year, added up, so that business time is found by bisection."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from bot.domain.business_days import BusinessDays
from bot.domain.instants import count_of, instant_of

_FIRST_YEAR, _LAST_YEAR = 2, 9998
"""A year at either end of all dates stays unused, so that no step out of it can fail."""

_KEPT_YEARS = 32
_NEIGHBOURS = timedelta(days=2)
"""A span begins at most so far from its own date in UTC: offsets and skipped dates are of a day at most."""

_LONGEST_SPAN = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenYear:
    """The spans that begin in one year of UTC, ascending and apart, in microseconds; ``sums`` runs up to each end."""

    starts: list[int]
    ends: list[int]
    sums: list[int]

    @property
    def total(self) -> int:
        """Open time of the year."""
        return self.sums[-1] if self.sums else 0

    def passed(self, at: int) -> int:
        """Open time of the year up to ``at``: nothing before the year, all of it after."""
        index = bisect_right(self.starts, at) - 1
        return self.sums[index] - max(self.ends[index] - at, 0) if index >= 0 else 0

    def earliest(self, amount: int) -> int:
        """When ``amount`` has passed at first; more than nothing, at most ``total``."""
        index = bisect_left(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)

    def latest(self, amount: int) -> int:
        """The last instant at which no more than ``amount`` has passed; less than ``total``."""
        index = bisect_right(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)

    def spans_after(self, at: int) -> Iterator[tuple[int, int]]:
        """Those that end after ``at``, ascending."""
        return ((self.starts[index], self.ends[index]) for index in range(bisect_right(self.ends, at), len(self.ends)))

    def spans_before(self, at: int) -> Iterator[tuple[int, int]]:
        """Those that begin before ``at``, descending."""
        return ((self.starts[index], self.ends[index]) for index in range(bisect_left(self.starts, at) - 1, -1, -1))

    def is_open(self, at: int) -> bool:
        """Whether ``at`` is in a span of this year."""
        index = bisect_right(self.starts, at) - 1
        return index >= 0 and at < self.ends[index]


class OpenYears:
    """The years of a calendar, made when first asked for; a bounded number of them is kept."""

    def __init__(self, days: BusinessDays) -> None:
        self._days = days
        first, last = days.bounds()
        self._first = max(first.year - 1, _FIRST_YEAR)
        self._last = min(last.year + 1, _LAST_YEAR)
        self._year = lru_cache(maxsize=_KEPT_YEARS)(self._made)

    def since(self, at: int) -> Iterator[OpenYear]:
        """The years, ascending, with all spans that end after ``at``. Ends where nothing is open any more."""
        return map(self._year, range(max(_year_of(at, _LONGEST_SPAN), self._first), self._last + 1))

    def until(self, at: int) -> Iterator[OpenYear]:
        """The years, descending, with all spans that begin before ``at``."""
        return map(self._year, range(min(_year_of(at), self._last), self._first - 1, -1))

    def between(self, start: int, end: int) -> Iterator[OpenYear]:
        """The years with all spans that end after ``start`` and begin up to ``end``."""
        first, last = max(_year_of(start, _LONGEST_SPAN), self._first), min(_year_of(end), self._last)
        return map(self._year, range(first, last + 1))

    def _made(self, year: int) -> OpenYear:
        begin, end = (count_of(datetime(one, 1, 1, tzinfo=UTC)) for one in (year, year + 1))
        made = OpenYear(starts=[], ends=[], sums=[])
        total, last = 0, begin
        for opens, closes in self._spans(year):
            start = max(opens, last)  # spans of two dates overlap where an offset change at midnight moves them on
            if begin <= opens < end and start < closes:
                total += closes - start
                made.starts.append(start)
                made.ends.append(closes)
                made.sums.append(total)
            last = max(last, closes)
        return made

    def _spans(self, year: int) -> list[tuple[int, int]]:
        day, until = date(year, 1, 1) - _NEIGHBOURS, date(year + 1, 1, 1) + _NEIGHBOURS
        days = (day + timedelta(days=number) for number in range((until - day).days))
        return sorted(span for day in days for span in self._days.of(day))


def _year_of(at: int, before: timedelta = timedelta()) -> int:
    instant = instant_of(at)
    return (instant - before).year if instant.year > _FIRST_YEAR else instant.year

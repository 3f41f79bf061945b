"""Calendars that followed one another: a change counts from when it was made, so the past is not rewritten."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from typing_extensions import override

from bot.domain.business_hours import BusinessCalendar, BusinessTime, Interval
from bot.domain.instants import count_of, instant_of


class CalendarHistory(BusinessTime):
    """Each calendar counts from its instant on until the next one's; the first also before.

    A holiday that is added later for a date that has passed takes nothing back (facts/sla.md, "Calendar or policy
    edited"). ``ValueError`` without any calendar, for naive instants, or when they do not rise.
    """

    def __init__(self, versions: Sequence[tuple[datetime, BusinessCalendar]]) -> None:
        if not versions:
            raise ValueError("a history needs at least one calendar")
        starts = [instant_of(count_of(at)) for at, _ in versions]
        if any(later <= earlier for earlier, later in pairwise(starts)):
            raise ValueError("the instants of a history must rise")
        self._calendars = [calendar for _, calendar in versions]
        self._changes = starts[1:]

    @property
    @override
    def version(self) -> str:
        """That of the newest calendar."""
        return self._calendars[-1].version

    @override
    def intervals(self, after: datetime) -> Iterator[Interval]:
        return self._forward(instant_of(count_of(after)))

    @override
    def intervals_before(self, before: datetime) -> Iterator[Interval]:
        return self._back(instant_of(count_of(before)))

    def _forward(self, after: datetime) -> Iterator[Interval]:
        for index, calendar in enumerate(self._calendars):
            until = self._changes[index] if index < len(self._changes) else None
            if until is not None and until <= after:
                continue
            begin = max(after, self._changes[index - 1]) if index else after
            for opens, closes in calendar.intervals(begin):
                if until is not None and opens >= until:
                    break
                yield opens, closes if until is None else min(closes, until)

    def _back(self, before: datetime) -> Iterator[Interval]:
        for index in reversed(range(len(self._calendars))):
            since = self._changes[index - 1] if index else None
            if since is not None and since >= before:
                continue
            end = min(before, self._changes[index]) if index < len(self._changes) else before
            for opens, closes in self._calendars[index].intervals_before(end):
                if since is not None and closes <= since:
                    break
                yield opens if since is None else max(opens, since), closes

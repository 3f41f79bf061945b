"""What is open on one day of a calendar, and the check of what a calendar is made of."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

Spans = Sequence[tuple[str, str]]
Pairs = tuple[tuple[int, int], ...]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY_MINUTES = 24 * 60
_ONE_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1).toordinal()


class BusinessDays:
    """The spans of each date. ``ValueError`` names what cannot be used."""

    def __init__(
        self,
        zone: str,
        hours: Mapping[str, Spans],
        *,
        shifts: Mapping[str, Spans],
        breaks: Mapping[str, Spans],
        holidays: Collection[str],
    ) -> None:
        self._zone = _zone(zone)
        unknown = [day for day in hours if day not in WEEKDAYS]
        if unknown:
            raise ValueError(f"“{unknown[0]}” is no weekday; they are {', '.join(WEEKDAYS)}")
        self._hours = {day: _minutes(spans, f"the hours of {day}") for day, spans in hours.items()}
        self._shifts = {_date(day): _minutes(spans, f"the shift of {day}") for day, spans in shifts.items()}
        self._breaks = {_date(day): _minutes(spans, f"the break of {day}") for day, spans in breaks.items()}
        self._holidays = frozenset(_date(day) for day in holidays)
        if not any(self._hours.values()) and not any(self._shifts.values()):
            raise ValueError("the calendar has no hours at all")
        content = (
            zone,
            sorted((day, spans) for day, spans in self._hours.items() if spans),
            sorted(self._shifts.items()),
            sorted((day, spans) for day, spans in self._breaks.items() if spans),
            sorted(self._holidays),
        )
        self.version = hashlib.sha256(repr(content).encode()).hexdigest()[:12]

    def bounds(self) -> tuple[date, date]:
        """No date before the first or after the second is open. With weekly hours that is all time."""
        if any(self._hours.values()):
            return date.min, date.max
        worked = [day for day, spans in self._shifts.items() if spans]
        return min(worked), max(worked)

    def of(self, day: date) -> Pairs:
        """The open spans of this date, ascending and apart, in microseconds of UTC.

        What the change of an offset makes empty is left out. A date that a zone leaves out altogether has its spans on
        the next one.
        """
        spans = [(self._instant(day, start), self._instant(day, end)) for start, end in self._open(day)]
        return _joined([(opens, closes) for opens, closes in spans if opens < closes])

    def _open(self, day: date) -> Pairs:
        if day in self._holidays:
            return ()
        spans = self._shifts.get(day)
        if spans is None:
            spans = self._hours.get(WEEKDAYS[day.weekday()], ())
        breaks = self._breaks.get(day)
        return spans if breaks is None else _cut(spans, breaks)

    def _instant(self, day: date, minutes: int) -> int:
        if minutes == _DAY_MINUTES:
            day, minutes = day + _ONE_DAY, 0
        local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self._zone)
        offset = local.utcoffset()
        assert offset is not None
        days = local.toordinal() - _EPOCH
        return ((days * _DAY_MINUTES + minutes) * 60 - offset.days * 86_400 - offset.seconds) * 1_000_000


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ValueError(f"“{name}” is no known time zone; the names look like Europe/Berlin") from error


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text) is None:  # fromisoformat would also take 2026-W01-1
            raise ValueError
        return date.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"“{text}” is no date written YYYY-MM-DD") from error


def _minutes(spans: Spans, whose: str) -> Pairs:
    """In order, with those that overlap or touch made one."""
    found: list[tuple[int, int]] = []
    for first, second in _pairs(spans, whose):
        start, end = _time(first, whose), _time(second, whose)
        if start >= end:
            raise ValueError(f"{whose}: {first} to {second} does not begin before it ends; split it at 24:00")
        found.append((start, end))
    return _joined(found)


def _pairs(spans: Spans, whose: str) -> Spans:
    try:
        return [(first, second) for first, second in spans]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{whose}: “{spans}” is no list of spans such as 09:00 to 17:00") from error


def _time(text: str, whose: str) -> int:
    try:
        match = _TIME.fullmatch(text)
    except TypeError:  # a number, or nothing at all
        match = None
    if match is None:
        raise ValueError(f"{whose}: “{text}” is no time written HH:MM, up to 24:00")
    return _DAY_MINUTES if match[1] is None else int(match[1]) * 60 + int(match[2])


def _joined(pairs: Iterable[tuple[int, int]]) -> Pairs:
    found: list[tuple[int, int]] = []
    for start, end in sorted(pairs):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _cut(spans: Pairs, breaks: Pairs) -> Pairs:
    """The spans without the breaks."""
    for out_start, out_end in breaks:
        spans = tuple(
            (start, end)
            for span_start, span_end in spans
            for start, end in ((span_start, min(span_end, out_start)), (max(span_start, out_end), span_end))
            if start < end
        )
    return spans

"""Business time told the slow way: every minute of local time is put down on the line of UTC, one by one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Spans = Sequence[tuple[str, str]]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a calendar is made of."""

    zone: str
    hours: Mapping[str, Spans]
    shifts: Mapping[str, Spans] = field(default_factory=dict)
    breaks: Mapping[str, Spans] = field(default_factory=dict)
    holidays: Collection[str] = ()


def open_minutes(calendar: Described, first: date, last: date) -> set[datetime]:
    """The beginnings of all minutes that are open on these local dates."""
    found: set[datetime] = set()
    day = first
    while day <= last:
        for begin, end in _local_spans(calendar, day):
            instant, until = _instant(calendar.zone, day, begin), _instant(calendar.zone, day, end)
            while instant < until:
                found.add(instant)
                instant += MINUTE
        day += timedelta(days=1)
    return found


def _local_spans(calendar: Described, day: date) -> list[tuple[int, int]]:
    """Runs of open minutes of a date, from a list with one entry for each of them."""
    text = day.isoformat()
    spans = calendar.shifts.get(text, calendar.hours.get(WEEK[day.weekday()], ()))
    minutes = [False] * (24 * 60 + 1)
    for is_open, some in ((True, spans), (False, calendar.breaks.get(text, ()))):
        for begin, end in some:
            for minute in range(_minute(begin), _minute(end)):
                minutes[minute] = is_open
    if text in calendar.holidays:
        return []
    edges = [minute for minute in range(len(minutes)) if minutes[minute] != (minute > 0 and minutes[minute - 1])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _instant(zone: str, day: date, minute: int) -> datetime:
    """Asked of the zone's own conversion: a skipped time goes to UTC and comes back as another."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (midnight + minute * MINUTE).replace(fold=0).astimezone(UTC)

"""How a report says dates, lengths, shares and names: the same in the terminal, in chat and on charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.ids import TicketNumber
from bot.domain.report import DayCount
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin

ALL = "all"
NOTHING = "-"

MOST_DAYS = 62
"""Longer periods are shown by week."""

_FORTNIGHT = 14
_DAYS_AFTER = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Tickets received in a day, or in the days of a week that are in the report. ``short`` is its name on a chart."""

    name: str
    short: str
    by_origin: dict[Origin, int]
    by_label: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_origin.values())


def day(of: date) -> str:
    """``Mon 16 Nov``."""
    return f"{of:%a} {of.day} {of:%b}"


def day_with_year(of: date) -> str:
    """``Mon 16 Nov 2026``."""
    return f"{day(of)} {of.year}"


def days_between(first: date, last: date) -> str:
    """``16 to 22 Nov``, ``30 Nov to 6 Dec``, ``28 Dec 2026 to 3 Jan 2027``."""
    if first == last:
        return f"{first.day} {first:%b}"
    if first.year != last.year:
        return f"{first.day} {first:%b} {first.year} to {last.day} {last:%b} {last.year}"
    month = "" if first.month == last.month else f" {first:%b}"
    return f"{first.day}{month} to {last.day} {last:%b}"


def percent(share: float | None) -> str:
    """``93.3 %``, rounded down: 100 % is said only where none is missing."""
    if share is None:
        return NOTHING
    tenths = int(round(share * 1000, 6))
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def length(span: timedelta | None) -> str:
    """``1 h 20 min``, also over a day, since a business day is not a day; "less than 1 min" below."""
    if span is None:
        return NOTHING
    minutes = int(span.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if not minutes:
        return "less than 1 min"
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


def age(span: timedelta) -> str:
    """Clock time: ``2 d 3 h`` from two days on, else as ``length``."""
    if span < _DAYS_AFTER:
        return length(span)
    hours = int(span.total_seconds()) // 3600
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def ticket(number: TicketNumber | None) -> str:
    """``#1234``."""
    return f"#{number}" if number is not None else "no number yet"


def priority(of: Priority | None) -> str:
    """``P0``, or "all" for all together."""
    return of.value if of is not None else ALL


def counted(count: int) -> str:
    """``1 ticket``, ``2 tickets``."""
    return f"{count} ticket" if count == 1 else f"{count} tickets"


def one_line(text: str) -> str:
    """Words of strangers without line feeds, control characters and marks that turn the direction of writing."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def labels_of(days: Sequence[DayCount]) -> Sequence[str]:
    """All labels, the most frequent first."""
    counts: dict[str, int] = {}
    for one in days:
        for label, count in one.by_label.items():
            counts[label] = counts.get(label, 0) + count
    return sorted(counts, key=lambda label: (-counts[label], label))


def origins_of(days: Sequence[DayCount]) -> Sequence[Origin]:
    """Where any ticket came from, in their usual order."""
    return [origin for origin in Origin if any(one.by_origin.get(origin) for one in days)]


def stretches(days: Sequence[DayCount]) -> Sequence[Stretch]:
    """Day by day, or week by week (named by the first day that is in the report) where there are many."""
    if len(days) <= MOST_DAYS:
        return [_together(day(one.day), _short(one.day, len(days)), [one]) for one in days]
    weeks: dict[tuple[int, int], list[DayCount]] = {}
    for one in days:
        year, week, _ = one.day.isocalendar()
        weeks.setdefault((year, week), []).append(one)
    names = [_week(some[0].day, days) for some in weeks.values()]
    return [_together(name, name, some) for name, some in zip(names, weeks.values(), strict=True)]


def _short(of: date, count: int) -> str:
    """``Mon 16`` in a fortnight, else ``16 Nov``: names that fit beside each other and are not said twice."""
    return f"{of:%a} {of.day}" if count <= _FORTNIGHT else f"{of.day} {of:%b}"


def _week(first: date, days: Sequence[DayCount]) -> str:
    one_year = days[0].day.year == days[-1].day.year
    return f"from {first.day} {first:%b}" if one_year else f"from {first.day} {first:%b} {first.year}"


def _together(name: str, short: str, days: Sequence[DayCount]) -> Stretch:
    origins: dict[Origin, int] = {}
    labels: dict[str, int] = {}
    for one in days:
        for origin, count in one.by_origin.items():
            origins[origin] = origins.get(origin, 0) + count
        for label, count in one.by_label.items():
            labels[label] = labels.get(label, 0) + count
    return Stretch(name=name, short=short, by_origin=origins, by_label=labels)

"""Which days a report is about: days of the calendar's zone (facts/sla.md, section 4)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.errors import CommandError

LONGEST = timedelta(days=3653)
"""Ten years."""

FIRST_DAY = date(2000, 1, 1)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``since`` up to and without ``until``; raises ValueError where that is backwards."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError(f"{self.since} is after {self.until}")

    def start(self, zone: str) -> datetime:
        """Its first instant, in UTC."""
        return midnight(self.since, zone)

    def end(self, zone: str) -> datetime:
        """The first instant after it, in UTC."""
        return midnight(self.until, zone)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a day, in UTC. A midnight that the clocks skip is when they do, of two it is the first."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def last_full_week(today: date) -> Period:
    """The last week from Monday to Sunday that is over."""
    monday = today - timedelta(days=today.weekday())
    return Period(since=monday - _WEEK, until=monday)


def period_of(first: str, last: str, *, today: date) -> Period:
    """The days that somebody asked for, ``first`` and ``last`` both included, as YYYY-MM-DD or "".

    Without both the last full week, without ``last`` up to today, without ``first`` the week that ends with ``last``.
    Raises CommandError, worded for that person.
    """
    if not first and not last:
        return last_full_week(today)
    until = _day(last, "--to") if last else max(today, _day(first, "--from"))
    since = _day(first, "--from") if first else until - _WEEK + _DAY
    if since > until:
        raise CommandError(f"--from {since} is after --to {until}. Perhaps they are the wrong way round?")
    if since > today:
        raise CommandError(f"{since} is yet to come, so there is nothing to report. Today is {today}.")
    if until - since >= LONGEST:
        raise CommandError(f"From {since} to {until} is more than ten years. Please ask for fewer days.")
    return Period(since=since, until=until + _DAY)


def _day(text: str, option: str) -> date:
    try:
        if not _ISO.fullmatch(text):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f'{option} "{text}" is no date. Please write it as year-month-day: 2026-11-16.') from error
    if day < FIRST_DAY:
        raise CommandError(f"{option} {day} is too long ago: reports begin with {FIRST_DAY}.")
    return day

"""The calendars that counted one after another, as the store remembers them between starts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.domain.business_hours import BusinessCalendar, BusinessTime
from bot.domain.calendar_history import CalendarHistory
from bot.domain.calendar_spec import spec_from

log = structlog.get_logger(__name__)

PREFIX = "calendar:"
KEPT_CALENDARS = 20
_STEP = timedelta(seconds=1)

Known = Sequence[tuple[datetime, str]]
"""Since when each calendar counts, and the calendar as text; the instants rise."""


def calendars_in(kept: Mapping[str, str], now: datetime) -> Known:
    """What is remembered; a start whose clock was ahead wrote instants that have not come: these count from now on."""
    known: list[tuple[datetime, str]] = []
    for name in sorted(name for name in kept if name.startswith(PREFIX)):
        at = datetime.fromisoformat(name.removeprefix(PREFIX))
        known.append((min(at, _next(known, now)), kept[name]))
    return known


def with_newest(known: Known, text: str, now: datetime) -> Known:
    """With this calendar counting from now on, unless it is the newest already; only so many are kept."""
    if not known or known[-1][1] != text:
        known = [*known, (_next(known, now), text)]
    return known[-KEPT_CALENDARS:]


def entries_of(known: Known, kept: Mapping[str, str]) -> Mapping[str, str | None]:
    """What to write so that exactly these are remembered; nothing where they are."""
    wanted = {f"{PREFIX}{at.isoformat()}": text for at, text in known}
    gone = (name for name in kept if name.startswith(PREFIX) and name not in wanted)
    changed = {name: text for name, text in wanted.items() if kept.get(name) != text}
    return {**dict.fromkeys(gone), **changed}


def history_of(known: Known) -> BusinessTime | None:
    """As one calendar; those that cannot be read any more are left out, None when that leaves none."""
    calendars = [(at, one) for at, text in known if (one := _calendar(at, text)) is not None]
    if len(calendars) > 1:
        return CalendarHistory(calendars)
    return calendars[0][1] if calendars else None


def _next(known: Known, now: datetime) -> datetime:
    """The instants rise whatever was done to the clock."""
    return max(now, known[-1][0] + _STEP) if known else now


def _calendar(at: datetime, text: str) -> BusinessCalendar | None:
    """A zone may be gone from the machine's list, and a newer release may have written what this one lacks."""
    try:
        return spec_from(text).calendar()
    except (ValueError, TypeError) as error:
        log.warning("former calendar left out", since=at.isoformat(), reason=str(error))
        return None

"""How the board says durations, instants and numbers, and what it links to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MINUTE = timedelta(minutes=1)
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_SAME_WEEKDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant for people and, as ``datetime`` attribute, for machines."""

    text: str
    iso: str


def span(amount: timedelta, *, business: bool = False) -> str:
    """How long, rounded down: ``45 min``, ``1 h 20 min``, ``3 d 4 h``.

    A business day has no 24 hours, so business time stays in hours. From a day on minutes say nothing.
    """
    minutes = int(abs(amount) / _MINUTE)
    hours, rest = divmod(minutes, 60)
    if minutes < 1:
        return "under 1 min"
    if hours < 1:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    if business:
        return f"{hours:,} h"
    days, hours = divmod(hours, 24)
    return f"{days:,} d {hours} h" if hours else f"{days:,} d"


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> Moment:
    """When, in the zone, as short as it is clear now: ``today 11:00``, ``Tue 11:00``, ``Tue 14 Jul 11:00``."""
    local, here = at.astimezone(zone), now.astimezone(zone)
    return Moment(text=f"{_day(local.date(), here.date())} {local:%H:%M}", iso=local.isoformat(timespec="seconds"))


def stamp(at: datetime, zone: ZoneInfo) -> Moment:
    """When, in the zone, for a page that may be looked at later: ``Tue 14 Jul 11:00``."""
    local = at.astimezone(zone)
    text = f"{DAYS[local.weekday()]} {day(local.date())} {local:%H:%M}"
    return Moment(text=text, iso=local.isoformat(timespec="seconds"))


def day(at: date, *, year: bool = False) -> str:
    """A date: ``14 Jul``, with its year when that is asked for."""
    return f"{at.day} {MONTHS[at.month - 1]}" + (f" {at.year}" if year else "")


def _day(at: date, today: date) -> str:
    apart = (at - today).days
    if apart in _NEAR:
        return _NEAR[apart]
    weekday = DAYS[at.weekday()]
    return weekday if abs(apart) < _SAME_WEEKDAY else f"{weekday} {day(at, year=at.year != today.year)}"


def percent(share: float | None) -> str:
    """A share as ``92 %``; only all of them are 100 %, and only none of them 0 %."""
    if share is None:
        return "–"
    whole = round(share * 100)
    if whole == 100 and share < 1:
        return "over 99 %"
    if whole == 0 and share > 0:
        return "under 1 %"
    return f"{whole} %"


def cut(text: str, longest: int) -> str:
    """Typed text in one line, at most so many characters."""
    line = " ".join(text[: longest * 4].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def web_link(address: str) -> str:
    """The address when a browser may be sent there; "" for anything that is not http or https."""
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return address if is_web and address.isprintable() and " " not in address else ""

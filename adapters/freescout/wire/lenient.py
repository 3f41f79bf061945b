"""Reading FreeScout's JSON whatever a version, a module or PHP made of it: what is odd reads as if it were missing."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d)[:-](\d\d)[:-](\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)


def an_object(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def a_text(value: object) -> str:
    """A text; an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def a_number(value: object) -> int | None:
    """A whole number, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def embedded(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of an embedded list."""
    entries = an_object(document.get("_embedded")).get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def an_instant(value: object) -> datetime | None:
    """An instant in UTC, as is meant where no zone is named. Some have dashes in the time (facts/freescout.md 1.1)."""
    found = _INSTANT.fullmatch(a_text(value))
    if found is None:
        return None
    sign, hours, minutes = found.group(7), found.group(8), found.group(9)
    zone = timezone(timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)) if sign else UTC
    year, month, day, hour, minute, second = (int(number) for number in found.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def a_http_date(value: str | None) -> datetime | None:
    """The instant of a ``Date`` header."""
    try:
        found = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)

"""Discord's markup as people see it, for a terminal: names, times and plain words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_MENTION = re.compile(r"<@&?!?(\d+)>")
_STAMP = re.compile(r"<t:(\d+)(?::([a-zA-Z]))?>")
_MARKS = re.compile(r"\*\*|^> ", re.MULTILINE)
_LONG_LINK = re.compile(r"(https?://\S{30})\S{10,}")
_BLANKS = re.compile(r"\s+")
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def as_read(text: str, names: Mapping[int, str], now: datetime) -> str:
    """The text on one line, with `names` by id, times in UTC, distances counted from `now`, and long links cut."""
    text = _MENTION.sub(lambda found: f"@{names.get(int(found[1]), 'somebody')}", text)
    text = _STAMP.sub(lambda found: _time(datetime.fromtimestamp(int(found[1]), UTC), found[2], now), text)
    text = _LONG_LINK.sub(r"\1…", text)
    return _BLANKS.sub(" ", _MARKS.sub("", text)).strip()


def _time(moment: datetime, style: str | None, now: datetime) -> str:
    if style != "R":
        return f"{moment:%a %H:%M} UTC"
    away = abs(moment - now)
    name, unit = next((each for each in _UNITS if away >= each[1] * 0.95), _UNITS[-1])
    count = max(1, round(away / unit))
    words = f"{count} {name}{'' if count == 1 else 's'}"
    return f"in {words}" if moment >= now else f"{words} ago"

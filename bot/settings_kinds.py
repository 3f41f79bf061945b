"""The kinds of values settings are made of: each says what it accepts in the words of a fault.

Nothing here looks at the world; whether a URL answers or a room exists is for ``supportbot check --live``.
"""

import re
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

PLACEHOLDER = "..."
"""What the example file writes where a value must be filled in; it counts as missing."""


class Section(BaseModel):
    """What all sections share: an unknown key is an error, and nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_DURATION = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>h|bh|bd)")
_LONGEST_DURATION = {"h": 366 * 24, "bh": 366 * 24, "bd": 366}
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_MATRIX_USER = re.compile(r"@[^:\s]+:\S+")
_MENTION = re.compile(r"role:\d+|user:\d+|@[^:\s]+:\S+")
_SQL_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a whole number, not true or false")  # noqa: TRY004 - pydantic makes faults of ValueError
    return value


def _url(value: str, *schemes: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is not a URL that can be used") from error
    if parts.scheme not in schemes or not parts.hostname or any(character.isspace() for character in value):
        raise ValueError(f"must be a full URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return value.rstrip("/")


def _http_url(value: str) -> str:
    return _url(value, "http", "https")


def _optional_http_url(value: str) -> str:
    return _url(value, "http", "https") if value else value


def _optional_websocket_url(value: str) -> str:
    return _url(value, "ws", "wss") if value else value


def _store_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    driver = _SQL_DRIVERS.get(scheme)
    if not separator or driver is None:
        raise ValueError("must begin with sqlite+aiosqlite:/// (a file) or postgresql+asyncpg:// (a server)")
    if driver.startswith("sqlite") and (rest.partition("?")[0].lstrip("/") in {"", ":memory:"} or rest[0] != "/"):
        raise ValueError("must name a file after three slashes, for example sqlite+aiosqlite:///supportbot.db")
    if driver.startswith("postgresql") and not rest.strip("/"):
        raise ValueError("must name a server and a database, for example postgresql+asyncpg://bot@db.example.org/bot")
    return f"{driver}://{rest}"


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _secret_not_blank(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty")
    return value


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _emoji(value: str) -> str:
    if not value or any(character.isspace() for character in value):
        raise ValueError("must be one emoji, for example 👀")
    return value


def _matrix_user(value: str) -> str:
    if not _MATRIX_USER.fullmatch(value):
        raise ValueError("must be a full Matrix user id, for example @alexander:example.org")
    return value


def _matrix_room(value: str) -> str:
    alias, room_id = value.startswith("#") and ":" in value, value.startswith("!") and len(value) > 1
    if not (alias or room_id) or any(character.isspace() for character in value):
        raise ValueError("must be a room alias such as #support:example.org or a room id such as !abc:example.org")
    return value


def _optional_matrix_room(value: str) -> str:
    return _matrix_room(value) if value else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:  # unknown name; a path; a folder of the zone database
        raise ValueError("is not a known time zone; the names look like Europe/Berlin or UTC") from error
    return value


def _duration(value: str) -> str:
    match = _DURATION.fullmatch(value)
    if match is None or float(match["amount"]) <= 0:
        raise ValueError("must be a duration such as 2h (round the clock), 4bh (business hours) or 3bd (business days)")
    if not 1 / 60 <= float(match["amount"]) <= _LONGEST_DURATION[match["unit"]]:
        raise ValueError("must be between a minute and a year")
    return value


def minutes_of(clock: str) -> int:
    """Minutes after midnight of ``HH:MM``; ``24:00`` is the end of the day."""
    if clock == "24:00":
        return 24 * 60
    moment = time.fromisoformat(clock)
    return moment.hour * 60 + moment.minute


def _interval(value: str) -> str:
    start, separator, end = value.partition("-")
    if not separator or not _CLOCK.fullmatch(start) or not _CLOCK.fullmatch(end):
        raise ValueError("must be written HH:MM-HH:MM, for example 09:00-17:00")
    if minutes_of(start) >= minutes_of(end):
        raise ValueError("must begin before it ends; write a night shift as two intervals, split at 24:00")
    return value


def _apart(value: tuple[str, ...]) -> tuple[str, ...]:
    spans = sorted((minutes_of(start), minutes_of(end)) for start, _, end in (item.partition("-") for item in value))
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise ValueError("has intervals that overlap")
    return value


def _some_hours(value: dict[Weekday, tuple[str, ...]]) -> dict[Weekday, tuple[str, ...]]:
    if not any(value.values()):
        raise ValueError("must name the hours of at least one weekday, or no business clock would ever end")
    return value


def _iso_date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day in the zone of sla.zone
    except ValueError as error:
        raise ValueError("must be a date written YYYY-MM-DD, for example 2026-12-24") from error


def _rising_shares(value: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 < share < 1 for share in value) or list(value) != sorted(set(value)):
        raise ValueError("must be rising shares between 0 and 1, for example [0.5, 0.75, 0.9]")
    return value


def _mentions(value: str) -> str:
    wrong = [word for word in value.split() if not _MENTION.fullmatch(word)]
    if wrong:
        raise ValueError("must be role:ID, user:ID or @user:server, several with blanks between")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Number = Annotated[int, BeforeValidator(_no_boolean)]
Id = Annotated[Number, Field(gt=0)]
"""An id another system gave: a positive whole number; text of digits is taken too."""
Port = Annotated[Number, Field(ge=0, le=65535)]
Seconds = Annotated[Number, Field(ge=0)]
AtLeastOneSecond = Annotated[Number, Field(ge=1)]
Bytes = Annotated[Number, Field(ge=0)]
Text = Annotated[str, AfterValidator(_not_blank)]
Secret = Annotated[SecretStr, AfterValidator(_secret_not_blank)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalHttpUrl = Annotated[str, AfterValidator(_optional_http_url)]
OptionalWebSocketUrl = Annotated[str, AfterValidator(_optional_websocket_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
Emoji = Annotated[str, AfterValidator(_emoji)]
MatrixUser = Annotated[str, AfterValidator(_matrix_user)]
MatrixRoom = Annotated[str, AfterValidator(_matrix_room)]
OptionalMatrixRoom = Annotated[str, AfterValidator(_optional_matrix_room)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[str, AfterValidator(_duration)]
"""Such as ``2h``, ``4bh`` or ``3bd``; from a minute to a year."""
"""A number with ``h`` (round the clock), ``bh`` (business hours) or ``bd`` (business days)."""
Intervals = Annotated[tuple[Annotated[str, AfterValidator(_interval)], ...], AfterValidator(_apart)]
WeeklyHours = Annotated[dict[Weekday, Intervals], AfterValidator(_some_hours)]
Date = Annotated[date, BeforeValidator(_iso_date)]
Shares = Annotated[tuple[float, ...], AfterValidator(_rising_shares)]
Mentions = Annotated[str, AfterValidator(_mentions)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
LogFormat = Annotated[Literal["json", "console", "auto"], BeforeValidator(_lower)]

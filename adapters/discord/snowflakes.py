"""Discord's ids tell the time: milliseconds since 2015 in their upper bits (API reference, "Snowflakes")."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_TIME_SHIFT = 22
_MILLISECOND = timedelta(milliseconds=1)


def instant_of(snowflake: int | str) -> datetime:
    """When the thing with this id was made: aware, UTC, to the millisecond."""
    return _EPOCH + _MILLISECOND * (int(snowflake) >> _TIME_SHIFT)


def snowflake_at(at: datetime) -> int:
    """The smallest id that anything made at ``at`` can have; never below zero."""
    return max(0, (at - _EPOCH) // _MILLISECOND) << _TIME_SHIFT

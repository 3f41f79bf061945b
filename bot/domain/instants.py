"""Instants as whole microseconds since 1970 in UTC: exact, and quick to compare and to add up."""

from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count_of(at: datetime) -> int:
    """The microseconds up to an aware instant; ``ValueError`` for a naive one."""
    if at.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return (at - _EPOCH) // MICROSECOND


def instant_of(count: int) -> datetime:
    """The instant, in UTC; ``ValueError`` where that would not lie in the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError as error:
        raise ValueError("an instant has to lie in the years 1 to 9999 of UTC") from error

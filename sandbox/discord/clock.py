"""The simulated world's time, and the ids that are made from it.

Time runs with the real clock and can be moved forward, so that windows of minutes or hours (a nonce's memory, an
interaction's 15 minutes, the hour after which edits are limited) are tried without waiting for them.
"""

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000
"""First millisecond of 2015: snowflakes count from here (Discord API reference, "Snowflakes")."""


class Clock:
    """Seconds since 1970, real ones plus whatever was skipped."""

    def __init__(self) -> None:
        self._skipped_seconds = 0.0

    def now(self) -> float:
        """The simulated time in seconds since 1970 (UTC)."""
        return time.time() + self._skipped_seconds

    def advance(self, seconds: float) -> None:
        """Move the world's time forward by `seconds`; nothing is waited for."""
        self._skipped_seconds += seconds


class Snowflakes:
    """Ids that rise strictly, whatever the clock does: order by id is order of creation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A fresh id, larger than all before."""
        at_ms = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, at_ms << 22)
        return self._last


def created_at(snowflake: int) -> float:
    """When an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as Discord writes instants (ISO 8601 with an offset)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()

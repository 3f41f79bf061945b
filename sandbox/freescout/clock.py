"""The simulated help desk's time.

It runs with the real clock and can be moved forward, so that undo windows and days of waiting are tried without waiting
for them. Whatever is held back in between (webhooks) waits for real seconds.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def wall_clock() -> datetime:
    """The real time."""
    return datetime.now(UTC)


class Clock:
    """Tells the time when called: the one of `running`, plus whatever was skipped."""

    def __init__(self, running: Callable[[], datetime] = wall_clock) -> None:
        self._running = running
        self._skipped = timedelta()

    def __call__(self) -> datetime:
        return self._running() + self._skipped

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds`; nothing is waited for."""
        self._skipped += timedelta(seconds=seconds)

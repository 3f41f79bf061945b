"""Time and chance, so that the core can be run at any hour and any luck."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The present, in UTC."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...

    async def sleep_until(self, at: datetime) -> None:
        """Return at ``at`` or at once when it has passed. Cancellable."""
        ...


class Dice(Protocol):
    """Chance."""

    def roll(self) -> float:
        """A number in [0, 1)."""
        ...

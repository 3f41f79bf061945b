"""The real clock and real chance: the only place that asks the machine for the time."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from bot.ports.clock import Clock, Dice

_LONGEST_NAP = timedelta(hours=1)
"""The event loop's own clock stands still while the machine is suspended; waking now and then corrects that."""


class SystemClock(Clock):
    """The machine's clock, in UTC."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    async def sleep_until(self, at: datetime) -> None:
        while (left := at - self.now()) > timedelta():  # noqa: ASYNC110 - time is what it waits for, not a condition
            await asyncio.sleep(min(left, _LONGEST_NAP).total_seconds())


class SystemDice(Dice):
    """Ordinary chance: it spreads retries and protects no secret."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311 - spreads retries; nothing depends on it being unguessable

    @override
    def roll(self) -> float:
        return self._random.random()

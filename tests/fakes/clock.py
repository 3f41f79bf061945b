"""Time and chance that a test moves by hand."""

import asyncio
import heapq
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from typing_extensions import override

from bot.ports.clock import Clock, Dice

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; any instant would do."""

_SETTLING_ROUNDS = 50
"""Turns of the event loop within which tasks on fakes come to rest: each hop of a chain of awaits takes one."""


class ManualClock(Clock):
    """A clock that stands still until ``advance`` moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    @override
    def now(self) -> datetime:
        return self._now

    @override
    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, next(self._order), woken))
        await woken

    @property
    def next_wake_at(self) -> datetime | None:
        """The instant for which the next sleeper waits, or None when nobody sleeps."""
        self._forget_cancelled()
        return self._sleepers[0][0] if self._sleepers else None

    async def advance(self, by: timedelta) -> None:
        """Let ``by`` pass: whoever sleeps is woken at its own instant, in turn, and may act before time goes on."""
        await self.advance_to(self._now + by)

    async def advance_to(self, at: datetime) -> None:
        """Let time pass until ``at``; never backwards."""
        await settle()
        while (wake_at := self.next_wake_at) is not None and wake_at <= at:
            self._now = max(self._now, wake_at)
            self._wake_due()
            await settle()
        self._now = max(self._now, at)
        await settle()

    def _wake_due(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._now:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)

    def _forget_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)


async def settle() -> None:
    """Let every task that can run without outside help do so."""
    for _ in range(_SETTLING_ROUNDS):
        await asyncio.sleep(0)


class FixedDice(Dice):
    """Chance without surprise: the given rolls in turn, the last one for ever."""

    def __init__(self, *rolls: float) -> None:
        self._rolls: Iterable[float] = iter(rolls)
        self._last = 0.0

    @override
    def roll(self) -> float:
        self._last = next(iter(self._rolls), self._last)
        return self._last

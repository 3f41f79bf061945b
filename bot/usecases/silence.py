"""Watches for questions that nobody answers."""

from datetime import timedelta

from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.usecases.confirming import Confirming

LOOK_EVERY = timedelta(minutes=1)


class Silence:
    """Looks every minute; reminders and closings are counted in days."""

    def __init__(self, *, store: Store, clock: Clock, confirming: Confirming) -> None:
        self._store = store
        self._clock = clock
        self._confirming = confirming

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)

    async def look(self) -> None:
        """Remind and close what is due."""
        if await self._store.read(lambda records: records.links.asked()):
            await self._store.write(self._confirming.watch)

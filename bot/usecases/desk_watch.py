"""Knows how the help desk is doing also while nothing is filed, so that /readyz tells the truth in quiet hours."""

from contextlib import suppress
from datetime import timedelta

from bot.domain.errors import DeliveryError
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk


class DeskWatch:
    """Asks the help desk something small now and then; the adapter tells health what came of it."""

    def __init__(self, *, desk: HelpDesk, clock: Clock, every: timedelta) -> None:
        self._desk = desk
        self._clock = clock
        self._every = every

    async def run(self) -> None:
        """Until cancelled; the first question at once."""
        while True:
            with suppress(DeliveryError):
                await self._desk.ping()
            await self._clock.sleep_until(self._clock.now() + self._every)

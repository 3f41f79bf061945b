"""Small chores beside the pump: what the command line changed, and what may be forgotten."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.delivery import Pump
from bot.usecases.files import spooled

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=2)
KEEP_DELIVERIES = timedelta(days=30)
"""Made deliveries are kept this long, so that a repeated cause still finds its effect made."""

PURGE_EVERY = timedelta(hours=6)
CLI = "cli"
CHANGED = "outbox-changed"


class Housekeeping:
    """Watches for changes by ``supportbot outbox`` and forgets old deliveries."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        pump: Pump,
        sweep: Callable[[Callable[[], Awaitable[set[DeliveryId]]]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._pump = pump
        self._sweep = sweep

    async def run(self) -> None:
        """Until cancelled."""
        await self._sweep(self._needed_copies)
        seen = ""  # what the command line changed while the pump was loading must not be missed
        purge_at = self._clock.now() + timedelta(minutes=1)
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
            mark = await self._mark()
            if mark != seen:
                seen = mark
                await self._pump.reload()
            if self._clock.now() >= purge_at:
                purge_at = self._clock.now() + PURGE_EVERY
                before = self._clock.now() - KEEP_DELIVERIES
                await self._forget(before)

    async def _forget(self, before: datetime) -> None:
        """In bounded batches, so that other works are committed in between."""
        while await self._store.write(lambda records: records.outbox.purge(before)):
            log.debug("old deliveries forgotten", before=before.isoformat())

    async def _mark(self) -> str:
        found = await self._store.read(lambda records: records.memory.recall(CLI, CHANGED))
        return found.get(CHANGED, "")

    async def _needed_copies(self) -> set[DeliveryId]:
        """The fetches whose copies a waiting delivery needs: others were left by an end before the tidying up."""

        async def work(records: Records) -> set[DeliveryId]:
            needed: set[DeliveryId] = set()
            after = -1
            while rows := await records.outbox.waiting(after, 500):
                needed |= {fetch for _, row in rows if (fetch := spooled(row.effect, row.delivery_id))}
                after = rows[-1][0]
            parked = await records.outbox.parked()
            return needed | {fetch for row in parked if (fetch := spooled(row.effect, row.delivery_id))}

        return await self._store.read(work)

"""The sweep: finds in the help desk what webhooks missed, and suffices alone where none can reach the bot."""

from datetime import datetime, timedelta

import structlog

from bot.domain.errors import DeliveryError
from bot.domain.ids import LinkId
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.desk_reader import DeskReader
from bot.usecases.replies import OWNER, Replies

log = structlog.get_logger(__name__)

SWEPT = "swept-until"
OVERLAP = timedelta(minutes=2)
"""So far each sweep reaches back behind the one before: clocks differ, and a change may become visible late."""

FIRST_REACH = timedelta(days=1)
REREAD_EVERY = timedelta(days=1)
REREAD = "re-read-at"
PAGE = 100


class Reconciliation:
    """Sweeps every ``every``, and once a day reads every open ticket's conversation again."""

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        reader: DeskReader,
        replies: Replies,
        every: timedelta,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._reader = reader
        self._replies = replies
        self._every = every

    async def run(self) -> None:
        """Until cancelled; the first sweep at once. A help desk that is away is asked again at the next turn."""
        while True:
            began_at = self._clock.now()
            try:
                await self.sweep()
                await self._reread_daily()
            except DeliveryError as error:
                log.warning("sweep not finished", reason=str(error))
            await self._clock.sleep_until(max(began_at + self._every, self._clock.now() + timedelta(seconds=1)))

    async def sweep(self) -> None:
        """Look at everything changed since the last sweep that was finished."""
        kept = await self._store.read(lambda records: records.memory.recall(OWNER, SWEPT))
        now = self._clock.now()
        since = min(datetime.fromisoformat(kept[SWEPT]), now) if SWEPT in kept else now - FIRST_REACH
        newest, began_at = since, None
        async for view in self._desk.changed(since - OVERLAP):
            if began_at is None:
                # What changes while this goes on may be missed by lists that were read before it did.
                began_at = view.as_of - (self._clock.now() - now)
                await self._replies.start(began_at)
            newest = max(newest, min(view.updated_at or since, began_at))
            await self._reader.take(view)
        if began_at is None:
            await self._replies.start(now)
        if newest.isoformat() != kept.get(SWEPT):
            await self._remember(SWEPT, newest)

    async def _reread_daily(self) -> None:
        kept = await self._store.read(lambda records: records.memory.recall(OWNER, REREAD))
        now = self._clock.now()
        if REREAD in kept and now - datetime.fromisoformat(kept[REREAD]) < REREAD_EVERY:
            return
        after = LinkId("")
        while links := await self._store.read(lambda records, start=after: records.links.unfinished(start, PAGE)):  # type: ignore[misc]
            for link in links:
                if link.conversation_id is not None:
                    self._reader.wake(link.conversation_id)
            after = links[-1].link_id
        await self._remember(REREAD, now)

    async def _remember(self, name: str, at: datetime) -> None:
        async def work(records: Records) -> None:
            await records.memory.remember(OWNER, {name: at.isoformat()})

        await self._store.write(work)

"""Makes the report of some days from the tickets in the store."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.reckoning import Reckoning
from bot.domain.report import Report
from bot.domain.report_period import Period
from bot.domain.sla_ticket import SlaTicket, SlaTicketId
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.usecases.timekeeping import Timekeeping

PAGE = 500
SLICE = 10
"""So many tickets are computed between two breaths of the event loop: a few milliseconds."""


class Reporting:
    """Reads page by page: what was written meanwhile is in or not, but no ticket is counted twice."""

    def __init__(self, *, store: Store, clock: Clock, time: Timekeeping) -> None:
        """``time`` must have loaded its calendar."""
        self._store = store
        self._clock = clock
        self._time = time

    async def report(self, since: date, until: date, *, as_of: datetime | None = None) -> Report:
        """From ``since`` up to and without ``until``; raises ValueError where that is backwards.

        ``as_of``: how clocks stood then, and without what happened later; now where it is None.
        """
        now = as_of or self._clock.now()
        period = Period(since=since, until=until)
        reckoning = Reckoning(
            period=period, zone=self._time.zone, calendar=self._time.calendar, policy=self._time.policy, now=now
        )
        after = SlaTicketId("")
        while tickets := await self._page(period, after):
            for start in range(0, len(tickets), SLICE):
                for ticket in tickets[start : start + SLICE]:
                    reckoning.take(ticket, self._time.states(ticket, now))
                await asyncio.sleep(0)
            after = tickets[-1].ticket_id
        return reckoning.report()

    def today(self) -> date:
        """Today in the calendar's zone."""
        return self._clock.now().astimezone(ZoneInfo(self._time.zone)).date()

    async def _page(self, period: Period, after: SlaTicketId) -> Sequence[SlaTicket]:
        start, end = period.start(self._time.zone), period.end(self._time.zone)
        return await self._store.read(lambda records: records.sla.touching(start, end, after, PAGE))

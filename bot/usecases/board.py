"""The board: open tickets by time left, and the report of the last weeks, kept ready."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from typing_extensions import override

from bot.domain.board import BoardClock, BoardRow, BoardView
from bot.domain.clock_state import ClockStage, ClockState
from bot.domain.errors import BotError
from bot.domain.ids import ConversationId
from bot.domain.report_charts import charts_of
from bot.domain.sla_ticket import BoardFilter, SlaTicket
from bot.ports.board import Board, BoardReport
from bot.ports.clock import Clock
from bot.ports.plots import Plots
from bot.ports.store import Store
from bot.usecases.reporting import Reporting
from bot.usecases.timekeeping import Timekeeping
from bot.usecases.tracking import Tracking

log = structlog.get_logger(__name__)

SHOWN = 200
"""So many rows are read and drawn; filters narrow the rest down."""

REPORT_DAYS = 28
REPORT_AGE = timedelta(minutes=5)
_LOOK_EVERY = timedelta(seconds=1)


class TicketBoard(Board):
    """Reads the store; what a person looks at is computed when they look."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        time: Timekeeping,
        tracking: Tracking,
        reporting: Reporting,
        plots: Plots,
        desk_address: Callable[[ConversationId], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._time = time
        self._tracking = tracking
        self._reporting = reporting
        self._plots = plots
        self._desk_address = desk_address
        self._report: BoardReport | None = None
        self._made_at: datetime | None = None
        self._wanted = asyncio.Event()

    @override
    async def view(self, chosen: BoardFilter) -> BoardView:
        tickets = await self._store.read(lambda records: records.sla.open_ones(chosen, SHOWN))
        counts = await self._store.read(lambda records: records.sla.counts(chosen))
        now = self._clock.now()
        rows = tuple(self._row(ticket, now) for ticket in tickets)
        return BoardView(now=now, zone=self._time.zone, rows=rows, counts=counts)

    @override
    async def report(self) -> BoardReport | None:
        self._wanted.set()
        return self._report

    @override
    async def changed(self, version: int, timeout: timedelta) -> int:
        until = self._clock.now() + timeout
        while self._tracking.version == version and self._clock.now() < until:
            await self._clock.sleep_until(min(self._clock.now() + _LOOK_EVERY, until))
        return self._tracking.version

    async def run(self) -> None:
        """Until cancelled: make the report when somebody looks and it is old."""
        while True:
            await self._wanted.wait()
            now = self._clock.now()
            if self._made_at is None or now - self._made_at >= REPORT_AGE or now < self._made_at:
                await self.make_report()
            self._wanted.clear()

    async def make_report(self) -> None:
        """Compute and draw it. Pictures that cannot be drawn are left out; the numbers are there all the same."""
        today = self._reporting.today()
        report = await self._reporting.report(today - timedelta(days=REPORT_DAYS - 1), today + timedelta(days=1))
        self._report = BoardReport(report=report, pictures=())
        self._made_at = self._clock.now()
        try:
            pictures = await self._plots.draw(charts_of(report))
        except BotError as error:
            log.warning("report pictures not drawn", reason=str(error))
            return
        self._report = BoardReport(report=report, pictures=pictures)

    def _row(self, ticket: SlaTicket, now: datetime) -> BoardRow:
        states = self._time.states(ticket, now)
        return BoardRow(
            number=ticket.number,
            desk_url=self._desk_address(ticket.conversation_id) if ticket.conversation_id is not None else "",
            source_link=ticket.source_link,
            subject=ticket.subject,
            author=ticket.author,
            origin=ticket.origin,
            label=ticket.label or ticket.suggested_label,
            priority=ticket.priority,
            provisional=not ticket.triaged_by,
            assignee=ticket.assignee,
            status=ticket.status,
            received_at=ticket.received_at,
            clocks=tuple(self._clock_of(state, now) for state in states.values() if state.is_open),
        )

    def _clock_of(self, state: ClockState, now: datetime) -> BoardClock:
        return BoardClock(
            kind=state.kind,
            stage=state.stage,
            share=state.share,
            target=state.target.amount,
            left=state.left,
            business=state.target.business,
            due_at=state.due_at,
            breached_at=state.breached_at,
            is_at_risk=state.is_at_risk,
            moves_until=self._moves_until(state, now),
            reason=state.reason,
        )

    def _moves_until(self, state: ClockState, now: datetime) -> datetime | None:
        """Until when its bar moves evenly: a business clock until closing time, another one until it is due."""
        if state.stage is not ClockStage.RUNNING:
            return None
        if not state.target.business:
            return state.due_at
        start, end = next(self._time.calendar.intervals(now), (None, None))
        return end if start is not None and start <= now else None

"""A board on which tests put tickets by hand."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.board import BoardClock, BoardRow, BoardView
from bot.domain.clock_state import ClockStage
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import TicketNumber
from bot.domain.report import Attainment, Measure, Report, Spread, Waiting
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import BoardFilter, OpenCounts, Origin
from bot.ports.board import Board, BoardReport
from bot.ports.clock import Clock

ZONE = "Europe/Berlin"
MOST_ROWS = 250
"""More than the page shows: how many a board hands over is its own affair."""

HOUR = timedelta(hours=1)


class FakeBoard(Board):
    """Shows ``rows`` in their order. ``broken`` is raised by ``view``; ``views`` are the filters it was asked for."""

    def __init__(self, clock: Clock, rows: Iterable[BoardRow] = ()) -> None:
        self._clock = clock
        self._version = 1
        self._changes = asyncio.Condition()
        self.rows = list(rows)
        self.made: BoardReport | None = None
        self.broken: StoreError | None = None
        self.views: list[BoardFilter] = []
        self.zone = ZONE

    async def change(self, rows: Iterable[BoardRow]) -> None:
        """Other tickets from now on."""
        async with self._changes:
            self.rows = list(rows)
            self._version += 1
            self._changes.notify_all()

    @override
    async def view(self, chosen: BoardFilter) -> BoardView:
        self.views.append(chosen)
        if self.broken is not None:
            raise self.broken
        fitting = [row for row in self.rows if _fits(row, chosen)]
        return BoardView(
            now=self._clock.now(), zone=self.zone, rows=tuple(fitting[:MOST_ROWS]), counts=counts_of(self.rows, chosen)
        )

    @override
    async def report(self) -> BoardReport | None:
        return self.made

    @override
    async def changed(self, version: int, timeout: timedelta) -> int:
        waiting = asyncio.ensure_future(self._other_than(version))
        timer = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + timeout))
        try:
            await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, timer):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        return self._version

    async def _other_than(self, version: int) -> None:
        async with self._changes:
            await self._changes.wait_for(lambda: self._version != version)


def _fits(row: BoardRow, chosen: BoardFilter) -> bool:
    values = {"origin": row.origin, "label": row.label, "priority": row.priority}
    return all(getattr(chosen, name) in {"", value} for name, value in values.items())


def counts_of(rows: Sequence[BoardRow], chosen: BoardFilter) -> OpenCounts:
    """How many of them there are."""

    def but(name: str) -> list[BoardRow]:
        others = {field.name: getattr(chosen, field.name) for field in fields(chosen) if field.name != name}
        return [row for row in rows if _fits(row, BoardFilter(**others))]

    return OpenCounts(
        total=len(rows),
        breached=sum(any(clock.breached_at is not None for clock in row.clocks) for row in rows),
        untriaged=sum(row.provisional for row in rows),
        by_origin=Counter(str(row.origin) for row in but("origin")),
        by_label=Counter(row.label for row in but("label")),
        by_priority=Counter(str(row.priority) for row in but("priority")),
    )


def a_clock(
    now: datetime,
    *,
    kind: ClockKind = ClockKind.FIRST_RESPONSE,
    stage: ClockStage = ClockStage.RUNNING,
    target: timedelta = 4 * HOUR,
    left: timedelta = HOUR,
    business: bool = True,
    moves: bool = True,
    breached: bool = False,
    reason: str = "",
) -> BoardClock:
    """A clock that is due when the time left is over, as if it were always open."""
    share = (target - left) / target
    running = stage is ClockStage.RUNNING
    return BoardClock(
        kind=kind,
        stage=stage,
        share=share,
        target=target,
        left=left,
        business=business,
        due_at=now + left if running else None,
        breached_at=now + left if breached else None,
        is_at_risk=running and not breached and share >= 0.75,
        moves_until=now + 6 * HOUR if running and moves else None,
        reason=reason,
    )


def a_row(
    now: datetime,
    number: int | None = 1001,
    *,
    subject: str = "The export is empty",
    author: str = "Mia",
    origin: Origin = Origin.DISCORD,
    label: str = "bug",
    priority: Priority = Priority.P1,
    provisional: bool = False,
    assignee: str = "Alexander",
    status: Status = Status.ACTIVE,
    age: timedelta = HOUR,
    desk_url: str = "https://desk.example.org/conversation/7",
    source_link: str = "https://discord.com/channels/1/2/3",
    clocks: Sequence[BoardClock] | None = None,
) -> BoardRow:
    """A ticket with one clock that runs, unless told otherwise."""
    return BoardRow(
        number=TicketNumber(number) if number is not None else None,
        desk_url=desk_url,
        source_link=source_link,
        subject=subject,
        author=author,
        origin=origin,
        label=label,
        priority=priority,
        provisional=provisional,
        assignee=assignee,
        status=status,
        received_at=now - age,
        clocks=(a_clock(now),) if clocks is None else tuple(clocks),
    )


def a_report(now: datetime, *, pictures: Sequence[str] = (), waiting: int = 2) -> BoardReport:
    """Four weeks: many first responses, few of everything else."""
    met = {None: 57, Priority.P0: 3, Priority.P1: 22, Priority.P2: 32}
    attainments = [
        Attainment(kind=kind, priority=priority, met=count, breached=3, cancelled=2, reclassified=1)
        for kind in (ClockKind.TRIAGE, ClockKind.FIRST_RESPONSE)
        for priority, count in met.items()
    ]
    spreads = [
        Spread(
            what=what,
            priority=priority,
            count=60 if priority is None else 9,
            business_p50=timedelta(minutes=70),
            business_p90=9 * HOUR,
            clock_p50=3 * HOUR,
            clock_p90=50 * HOUR,
        )
        for what in (Measure.TRIAGE, Measure.FIRST_RESPONSE, Measure.TOTAL_RESOLUTION)
        for priority in (None, Priority.P1)
    ]
    report = Report(
        since=(now - timedelta(days=28)).date(),
        until=now.date(),
        zone=ZONE,
        made_at=now,
        received=74,
        resolved=61,
        reopened=4,
        attainments=tuple(attainments),
        spreads=tuple(spreads),
        days=(),
        waiting=tuple(
            Waiting(
                number=TicketNumber(1200 + place),
                subject=f"Still waiting {place}",
                priority=Priority.P2,
                received_at=now - (place + 1) * HOUR,
                age=(place + 1) * HOUR,
            )
            for place in range(waiting)
        ),
        ages=(("under 1 day", 9), ("1 to 3 days", 4), ("over 3 days", 1)),
        warned_met=12,
        late_downgrades=1,
    )
    return BoardReport(report=report, pictures=tuple(pictures))

"""Computes a report from tickets and their clocks: pure, and one ticket at a time, so that a caller can take breath."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.business_hours import BusinessTime
from bot.domain.clock_state import States
from bot.domain.late_downgrades import late_downgrades
from bot.domain.reckoned_clocks import ClockTally
from bot.domain.reckoned_times import TimeTally
from bot.domain.report import UNTRIAGED, DayCount, Report, Waiting
from bot.domain.report_period import Period
from bot.domain.response_cycles import response_cycles
from bot.domain.sla_events import in_order
from bot.domain.sla_policy import ClockKind, SlaPolicy
from bot.domain.sla_stages import Stage, StageChange, stages_of
from bot.domain.sla_ticket import Origin, SlaTicket

_AGES = (
    ("under 1 day", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("1 to 4 weeks", timedelta(days=28)),
    ("4 weeks and more", timedelta.max),
)


def reckon(
    tickets: Iterable[tuple[SlaTicket, States]],
    *,
    since: date,
    until: date,
    zone: str,
    calendar: BusinessTime,
    policy: SlaPolicy,
    now: datetime,
) -> Report:
    """The report of the days from ``since`` up to and without ``until``, with clocks as they stand at ``now``."""
    reckoning = Reckoning(period=Period(since=since, until=until), zone=zone, calendar=calendar, policy=policy, now=now)
    for ticket, states in tickets:
        reckoning.take(ticket, states)
    return reckoning.report()


class Reckoning:
    """Takes each ticket once, in any order.

    What is of the past counts by when it happened, in half-open days of ``zone``. What is open still (ages, who waits)
    is as of ``now``, of tickets received before the end of the period.
    """

    def __init__(self, *, period: Period, zone: str, calendar: BusinessTime, policy: SlaPolicy, now: datetime) -> None:
        self._period, self._zone, self._calendar, self._policy, self._now = period, zone, calendar, policy, now
        self._local = ZoneInfo(zone)
        self._start, self._end = period.start(zone), period.end(zone)
        self._clocks = ClockTally(self._start, self._end)
        self._times = TimeTally(self._start, self._end, calendar)
        self._origins: defaultdict[date, Counter[Origin]] = defaultdict(Counter)
        self._labels: defaultdict[date, Counter[str]] = defaultdict(Counter)
        self._waiting: list[Waiting] = []
        self._ages: Counter[str] = Counter()
        self._resolved = self._reopened = self._late_downgrades = 0

    def take(self, ticket: SlaTicket, states: States) -> None:
        """Count one ticket with its clocks at ``now``."""
        if not ticket.received_at < min(self._end, self._now + timedelta.resolution):
            return
        events = [one for one in in_order([*ticket.ours, *ticket.desk]) if one.at <= self._now]
        changes = stages_of(ticket.received_at, events, self._policy)
        for state in states.values():
            self._clocks.take(ticket, state, changes)
        self._times.take(ticket.priority, states, response_cycles(ticket.received_at, events, self._policy))
        self._count_day(ticket)
        self._count_closings(changes)
        if states[ClockKind.RESOLUTION].is_open:
            self._count_open(ticket, states)
        self._late_downgrades += late_downgrades(
            ticket, events, self._policy, self._calendar, start=self._start, end=self._end
        )

    def report(self) -> Report:
        """What was taken so far."""
        days = tuple(self._day(day) for day in _days(self._period))
        return Report(
            since=self._period.since,
            until=self._period.until,
            zone=self._zone,
            made_at=self._now,
            received=sum(sum(day.by_origin.values()) for day in days),
            resolved=self._resolved,
            reopened=self._reopened,
            attainments=self._clocks.attainments(),
            spreads=self._times.spreads(),
            days=days,
            waiting=tuple(sorted(self._waiting, key=lambda one: (one.received_at, one.number or 0, one.subject))),
            ages=tuple((name, self._ages[name]) for name, _ in _AGES),
            warned_met=self._clocks.warned_met,
            late_downgrades=self._late_downgrades,
        )

    def _holds(self, at: datetime) -> bool:
        return self._start <= at < self._end

    def _count_day(self, ticket: SlaTicket) -> None:
        if self._holds(ticket.received_at):
            day = ticket.received_at.astimezone(self._local).date()
            self._origins[day][ticket.origin] += 1
            self._labels[day][ticket.label or UNTRIAGED] += 1

    def _count_closings(self, changes: Sequence[StageChange]) -> None:
        """A ticket that was closed several times in these days is resolved once; a cancelled one is not resolved."""
        if changes[-1].stage is Stage.CANCELLED:
            return
        closings = [index for index, one in enumerate(changes) if one.stage is Stage.CLOSED and self._holds(one.at)]
        if closings:
            self._resolved += 1
            self._reopened += any(one.stage is not Stage.CLOSED for one in changes[closings[0] + 1 :])

    def _count_open(self, ticket: SlaTicket, states: States) -> None:
        age = self._now - ticket.received_at
        self._ages[next(name for name, limit in _AGES if age < limit)] += 1
        if states[ClockKind.FIRST_RESPONSE].is_open:
            self._waiting.append(
                Waiting(
                    number=ticket.number,
                    subject=ticket.subject,
                    priority=ticket.priority,
                    received_at=ticket.received_at,
                    age=age,
                )
            )

    def _day(self, day: date) -> DayCount:
        return DayCount(day=day, by_origin=dict(self._origins[day]), by_label=dict(self._labels[day]))


def _days(period: Period) -> Iterable[date]:
    return (period.since + timedelta(days=index) for index in range((period.until - period.since).days))

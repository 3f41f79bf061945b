"""Reports of neighbouring days add up to the report of them together, whatever happened."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.helpdesk import Status
from bot.domain.report import Attainment, Report
from bot.domain.response_cycles import response_cycles
from bot.domain.sla_events import EventKind, TicketEvent, in_order
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from tests.unit.reported_week import MONDAY, NOW, POLICY, at, report_of

FIRST, LAST = MONDAY - timedelta(days=23), MONDAY + timedelta(days=10)
WEEKS_MINUTES = 28 * 24 * 60
EVENTS = st.builds(
    TicketEvent,
    kind=st.sampled_from(EventKind),
    at=st.integers(0, WEEKS_MINUTES).map(lambda minutes: at("2026-10-24 00:00") + timedelta(minutes=minutes)),
    by_person=st.booleans(),
    priority=st.none(),
    status=st.none(),
)


def whole(event: TicketEvent, priority: Priority, status: Status) -> TicketEvent:
    """With what its kind brings along."""
    return TicketEvent(
        kind=event.kind,
        at=event.at,
        by_person=event.by_person,
        priority=priority if event.kind is EventKind.PRIORITIZED else None,
        status=status if event.kind is EventKind.STATUS else None,
    )


@st.composite
def tickets(draw: st.DrawFn) -> SlaTicket:
    received = at("2026-10-24 00:00") + timedelta(minutes=draw(st.integers(0, WEEKS_MINUTES)))
    some = st.builds(whole, EVENTS, st.sampled_from(Priority), st.sampled_from(Status))
    return SlaTicket(
        ticket_id=SlaTicketId("t"),
        origin=draw(st.sampled_from(Origin)),
        label=draw(st.sampled_from(["", "bug", "question"])),
        priority=draw(st.sampled_from(Priority)),
        received_at=received,
        author="",
        subject="",
        ours=tuple(draw(st.lists(some, max_size=8))),
    )


TICKETS = st.lists(tickets(), max_size=6)
DAYS = st.dates(FIRST, LAST)


def added(some: Iterable[Report]) -> dict[tuple[ClockKind, Priority | None], tuple[int, ...]]:
    sums: dict[tuple[ClockKind, Priority | None], tuple[int, ...]] = {}
    for report in some:
        for one in report.attainments:
            key = (one.kind, one.priority)
            sums[key] = tuple(map(sum, zip(sums.get(key, (0,) * 4), figures(one), strict=True)))
    return sums


def figures(one: Attainment) -> tuple[int, int, int, int]:
    return one.met, one.breached, one.cancelled, one.reclassified


@given(TICKETS, DAYS)
@settings(deadline=None, max_examples=60)
def test_neighbouring_days_add_up(some: list[SlaTicket], border: date) -> None:
    before, after = report_of(*some, since=FIRST, until=border), report_of(*some, since=border, until=LAST)
    together = report_of(*some, since=FIRST, until=LAST)
    assert added([before, after]) == added([together])
    assert (*before.days, *after.days) == together.days
    assert before.received + after.received == together.received
    assert before.warned_met + after.warned_met == together.warned_met
    assert before.late_downgrades + after.late_downgrades == together.late_downgrades
    for one in together.spreads:
        parts = before.spread(one.what, one.priority).count + after.spread(one.what, one.priority).count
        assert one.count == parts


@given(TICKETS)
@settings(deadline=None, max_examples=60)
def test_every_ticket_and_clock_is_in_it_at_most_once(some: list[SlaTicket]) -> None:
    report = report_of(*some, since=FIRST, until=LAST)
    assert report.received == sum(one.received_at <= NOW for one in some)
    for kind in ClockKind:
        ended = report.attainment(kind)
        assert ended.count + ended.cancelled <= report.received
        by_priority = [figures(report.attainment(kind, priority)) for priority in Priority]
        assert figures(ended) == tuple(map(sum, zip(*by_priority, strict=True)))
    assert report.reopened <= report.resolved <= report.received
    assert all(sum(day.by_origin.values()) == sum(day.by_label.values()) for day in report.days)
    assert len(report.waiting) <= sum(count for _, count in report.ages)


@given(st.permutations(range(6)), st.lists(tickets(), min_size=6, max_size=6))
@settings(deadline=None, max_examples=30)
def test_the_order_of_tickets_says_nothing(order: list[int], some: list[SlaTicket]) -> None:
    figures_of = added([report_of(*some)])
    assert added([report_of(*(some[index] for index in order))]) == figures_of


@given(tickets())
@settings(deadline=None)
def test_customers_wait_for_one_answer_at_a_time(ticket: SlaTicket) -> None:
    found = response_cycles(ticket.received_at, in_order(ticket.ours), POLICY)
    ends = [one.end for one in found]
    assert None not in ends[:-1]
    for earlier, later in pairwise(found):
        assert earlier.end is not None
        assert earlier.start <= earlier.end <= later.start

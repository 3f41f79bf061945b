"""How long things took: what is measured, and how percentiles are taken (facts/sla.md, section 4)."""

from datetime import date, datetime, timedelta

import pytest

from bot.domain.helpdesk import Status
from bot.domain.reckoned_times import nearest_rank
from bot.domain.report import Measure, Spread
from bot.domain.response_cycles import response_cycles
from bot.domain.sla_events import EventKind, TicketEvent, in_order
from bot.domain.sla_policy import Priority, SlaPolicy
from bot.domain.sla_stages import Span
from bot.domain.sla_ticket import SlaTicket
from tests.unit.reported_week import (
    POLICY,
    answered,
    at,
    cancelled,
    closed,
    provisional,
    reopened,
    report_of,
    request,
    status,
    triaged,
    wrote,
)

HOUR = timedelta(hours=1)


def spread(what: Measure, *tickets: SlaTicket, priority: Priority | None = None) -> Spread:
    return report_of(*tickets).spread(what, priority)


def cycles(*events: TicketEvent, policy: SlaPolicy = POLICY) -> list[tuple[datetime, datetime | None]]:
    return [(one.start, one.end) for one in response_cycles(at("16 10:00"), in_order(events), policy)]


@pytest.mark.parametrize(
    ("count", "p50", "p90"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (9, 5, 9), (10, 5, 9), (11, 6, 10), (100, 50, 90)]
)
def test_percentiles_are_one_of_the_values_by_nearest_rank(count: int, p50: int, p90: int) -> None:
    values = [HOUR * index for index in range(1, count + 1)]
    assert (nearest_rank(values, 50), nearest_rank(values, 90)) == (HOUR * p50, HOUR * p90)


def test_there_is_no_percentile_of_nothing() -> None:
    none = spread(Measure.TRIAGE)
    assert (none.count, none.business_p50, none.clock_p90) == (0, None, None)


def test_triage_and_first_response_are_given_in_business_time_and_in_clock_time() -> None:
    ticket = request("16 16:00", triaged("17 09:30"), answered("17 10:00"))
    triage, response = spread(Measure.TRIAGE, ticket), spread(Measure.FIRST_RESPONSE, ticket)
    assert (triage.business_p50, triage.clock_p50) == (1.5 * HOUR, 17.5 * HOUR)
    assert (response.business_p90, response.clock_p90, response.count) == (2 * HOUR, 18 * HOUR, 1)


def test_late_ones_have_their_time_too() -> None:
    assert spread(Measure.FIRST_RESPONSE, request("16 09:00", answered("18 10:00"))).business_p50 == 17 * HOUR


def test_waiting_for_the_customer_is_no_time_of_first_response_but_none_of_a_resolution_either() -> None:
    ticket = request(
        "16 10:00",
        answered("16 11:00"),
        status("16 11:00", Status.PENDING),
        wrote("18 10:00"),
        closed("18 12:00"),
    )
    first, total = spread(Measure.FIRST_RESOLUTION, ticket), spread(Measure.TOTAL_RESOLUTION, ticket)
    assert (first.business_p50, first.clock_p50) == (3 * HOUR, 3 * HOUR)
    assert (total.business_p50, total.clock_p50) == (3 * HOUR, 3 * HOUR)


def test_the_first_resolution_ends_with_the_first_closing_and_the_total_leaves_out_the_time_between() -> None:
    ticket = request("16 10:00", answered("16 11:00"), closed("16 12:00"), reopened("17 10:00"), closed("17 14:00"))
    assert spread(Measure.FIRST_RESOLUTION, ticket).business_p50 == 2 * HOUR
    assert spread(Measure.TOTAL_RESOLUTION, ticket).business_p50 == 6 * HOUR


def test_a_ticket_that_is_open_again_has_a_first_resolution_only() -> None:
    ticket = request("16 10:00", answered("16 11:00"), closed("16 12:00"), reopened("17 10:00"))
    assert spread(Measure.FIRST_RESOLUTION, ticket).count == 1
    assert spread(Measure.TOTAL_RESOLUTION, ticket).count == 0


def test_what_was_cancelled_after_it_was_closed_has_no_resolution() -> None:
    ticket = request("16 10:00", closed("16 12:00"), cancelled("16 13:00"))
    assert spread(Measure.FIRST_RESOLUTION, ticket).count == 0


def test_times_count_in_the_days_in_which_they_ended() -> None:
    assert spread(Measure.FIRST_RESPONSE, request("13 16:00", answered("16 09:30"))).count == 1
    assert spread(Measure.FIRST_RESPONSE, request("13 15:00", answered("13 15:30"))).count == 0
    assert spread(Measure.FIRST_RESPONSE, request("22 15:00", answered("23 00:00"))).count == 0


def test_times_are_given_per_priority_and_for_all() -> None:
    urgent = request("16 10:00", provisional("16 10:00", Priority.P0), answered("16 11:00"))
    usual = request("16 10:00", answered("16 14:00"))
    assert spread(Measure.FIRST_RESPONSE, urgent, usual, priority=Priority.P0).business_p50 == HOUR
    assert spread(Measure.FIRST_RESPONSE, urgent, usual, priority=Priority.P1).count == 0
    assert spread(Measure.FIRST_RESPONSE, urgent, usual).business_p90 == 4 * HOUR


def test_a_next_response_runs_from_the_oldest_unanswered_words_to_the_next_answer() -> None:
    ticket = request("16 10:00", answered("16 11:00"), wrote("16 12:00"), wrote("16 13:00"), answered("16 15:00"))
    one = spread(Measure.NEXT_RESPONSE, ticket)
    assert (one.count, one.business_p50, one.clock_p50) == (1, 3 * HOUR, 3 * HOUR)


def test_words_before_the_first_answer_begin_no_cycle() -> None:
    assert cycles(wrote("16 10:30"), answered("16 11:00"), answered("16 12:00")) == []


def test_each_answer_ends_one_cycle_and_the_last_may_be_open() -> None:
    events = (answered("16 11:00"), wrote("16 12:00"), answered("16 13:00"), wrote("16 14:00"))
    assert cycles(*events) == [(at("16 12:00"), at("16 13:00")), (at("16 14:00"), None)]


def test_an_open_cycle_is_not_in_the_times() -> None:
    assert spread(Measure.NEXT_RESPONSE, request("16 10:00", answered("16 11:00"), wrote("16 12:00"))).count == 0


def test_the_answer_of_a_bot_ends_a_cycle_only_where_it_counts() -> None:
    by_bot = TicketEvent(kind=EventKind.ANSWERED, at=at("16 13:00"), by_person=False)
    events = (answered("16 11:00"), wrote("16 12:00"), by_bot, answered("16 14:00"))
    assert cycles(*events) == [(at("16 12:00"), at("16 14:00"))]
    assert cycles(*events, policy=SlaPolicy(bot_answer_counts=True)) == [(at("16 12:00"), at("16 13:00"))]


@pytest.mark.parametrize(
    "ending", [closed("16 13:00"), cancelled("16 13:00"), status("16 13:00", Status.SPAM)], ids=lambda one: one.kind
)
def test_words_after_which_the_ticket_was_closed_or_cancelled_wait_no_longer(ending: TicketEvent) -> None:
    assert cycles(answered("16 11:00"), wrote("16 12:00"), ending, answered("17 10:00")) == []


def test_a_status_without_an_end_does_not_end_a_cycle() -> None:
    events = (answered("16 11:00"), wrote("16 12:00"), status("16 12:30", Status.PENDING), answered("16 13:00"))
    assert cycles(*events) == [(at("16 12:00"), at("16 13:00"))]


def test_a_cycle_counts_in_the_days_of_its_answer() -> None:
    ticket = request("13 10:00", answered("13 11:00"), wrote("13 16:00"), answered("16 09:30"))
    assert spread(Measure.NEXT_RESPONSE, ticket).business_p50 == 1.5 * HOUR
    earlier = report_of(ticket, since=date(2026, 11, 9), until=date(2026, 11, 16))
    assert earlier.spread(Measure.NEXT_RESPONSE).count == 0


def test_an_open_stretch_is_a_span_without_an_end() -> None:
    found = response_cycles(at("16 10:00"), [answered("16 11:00"), wrote("16 12:00")], POLICY)
    assert found == [Span(start=at("16 12:00"))]

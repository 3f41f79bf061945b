"""Attainment: which clocks a report counts, and where (facts/sla.md, section 4)."""

from datetime import date, timedelta

import pytest

from bot.domain.helpdesk import Status
from bot.domain.report import Attainment, Report
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import SlaTicket, Told, Verdict
from tests.unit.reported_week import (
    CALENDAR,
    NEXT_MONDAY,
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
)

RESPONSE, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION


def figures(one: Attainment) -> tuple[int, int, int, int]:
    return one.met, one.breached, one.cancelled, one.reclassified


def response(*tickets: SlaTicket, since: date | None = None, until: date = NEXT_MONDAY) -> tuple[int, int, int, int]:
    report = report_of(*tickets, since=since or date(2026, 11, 16), until=until)
    return figures(report.attainment(RESPONSE))


def test_what_stopped_in_time_is_met() -> None:
    assert response(request("16 10:00", answered("16 11:00"))) == (1, 0, 0, 0)


def test_what_stopped_late_is_breached() -> None:
    assert response(request("16 10:00", answered("18 10:00"))) == (0, 1, 0, 0)


def test_what_is_overdue_and_still_open_is_breached() -> None:
    assert response(request("16 10:00")) == (0, 1, 0, 0)


def test_what_is_open_and_not_due_does_not_count() -> None:
    report = report_of(request("22 10:00"))
    assert {figures(one) for one in report.attainments} == {(0, 0, 0, 0)}
    assert report.attainment(RESPONSE).share is None


def test_a_share_is_met_of_met_and_breached() -> None:
    kept = [request("16 10:00", answered("16 11:00")) for _ in range(3)]
    assert report_of(*kept, request("16 10:00"), request("16 09:00", cancelled("16 10:00"))).attainment(
        RESPONSE
    ).share == pytest.approx(0.75)


def test_a_breach_counts_in_the_days_in_which_it_came_due_not_when_the_late_answer_came() -> None:
    late = request("13 10:00", answered("18 10:00"))  # due Monday 16 at 10:00
    later = request("20 10:00", answered("24 10:00"))  # due Monday 23 at 10:00
    assert response(late, later) == (0, 1, 0, 0)


def test_a_met_clock_counts_in_the_days_in_which_it_stopped() -> None:
    over_the_weekend = request("20 16:00", answered("23 09:00"))
    assert response(over_the_weekend) == (0, 0, 0, 0)
    assert response(over_the_weekend, since=NEXT_MONDAY, until=date(2026, 11, 30)) == (1, 0, 0, 0)


def test_the_first_instant_of_the_next_day_is_not_in_these_days() -> None:
    ticket = request("22 22:30", triaged("22 23:00", Priority.P0), answered("23 00:00"))
    assert response(ticket) == (0, 0, 0, 0)
    assert response(request("22 22:30", triaged("22 23:00", Priority.P0), answered("22 23:59:59"))) == (1, 0, 0, 0)


def test_what_was_cancelled_is_counted_apart_by_when_it_was_cancelled() -> None:
    ticket = request("13 16:00", cancelled("16 09:30"))
    report = report_of(ticket)
    assert [figures(report.attainment(kind)) for kind in ClockKind] == [(0, 0, 1, 0)] * 3
    earlier = report_of(ticket, since=date(2026, 11, 9), until=date(2026, 11, 16))
    assert [figures(earlier.attainment(kind)) for kind in ClockKind] == [(0, 0, 0, 0)] * 3


def test_what_was_cancelled_while_it_waited_for_the_customer_counts_when_it_was_cancelled() -> None:
    pending = status("13 11:00", Status.PENDING)
    ticket = request("13 10:00", triaged("13 10:10"), answered("13 10:30"), pending, cancelled("17 10:00"))
    assert figures(report_of(ticket).attainment(RESOLUTION)) == (0, 0, 1, 0)


def test_spam_is_cancelled() -> None:
    assert response(request("16 10:00", status("16 11:00", Status.SPAM))) == (0, 0, 1, 0)


def test_a_breach_is_not_taken_back_by_a_cancellation() -> None:
    assert response(request("16 10:00", cancelled("19 10:00"))) == (0, 1, 0, 0)


def test_a_clock_that_was_met_before_the_cancellation_stays_met() -> None:
    assert response(request("16 10:00", answered("16 11:00"), cancelled("17 10:00"))) == (1, 0, 0, 0)


def test_a_breach_that_came_with_a_new_priority_is_shown_apart() -> None:
    ticket = request("16 10:00", triaged("16 10:30"), triaged("16 16:00", Priority.P0), answered("16 16:30"))
    report = report_of(ticket)
    assert figures(report.attainment(RESPONSE)) == (0, 1, 0, 1)
    assert figures(report.attainment(RESPONSE, Priority.P0)) == (0, 1, 0, 1)


def test_clocks_count_for_the_priority_that_the_ticket_has_now_and_for_all() -> None:
    ticket = request("16 10:00", provisional("16 10:00", Priority.P1), triaged("16 10:30"), answered("16 11:00"))
    report = report_of(ticket, request("16 10:00", triaged("16 10:05", Priority.P0), answered("16 10:30")))
    by_priority = {one.priority: figures(one) for one in report.attainments if one.kind is RESPONSE}
    one, none = (1, 0, 0, 0), (0, 0, 0, 0)
    assert by_priority == {None: (2, 0, 0, 0), Priority.P0: one, Priority.P1: none, Priority.P2: one}


def test_a_reopened_resolution_counts_when_it_ends_again() -> None:
    ticket = request("16 10:00", answered("16 10:30"), closed("16 12:00"), reopened("17 10:00"), closed("23 10:00"))
    assert figures(report_of(ticket).attainment(RESOLUTION)) == (0, 0, 0, 0)
    next_week = report_of(ticket, since=NEXT_MONDAY, until=date(2026, 11, 30), now=at("30 09:00"))
    assert figures(next_week.attainment(RESOLUTION)) == (1, 0, 0, 0)


def test_a_recorded_verdict_stands_against_what_the_clock_would_say_now() -> None:
    verdict = Verdict(
        kind=RESPONSE,
        due_at=at("16 10:30"),
        consumed=timedelta(hours=1),
        target=timedelta(minutes=30),
        business=True,
        policy="former",
        calendar=CALENDAR.version,
        stopped_at=at("16 11:00"),
        breached_at=at("16 10:30"),
    )
    assert response(request("16 10:00", answered("16 11:00"), verdicts=[verdict])) == (0, 1, 0, 0)


def warned(level: float, kind: ClockKind = RESPONSE) -> Told:
    return Told(kind=kind, due_at=at("17 10:00"), level=level)


def warned_met(*tickets: SlaTicket) -> int:
    report: Report = report_of(*tickets)
    return report.warned_met


def test_a_warning_that_ended_met_is_counted_once_a_clock() -> None:
    assert warned_met(request("16 10:00", answered("16 16:30"), told=[warned(0.5), warned(0.75)])) == 1


def test_a_warning_about_another_clock_or_one_that_was_breached_all_the_same_is_not_counted() -> None:
    assert warned_met(request("16 10:00", answered("16 16:30"), told=[warned(0.5, ClockKind.TRIAGE)])) == 0
    assert warned_met(request("16 10:00", answered("18 16:30"), told=[warned(0.9), warned(1.0)])) == 0


def test_a_breach_that_was_told_is_no_warning() -> None:
    assert warned_met(request("16 10:00", answered("16 16:30"), told=[warned(1.0)])) == 0

"""What a report says about tickets: received, resolved, opened again, open, waiting (facts/sla.md, section 4)."""

from datetime import date, timedelta

import pytest

from bot.domain.helpdesk import Status
from bot.domain.report import UNTRIAGED, Report
from bot.domain.report_period import midnight
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin, SlaTicket
from tests.unit.reported_week import (
    MONDAY,
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


def received(report: Report) -> dict[date, int]:
    return {one.day: sum(one.by_origin.values()) for one in report.days}


def test_every_day_is_there_with_the_tickets_received_on_it() -> None:
    report = report_of(request("16 10:00"), request("18 10:00"), request("18 11:00"))
    assert list(received(report).values()) == [1, 0, 2, 0, 0, 0, 0]
    assert report.received == 3


def test_days_are_those_of_the_calendars_zone() -> None:
    report = report_of(request("16 00:00"), request("22 23:59"), request("15 23:59"), request("23 00:00"))
    assert list(received(report).values()) == [1, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 10, 25), "2026-10-25 00:00", "2026-10-25 23:59"),  # 25 hours
        (date(2027, 3, 28), "2027-03-28 00:00", "2027-03-28 23:59"),  # 23 hours
    ],
)
def test_the_days_on_which_clocks_change_have_all_their_hours(day: date, first: str, last: str) -> None:
    next_day = day + timedelta(days=1)
    report = report_of(request(first), request(last), since=day, until=next_day, now=at("2027-04-01 12:00"))
    assert received(report) == {day: 2}
    hours = (midnight(next_day, "Europe/Berlin") - midnight(day, "Europe/Berlin")) / timedelta(hours=1)
    assert hours == (25 if day.month == 10 else 23)


def test_a_midnight_that_is_skipped_begins_the_day_when_the_clocks_do() -> None:
    assert midnight(date(2018, 11, 4), "America/Sao_Paulo").isoformat() == "2018-11-04T03:00:00+00:00"


def test_the_first_of_two_midnights_begins_the_day() -> None:
    assert midnight(date(2026, 11, 1), "America/Havana").isoformat() == "2026-11-01T04:00:00+00:00"


def test_days_are_counted_by_origin_and_by_label_where_a_suggestion_is_no_label() -> None:
    report = report_of(
        request("16 10:00", origin=Origin.MATRIX, label="bug"),
        request("16 10:00", origin=Origin.EMAIL),
        request("16 10:00", origin=Origin.EMAIL, label="bug"),
    )
    assert report.days[0].by_origin == {Origin.MATRIX: 1, Origin.EMAIL: 2}
    assert report.days[0].by_label == {"bug": 2, UNTRIAGED: 1}


def test_a_ticket_that_is_received_after_now_is_not_known_yet() -> None:
    report = report_of(request("18 10:00"), now=at("17 10:00"))
    assert (report.received, report.waiting) == (0, ())


def closings(*tickets: SlaTicket) -> tuple[int, int]:
    report = report_of(*tickets)
    return report.resolved, report.reopened


def test_a_ticket_closed_in_these_days_is_resolved_once_however_often() -> None:
    ticket = request("16 10:00", closed("16 11:00"), reopened("17 10:00"), closed("17 11:00"))
    assert closings(ticket, request("16 10:00", closed("15 11:00")), request("09 10:00")) == (2, 1)


def test_what_was_opened_again_counts_for_the_days_in_which_it_was_closed() -> None:
    ticket = request("13 10:00", closed("13 11:00"), reopened("17 10:00"))
    assert closings(ticket) == (0, 0)
    earlier = report_of(ticket, since=date(2026, 11, 9), until=MONDAY)
    assert (earlier.resolved, earlier.reopened, earlier.reopen_rate) == (1, 1, 1.0)


def test_the_reopen_rate_is_of_the_resolved_ones() -> None:
    plain = [request("16 10:00", closed("16 11:00")) for _ in range(3)]
    again = request("16 10:00", closed("16 11:00"), reopened("17 10:00"))
    assert report_of(*plain, again).reopen_rate == pytest.approx(0.25)
    assert report_of().reopen_rate is None


def test_what_was_cancelled_is_not_resolved() -> None:
    assert closings(request("16 10:00", closed("16 11:00"), cancelled("16 12:00"))) == (0, 0)


def test_open_tickets_are_counted_by_age() -> None:
    report = report_of(
        *(request(day) for day in ("22 10:00", "21 10:00", "18 10:00", "13 10:00")),
        request("2026-10-01 10:00"),
        request("16 10:00", closed("17 10:00")),
        request("16 10:00", cancelled("17 10:00")),
    )
    assert [count for _, count in report.ages] == [1, 1, 1, 1, 1]


def test_an_age_of_exactly_a_day_is_not_under_a_day() -> None:
    assert dict(report_of(request("22 09:00")).ages)["1 to 3 days"] == 1


def test_tickets_of_later_days_are_not_among_the_open_ones() -> None:
    report = report_of(request("23 08:00"))
    assert (sum(count for _, count in report.ages), report.waiting) == (0, ())


def test_tickets_without_a_first_answer_are_listed_longest_waiting_first() -> None:
    report = report_of(
        request("20 10:00", number=3),
        request("02 10:00", number=1),
        request("18 10:00", triaged("18 11:00", Priority.P1), number=2, subject="Export"),
    )
    assert [one.number for one in report.waiting] == [1, 2, 3]
    one = report.waiting[1]
    assert (one.subject, one.priority, one.age) == ("Export", Priority.P1, timedelta(days=4, hours=23))


@pytest.mark.parametrize(
    "event", [answered("19 10:00"), closed("19 10:00"), cancelled("19 10:00"), status("19 10:00", Status.SPAM)]
)
def test_what_was_answered_closed_or_cancelled_does_not_wait_for_a_first_answer(event: TicketEvent) -> None:
    assert report_of(request("18 10:00", event)).waiting == ()


def late_downgrades(*tickets: SlaTicket) -> int:
    return report_of(*tickets).late_downgrades


def test_a_priority_lowered_in_the_last_tenth_of_a_clock_is_counted() -> None:
    ticket = request("16 10:00", triaged("16 10:10", Priority.P0), triaged("16 11:50", Priority.P1))
    assert late_downgrades(ticket) == 1


def test_so_is_one_exactly_at_nine_tenths_or_when_it_is_just_due() -> None:
    for when in ("16 11:48", "16 12:00"):
        assert late_downgrades(request("16 10:00", triaged("16 10:10", Priority.P0), triaged(when))) == 1


@pytest.mark.parametrize("when", ["16 11:47", "16 12:01"])
def test_a_priority_lowered_earlier_or_after_the_breach_is_not(when: str) -> None:
    assert late_downgrades(request("16 10:00", triaged("16 10:10", Priority.P0), triaged(when))) == 0


def test_a_priority_raised_or_kept_is_no_downgrade() -> None:
    for priority in (Priority.P0, Priority.P1):
        ticket = request("16 10:00", triaged("16 10:10", Priority.P1), triaged("16 13:45", priority))
        assert late_downgrades(ticket) == 0


def test_the_bots_own_change_of_a_provisional_priority_is_no_downgrade() -> None:
    ticket = request("16 10:00", provisional("16 10:00", Priority.P0), provisional("16 11:50", Priority.P2))
    assert late_downgrades(ticket) == 0


def test_a_priority_lowered_after_the_answer_gains_nothing() -> None:
    ticket = request(
        "16 10:00", triaged("16 10:10", Priority.P0), answered("16 11:50"), triaged("16 11:55", Priority.P2)
    )
    assert late_downgrades(ticket) == 0


def test_a_downgrade_counts_in_the_days_in_which_it_happened() -> None:
    ticket = request("13 10:00", triaged("13 10:10", Priority.P0), triaged("13 11:50", Priority.P1))
    assert late_downgrades(ticket) == 0
    assert report_of(ticket, since=date(2026, 11, 9), until=NEXT_MONDAY).late_downgrades == 1

"""When a clock is due: closing time, change of time, holidays, the change to what is overdue."""

from datetime import timedelta

import pytest

from bot.domain.business_hours import BusinessCalendar
from bot.domain.clock_state import ClockStage
from bot.domain.sla import states_of
from bot.domain.sla_policy import ClockKind, Priority
from tests.unit.sla_story import (
    CALENDAR,
    HOUR,
    MINUTE,
    OFFICE,
    P0,
    P1,
    P2,
    POLICY,
    RESOLUTION,
    RESPONSE,
    TRIAGE,
    ZONE,
    a_ticket,
    answered,
    at,
    clock,
    guessed,
)


@pytest.mark.parametrize(
    ("kind", "priority", "due"),
    [
        (TRIAGE, P0, "mon 13:00"),
        (RESPONSE, P0, "mon 11:00"),
        (RESOLUTION, P0, "tue 09:00"),
        (TRIAGE, P1, "mon 13:00"),
        (RESPONSE, P1, "mon 13:00"),
        (RESOLUTION, P1, "wed 17:00"),
        (TRIAGE, P2, "mon 13:00"),
        (RESPONSE, P2, "mon 17:00"),
        (RESOLUTION, P2, "fri 17:00"),
    ],
)
def test_a_request_of_monday_nine_is_due_when_the_process_document_says(
    kind: ClockKind, priority: Priority, due: str
) -> None:
    assert clock(kind, "mon 09:00", guessed(priority)).due_at == at(due)


def test_a_request_without_a_priority_counts_as_p2() -> None:
    assert clock(RESPONSE, "mon 09:00") == clock(RESPONSE, "mon 09:00", guessed(P2))


def test_what_is_due_at_closing_time_is_not_due_the_next_morning() -> None:
    """Section 1.1: the earliest instant, or the team has a free night."""
    assert clock(RESPONSE, "mon 07:00", received="mon 07:00").due_at == at("mon 17:00")
    assert clock(RESPONSE, "fri 12:00", received="fri 09:00").due_at == at("fri 17:00")


def test_what_is_due_at_closing_time_is_overdue_from_then_on_not_from_the_next_opening() -> None:
    assert not clock(RESPONSE, "fri 17:00", received="fri 09:00").is_breached
    late = clock(RESPONSE, "sat 10:00", received="fri 09:00")
    assert (late.breached_at, late.consumed) == (at("fri 17:00"), 8 * HOUR)


def test_p0_is_due_within_two_hours_of_a_friday_evening_and_triaged_by_monday() -> None:
    """Section 1.3: why a suspected P0 pages at once."""
    event = guessed(P0, "fri 17:00")
    assert clock(RESPONSE, "fri 17:00", event, received="fri 17:00").due_at == at("fri 19:00")
    assert clock(TRIAGE, "fri 17:00", event, received="fri 17:00").due_at == at("next mon 13:00")


class TestTheInstantItIsDue:
    def test_nothing_is_overdue_yet(self) -> None:
        state = clock(RESPONSE, "mon 17:00")
        assert (state.stage, state.is_breached, state.left) == (ClockStage.RUNNING, False, timedelta())

    def test_the_first_instant_after_it_is(self) -> None:
        state = states_of(a_ticket(), POLICY, CALENDAR, at("mon 17:00") + timedelta.resolution)[RESPONSE]
        assert state.breached_at == at("mon 17:00")

    def test_a_clock_that_goes_round_the_clock_is_overdue_after_its_instant(self) -> None:
        assert not clock(RESPONSE, "mon 11:00", guessed(P0)).is_breached
        assert clock(RESPONSE, "mon 11:01", guessed(P0)).breached_at == at("mon 11:00")

    def test_an_overdue_clock_runs_on_and_says_by_how_much(self) -> None:
        state = clock(RESPONSE, "tue 11:00")
        assert (state.stage, state.left, state.share) == (ClockStage.RUNNING, -2 * HOUR, 1.25)


class TestRisk:
    def test_it_begins_when_three_quarters_are_used_up(self) -> None:
        assert not clock(RESPONSE, "mon 14:59").is_at_risk
        assert clock(RESPONSE, "mon 15:00").is_at_risk

    def test_it_ends_with_the_breach(self) -> None:
        assert clock(RESPONSE, "mon 17:00").is_at_risk
        assert not clock(RESPONSE, "mon 17:01").is_at_risk

    def test_a_stopped_clock_has_none(self) -> None:
        assert not clock(RESPONSE, "mon 16:00", answered("mon 15:30")).is_at_risk


class TestChangeOfTime:
    """In Berlin the night of 25 October 2026 has an hour more, that of 29 March 2026 one less."""

    @pytest.mark.parametrize(
        ("received", "due"),
        [("2026-10-24 20:00", "2026-10-25 19:00"), ("2026-03-28 20:00", "2026-03-29 21:00")],
    )
    def test_24_hours_round_the_clock_are_24_hours(self, received: str, due: str) -> None:
        state = clock(RESOLUTION, received, guessed(P0, received), received=received)
        assert state.due_at == at(due)
        assert state.due_at - state.started_at == 24 * HOUR

    @pytest.mark.parametrize("friday", ["2026-10-23", "2026-03-27"])
    def test_business_hours_keep_to_the_wall(self, friday: str) -> None:
        state = clock(RESPONSE, f"{friday} 15:00", received=f"{friday} 15:00")
        monday = {"2026-10-23": "2026-10-26", "2026-03-27": "2026-03-30"}[friday]
        assert state.due_at == at(f"{monday} 15:00")

    def test_a_night_shift_has_the_hour_twice_or_not_at_all(self) -> None:
        nights = BusinessCalendar(ZONE, {"sun": [("00:00", "08:00")]})
        long, short = (
            clock(RESPONSE, f"{day} 12:00", received=f"{day} 00:00", calendar=nights).consumed
            for day in ("2026-10-25", "2026-03-29")
        )
        assert (long, short) == (9 * HOUR, 7 * HOUR)


class TestHolidays:
    def test_a_business_clock_stands_still_on_them(self) -> None:
        calendar = BusinessCalendar(ZONE, OFFICE, holidays=["2026-11-17"])
        state = clock(RESPONSE, "wed 09:00", received="mon 16:00", calendar=calendar)
        assert (state.consumed, state.due_at) == (HOUR, at("wed 16:00"))

    def test_a_clock_that_goes_round_the_clock_does_not(self) -> None:
        calendar = BusinessCalendar(ZONE, OFFICE, holidays=["2026-11-16", "2026-11-17"])
        state = clock(RESOLUTION, "mon 12:00", guessed(P0), calendar=calendar)
        assert (state.consumed, state.due_at) == (3 * HOUR, at("tue 09:00"))

    def test_shifts_and_breaks_count(self) -> None:
        calendar = BusinessCalendar(
            ZONE,
            OFFICE,
            shifts={"2026-11-16": [("10:00", "12:00")]},
            breaks={"2026-11-17": [("12:00", "13:00")]},
        )
        assert clock(RESPONSE, "mon 09:00", calendar=calendar).due_at == at("tue 16:00")


def test_a_day_of_24_hours_has_no_seam() -> None:
    whole = BusinessCalendar(ZONE, {day: [("00:00", "24:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
    assert clock(RESPONSE, "mon 22:00", received="mon 20:00", calendar=whole).due_at == at("tue 04:00")


def test_share_and_rest_add_up() -> None:
    state = clock(RESPONSE, "mon 13:00")
    assert (state.share, state.left) == (0.5, 4 * HOUR)
    assert state.consumed + state.left == state.target.amount
    assert clock(RESPONSE, "mon 09:01").consumed == MINUTE

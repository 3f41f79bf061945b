"""What starts and stops each clock, and what does not (facts/sla.md, section 3, "Start" and the table)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Status
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind
from tests.unit.sla_story import (
    HOUR,
    P0,
    P1,
    P2,
    POLICY,
    RESOLUTION,
    RESPONSE,
    SECOND,
    TRIAGE,
    active,
    answered,
    at,
    cancelled,
    clock,
    closed,
    guessed,
    pending,
    status,
    triaged,
    wrote,
)


@pytest.mark.parametrize("kind", ClockKind)
def test_every_clock_starts_when_the_request_is_received(kind: ClockKind) -> None:
    state = clock(kind, "mon 11:00", received="mon 10:15")
    assert (state.started_at, state.consumed, state.stage) == (at("mon 10:15"), 0.75 * HOUR, ClockStage.RUNNING)


@pytest.mark.parametrize("kind", ClockKind)
def test_a_business_clock_does_not_advance_outside_hours(kind: ClockKind) -> None:
    assert clock(kind, "mon 09:00", received="fri 17:00").consumed == timedelta()
    assert clock(kind, "next mon 08:59", received="fri 17:00").consumed == timedelta()
    assert clock(kind, "next mon 09:01", received="fri 17:00").consumed == timedelta(minutes=1)


class TestTriage:
    def test_a_person_who_confirms_the_priority_stops_it(self) -> None:
        state = clock(TRIAGE, "tue 09:00", guessed(P2), triaged("mon 10:00"))
        assert (state.stage, state.stopped_at, state.consumed) == (ClockStage.STOPPED, at("mon 10:00"), HOUR)
        assert state.is_met

    def test_the_provisional_priority_of_the_bot_does_not_stop_it(self) -> None:
        assert clock(TRIAGE, "mon 12:00", guessed(P1)).stage is ClockStage.RUNNING

    def test_a_second_opinion_moves_nothing(self) -> None:
        state = clock(TRIAGE, "tue 09:00", triaged("mon 10:00"), triaged("mon 15:00", P1))
        assert state.stopped_at == state.first_stopped_at == at("mon 10:00")

    @pytest.mark.parametrize("event", [answered("mon 10:00"), wrote("mon 10:00"), closed("mon 10:00")])
    def test_nothing_else_stops_it(self, event: TicketEvent) -> None:
        assert clock(TRIAGE, "mon 12:00", event).stage is ClockStage.RUNNING

    def test_it_is_never_paused(self) -> None:
        state = clock(TRIAGE, "mon 12:00", answered("mon 09:30"), pending("mon 10:00"))
        assert (state.stage, state.consumed, state.due_at) == (ClockStage.RUNNING, 3 * HOUR, at("mon 13:00"))

    @pytest.mark.parametrize("priority", [P0, P1, P2])
    def test_it_is_four_business_hours_for_everybody(self, priority: str) -> None:
        state = clock(TRIAGE, "fri 18:00", guessed(priority, "fri 17:00"), received="fri 17:00")  # type: ignore[arg-type]
        assert state.due_at == at("next mon 13:00")


class TestFirstResponse:
    def test_the_first_public_message_of_a_person_of_the_team_stops_it(self) -> None:
        state = clock(RESPONSE, "tue 09:00", answered("mon 11:30"), answered("mon 12:00"))
        assert (state.stage, state.stopped_at, state.consumed) == (ClockStage.STOPPED, at("mon 11:30"), 2.5 * HOUR)

    def test_a_message_from_before_the_request_does_not_stop_it(self) -> None:
        state = clock(RESPONSE, "mon 12:00", answered("mon 09:59"), received="mon 10:00")
        assert state.stage is ClockStage.RUNNING

    def test_a_message_of_the_very_instant_of_the_request_stops_it_in_no_time(self) -> None:
        state = clock(RESPONSE, "mon 12:00", answered("mon 10:00"), received="mon 10:00")
        assert (state.stage, state.consumed, state.is_met) == (ClockStage.STOPPED, timedelta(), True)

    def test_the_bot_does_not_stop_it(self) -> None:
        assert clock(RESPONSE, "mon 12:00", answered("mon 10:00", by_person=False)).stage is ClockStage.RUNNING

    def test_the_bot_stops_it_where_the_settings_say_so(self) -> None:
        counting = replace(POLICY, bot_answer_counts=True)
        state = clock(RESPONSE, "mon 12:00", answered("mon 10:00", by_person=False), policy=counting)
        assert state.stopped_at == at("mon 10:00")

    @pytest.mark.parametrize("to", [Status.PENDING, Status.ACTIVE])
    def test_a_change_of_status_does_not_stop_it(self, to: Status) -> None:
        assert clock(RESPONSE, "mon 12:00", status("mon 10:00", to)).stage is ClockStage.RUNNING

    def test_closing_without_a_word_does_not_stop_it(self) -> None:
        state = clock(RESPONSE, "tue 09:01", closed("mon 10:00"))
        assert (state.stage, state.breached_at) == (ClockStage.RUNNING, at("mon 17:00"))

    def test_a_word_after_the_closing_stops_it(self) -> None:
        assert clock(RESPONSE, "tue 09:00", closed("mon 10:00"), answered("mon 11:00")).is_met

    @pytest.mark.parametrize("event", [triaged("mon 10:00"), wrote("mon 10:00")])
    def test_neither_triage_nor_the_customer_stops_it(self, event: TicketEvent) -> None:
        assert clock(RESPONSE, "mon 12:00", event).stage is ClockStage.RUNNING

    def test_it_is_never_paused(self) -> None:
        state = clock(RESPONSE, "mon 12:00", pending("mon 10:00"))
        assert (state.stage, state.consumed, state.due_at) == (ClockStage.RUNNING, 3 * HOUR, at("mon 17:00"))


class TestResolution:
    def test_closing_stops_it(self) -> None:
        state = clock(RESOLUTION, "fri 09:00", answered("mon 10:00"), closed("tue 10:00"))
        assert (state.stage, state.stopped_at, state.consumed) == (ClockStage.STOPPED, at("tue 10:00"), 9 * HOUR)
        assert state.left == 31 * HOUR

    def test_closing_without_a_word_stops_it(self) -> None:
        assert clock(RESOLUTION, "fri 09:00", closed("tue 10:00")).is_met

    def test_an_answer_does_not_stop_it(self) -> None:
        assert clock(RESOLUTION, "tue 09:00", answered("mon 10:00")).stage is ClockStage.RUNNING

    def test_closing_twice_is_closing_once(self) -> None:
        state = clock(RESOLUTION, "fri 09:00", closed("tue 10:00"), closed("wed 10:00"))
        assert state.stopped_at == at("tue 10:00")

    def test_words_of_the_customer_do_not_open_it_again(self) -> None:
        assert clock(RESOLUTION, "fri 09:00", closed("tue 10:00"), wrote("tue 11:00")).is_met

    def test_one_closed_while_it_waited_was_due_no_earlier_than_it_was_closed(self) -> None:
        """Met is what stopped at or before it was due, whatever had been paused by then."""
        state = clock(
            RESOLUTION, "next fri 09:00", answered("mon 10:00"), pending("mon 10:00"), closed("next wed 10:00")
        )
        assert (state.is_met, state.consumed) == (True, HOUR)
        assert state.due_at == at("2026-12-01 17:00")


@pytest.mark.parametrize(
    ("kind", "stop"),
    [(TRIAGE, triaged("mon 13:00")), (RESPONSE, answered("mon 17:00")), (RESOLUTION, closed("fri 17:00"))],
)
class TestDueInstant:
    def test_what_stops_exactly_when_it_is_due_is_met(self, kind: ClockKind, stop: TicketEvent) -> None:
        state = clock(kind, "next fri 09:00", stop)
        assert (state.due_at, state.is_met, state.left) == (stop.at, True, timedelta())

    def test_what_stops_a_second_later_is_breached(self, kind: ClockKind, stop: TicketEvent) -> None:
        state = clock(kind, "next fri 09:00", replace(stop, at=stop.at + SECOND))
        assert (state.is_met, state.breached_at, state.stopped_at) == (False, stop.at, stop.at + SECOND)

    def test_what_stops_a_second_earlier_is_met(self, kind: ClockKind, stop: TicketEvent) -> None:
        state = clock(kind, "next fri 09:00", replace(stop, at=stop.at - SECOND))
        assert (state.is_met, state.left, state.due_at) == (True, SECOND, stop.at)


def test_a_cancelled_clock_is_neither_met_nor_breached() -> None:
    for kind in ClockKind:
        state = clock(kind, "next fri 09:00", cancelled("mon 10:00"))
        assert (state.stage, state.is_met, state.is_breached, state.reason) == (
            ClockStage.CANCELLED,
            False,
            False,
            "duplicate",
        )


def test_a_status_that_says_nothing_new_changes_nothing() -> None:
    quiet, noisy = clock(RESOLUTION, "tue 09:00"), clock(RESOLUTION, "tue 09:00", active("mon 10:00"))
    assert quiet == noisy

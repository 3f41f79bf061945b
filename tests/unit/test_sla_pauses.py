"""What pauses the resolution's clock, from when, and until when (facts/sla.md, section 3)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clock_state import ClockStage
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_stages import Span
from tests.unit.sla_story import (
    HOUR,
    P0,
    POLICY,
    RESOLUTION,
    SECOND,
    active,
    answered,
    at,
    cancelled,
    clock,
    closed,
    guessed,
    pending,
    waits,
    wrote,
)

OTHERS_PAUSE = replace(POLICY, third_party_pauses=True)
ASKED = (answered("mon 10:00"), pending("mon 10:00"))


class TestBegin:
    def test_it_begins_with_the_status(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", answered("mon 10:00"), pending("mon 12:00"))
        assert (state.stage, state.consumed, state.due_at) == (ClockStage.PAUSED, 3 * HOUR, None)
        assert state.spans == (Span(start=at("mon 09:00"), end=at("mon 12:00")),)

    def test_an_answer_that_sets_the_status_pauses_at_once(self) -> None:
        assert clock(RESOLUTION, "mon 15:00", *ASKED).consumed == HOUR

    def test_before_any_answer_it_is_refused(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", pending("mon 10:00"))
        assert (state.stage, state.consumed) == (ClockStage.RUNNING, 6 * HOUR)

    def test_a_word_of_the_bot_is_no_answer_to_pause_after(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", answered("mon 09:30", by_person=False), pending("mon 10:00"))
        assert state.stage is ClockStage.RUNNING

    def test_a_refused_pause_begins_when_the_answer_appears_in_chat(self) -> None:
        """An agent's reply sets the status in the help desk some seconds before people can read it."""
        asked = replace(answered("mon 10:00"), at=at("mon 10:00") + 17 * SECOND)
        state = clock(RESOLUTION, "mon 15:00", pending("mon 10:00"), asked)
        assert (state.stage, state.consumed) == (ClockStage.PAUSED, HOUR + 17 * SECOND)

    def test_the_customer_may_write_before_the_answer_appears(self) -> None:
        """They did not wait to be asked: nobody waits for them."""
        state = clock(RESOLUTION, "mon 15:00", pending("mon 10:00"), wrote("mon 10:01"), answered("mon 10:02"))
        assert state.stage is ClockStage.RUNNING

    def test_an_answer_without_the_status_pauses_nothing(self) -> None:
        assert clock(RESOLUTION, "mon 15:00", answered("mon 10:00")).stage is ClockStage.RUNNING

    def test_one_that_is_ended_is_not_begun_again_by_the_next_answer(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", *ASKED, wrote("mon 11:00"), answered("mon 12:00"))
        assert state.stage is ClockStage.RUNNING

    def test_one_of_the_instant_it_was_received_leaves_nothing_consumed(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", answered("mon 09:00"), pending("mon 09:00"))
        assert (state.stage, state.consumed, state.spans) == (ClockStage.PAUSED, timedelta(), ())


class TestEnd:
    @pytest.mark.parametrize("end", [wrote("mon 14:00"), active("mon 14:00")])
    def test_words_of_the_customer_or_the_status_end_it(self, end: TicketEvent) -> None:
        state = clock(RESOLUTION, "mon 15:00", *ASKED, end)
        assert (state.stage, state.consumed) == (ClockStage.RUNNING, 2 * HOUR)
        assert state.due_at == at("next mon 13:00")

    def test_whichever_comes_first_ends_it(self) -> None:
        state = clock(RESOLUTION, "mon 16:00", *ASKED, wrote("mon 13:00"), active("mon 15:00"))
        assert state.consumed == 4 * HOUR

    def test_closing_ends_it_and_the_clock(self) -> None:
        state = clock(RESOLUTION, "tue 15:00", *ASKED, closed("mon 14:00"))
        assert (state.stage, state.consumed, state.stopped_at) == (ClockStage.STOPPED, HOUR, at("mon 14:00"))

    def test_a_further_answer_does_not_end_it(self) -> None:
        assert clock(RESOLUTION, "mon 15:00", *ASKED, answered("mon 12:00")).consumed == HOUR

    def test_cancelling_ends_it(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", *ASKED, cancelled("mon 12:00"))
        assert (state.stage, state.consumed) == (ClockStage.CANCELLED, HOUR)


def test_every_pause_is_left_out() -> None:
    state = clock(
        RESOLUTION,
        "mon 17:00",
        *ASKED,
        wrote("mon 12:00"),
        answered("mon 13:00"),
        pending("mon 13:00"),
        wrote("mon 16:00"),
    )
    assert state.consumed == 3 * HOUR
    assert [(one.start, one.end) for one in state.spans] == [
        (at("mon 09:00"), at("mon 10:00")),
        (at("mon 12:00"), at("mon 13:00")),
        (at("mon 16:00"), None),
    ]


def test_a_pause_over_night_costs_a_business_clock_only_what_was_business_time() -> None:
    state = clock(RESOLUTION, "tue 12:00", answered("mon 16:00"), pending("mon 16:00"), wrote("tue 10:00"))
    assert (state.consumed, state.due_at) == (9 * HOUR, at("next mon 11:00"))


def test_a_clock_that_goes_round_the_clock_pauses_round_the_clock() -> None:
    state = clock(RESOLUTION, "tue 12:00", guessed(P0), *ASKED, wrote("tue 10:00"))
    assert (state.consumed, state.due_at) == (3 * HOUR, at("wed 09:00"))


class TestBreach:
    def test_time_that_passes_in_a_pause_breaks_no_promise(self) -> None:
        assert not clock(RESOLUTION, "2026-12-30 09:00", *ASKED).is_breached

    def test_what_was_overdue_before_the_pause_stays_so(self) -> None:
        state = clock(RESOLUTION, "2026-12-30 09:00", guessed(P0), answered("tue 10:00"), pending("tue 10:00"))
        assert (state.stage, state.breached_at, state.due_at) == (ClockStage.PAUSED, at("tue 09:00"), at("tue 09:00"))

    def test_a_pause_that_begins_exactly_when_it_is_due_comes_in_time(self) -> None:
        state = clock(RESOLUTION, "wed 09:00", guessed(P0), answered("tue 09:00"), pending("tue 09:00"))
        assert (state.is_breached, state.left) == (False, timedelta())

    def test_a_pause_that_begins_a_second_later_does_not(self) -> None:
        late = replace(pending("tue 09:00"), at=at("tue 09:00") + SECOND)
        assert clock(RESOLUTION, "wed 09:00", guessed(P0), answered("tue 08:00"), late).is_breached


class TestWaitingForOthers:
    def test_it_does_not_pause_since_the_customer_still_waits(self) -> None:
        state = clock(RESOLUTION, "mon 15:00", answered("mon 09:30"), waits("mon 10:00"))
        assert state.stage is ClockStage.RUNNING

    def test_it_pauses_where_the_settings_say_so(self) -> None:
        events = (answered("mon 09:30"), waits("mon 10:00"))
        paused = clock(RESOLUTION, "mon 15:00", *events, policy=OTHERS_PAUSE)
        assert (paused.stage, paused.consumed) == (ClockStage.PAUSED, HOUR)
        assert clock(RESOLUTION, "mon 15:00", *events, wrote("mon 14:00"), policy=OTHERS_PAUSE).consumed == 2 * HOUR

    def test_it_does_not_open_a_closed_ticket(self) -> None:
        events = (answered("mon 09:30"), closed("mon 10:00"), waits("mon 11:00"))
        assert clock(RESOLUTION, "mon 15:00", *events, policy=OTHERS_PAUSE).stage is ClockStage.STOPPED


def test_a_closed_ticket_set_to_pending_waits_again() -> None:
    """`/solved` sets it and asks; the clock goes on when the customer says no."""
    asked = clock(RESOLUTION, "tue 15:00", answered("mon 09:30"), closed("mon 10:00"), pending("mon 12:00"))
    assert (asked.stage, asked.consumed) == (ClockStage.PAUSED, HOUR)


def test_a_status_nobody_named_is_taken_for_open() -> None:
    unknown = replace(active("mon 12:00"), status=None)
    assert clock(RESOLUTION, "mon 15:00", *ASKED, unknown).stage is ClockStage.RUNNING

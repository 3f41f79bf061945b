"""What a new priority does to a ticket's clocks (facts/sla.md, section 3, "Priority change")."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clock_state import RECLASSIFIED, ClockStage
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
    a_ticket,
    active,
    and_then,
    answered,
    at,
    cancelled,
    clock,
    closed,
    guessed,
    pending,
    recorded,
    states,
    triaged,
    wrote,
)


class TestOpenClocks:
    def test_a_lower_priority_gives_more_time_from_the_start(self) -> None:
        state = clock(RESPONSE, "mon 12:00", guessed(P1), triaged("mon 11:00", P2))
        assert (state.due_at, state.target, state.is_breached) == (at("mon 17:00"), POLICY.target(RESPONSE, P2), False)

    def test_a_higher_priority_gives_less_from_the_start(self) -> None:
        state = clock(RESPONSE, "mon 11:00", guessed(P2), triaged("mon 11:00", P1))
        assert (state.due_at, state.consumed) == (at("mon 13:00"), 2 * HOUR)

    def test_the_kind_of_time_changes_with_it(self) -> None:
        up = clock(RESOLUTION, "mon 18:00", guessed(P2), triaged("mon 10:00", P0))
        assert (up.due_at, up.consumed, up.target.business) == (at("tue 09:00"), 9 * HOUR, False)
        down = clock(RESOLUTION, "mon 18:00", guessed(P0), triaged("mon 10:00", P2))
        assert (down.due_at, down.consumed, down.target.business) == (at("fri 17:00"), 8 * HOUR, True)

    def test_pauses_count_under_the_new_target_too(self) -> None:
        events = (answered("mon 10:00"), pending("mon 10:00"), wrote("mon 12:00"))
        state = clock(RESOLUTION, "mon 13:00", *events, triaged("mon 13:00", P0))
        assert (state.consumed, state.due_at) == (2 * HOUR, at("tue 11:00"))

    def test_the_time_for_triage_is_the_same_for_all(self) -> None:
        plain = clock(TRIAGE, "mon 12:00", guessed(P2))
        for priority in (P0, P1):
            changed = replace(guessed(priority), at=at("mon 10:00"))
            assert clock(TRIAGE, "mon 12:00", guessed(P2), changed).due_at == plain.due_at


class TestReclassified:
    def test_what_the_new_priority_finds_overdue_is_breached_when_it_is_given(self) -> None:
        state = clock(RESPONSE, "mon 16:00", guessed(P2), triaged("mon 15:00", P1))
        assert (state.breached_at, state.reason, state.due_at) == (at("mon 15:00"), RECLASSIFIED, at("mon 13:00"))

    def test_what_is_due_at_that_very_instant_is_not(self) -> None:
        state = clock(RESPONSE, "mon 13:00", guessed(P2), triaged("mon 13:00", P1))
        assert not state.is_breached
        later = clock(RESPONSE, "mon 13:01", guessed(P2), triaged("mon 13:00", P1))
        assert (later.breached_at, later.reason) == (at("mon 13:00"), "")

    def test_a_second_later_it_is(self) -> None:
        late = replace(triaged("mon 13:00", P1), at=at("mon 13:00") + SECOND)
        state = clock(RESPONSE, "mon 14:00", guessed(P2), late)
        assert (state.breached_at, state.reason) == (late.at, RECLASSIFIED)

    def test_it_is_known_at_the_instant_it_is_given(self) -> None:
        assert clock(RESPONSE, "mon 15:00", guessed(P2), triaged("mon 15:00", P1)).breached_at == at("mon 15:00")

    def test_a_breach_from_before_keeps_its_instant_and_reason(self) -> None:
        state = clock(RESPONSE, "tue 12:00", guessed(P1), triaged("tue 11:00", P0))
        assert (state.breached_at, state.reason) == (at("mon 13:00"), "")

    def test_a_paused_clock_can_be_found_overdue(self) -> None:
        events = (answered("wed 12:00"), pending("wed 12:00"), triaged("fri 12:00", P0))
        state = clock(RESOLUTION, "next fri 12:00", *events)
        assert (state.stage, state.breached_at, state.reason) == (ClockStage.PAUSED, at("fri 12:00"), RECLASSIFIED)

    def test_a_cancelled_clock_cannot(self) -> None:
        """It is not open: its time ended when it was found to be no request."""
        state = clock(
            RESPONSE, "tue 12:00", guessed(P2), cancelled("mon 12:30", "no request"), triaged("mon 13:00", P0)
        )
        assert (state.stage, state.is_breached) == (ClockStage.CANCELLED, False)

    def test_one_that_is_closed_at_the_time_is_found_overdue_once_it_is_open_again(self) -> None:
        events = (guessed(P2), closed("fri 10:00"), triaged("fri 12:00", P0))
        assert clock(RESOLUTION, "fri 13:00", *events).is_met
        again = clock(RESOLUTION, "fri 16:00", *events, active("fri 14:00"))
        assert (again.is_breached, again.reason) == (True, RECLASSIFIED)

    def test_a_priority_that_was_taken_back_before_it_is_open_again_finds_nothing(self) -> None:
        events = (guessed(P2), closed("fri 10:00"), triaged("fri 12:00", P0), triaged("fri 13:00", P2))
        assert not clock(RESOLUTION, "fri 16:00", *events, active("fri 14:00")).is_breached

    def test_what_happens_later_does_not_move_it(self) -> None:
        events = (guessed(P2), triaged("mon 15:00", P1))
        for more in (answered("mon 16:00"), triaged("mon 16:00", P0), triaged("mon 16:00", P2), cancelled("mon 16:00")):
            state = clock(RESPONSE, "wed 16:00", *events, more)
            assert (state.breached_at, state.reason) == (at("mon 15:00"), RECLASSIFIED)


class TestDowngrade:
    def test_it_never_takes_a_breach_back(self) -> None:
        state = clock(RESPONSE, "mon 15:00", guessed(P1), triaged("mon 14:00", P2))
        assert (state.breached_at, state.due_at) == (at("mon 13:00"), at("mon 17:00"))
        answer = clock(RESPONSE, "tue 15:00", guessed(P1), triaged("mon 14:00", P2), answered("mon 16:00"))
        assert (answer.is_met, answer.breached_at) == (False, at("mon 13:00"))

    def test_it_never_takes_a_reclassified_one_back(self) -> None:
        state = clock(RESPONSE, "tue 09:00", guessed(P2), triaged("mon 15:00", P1), triaged("mon 15:30", P2))
        assert (state.breached_at, state.reason) == (at("mon 15:00"), RECLASSIFIED)

    def test_in_the_instant_it_is_due_it_comes_in_time(self) -> None:
        assert not clock(RESPONSE, "mon 15:00", guessed(P1), triaged("mon 13:00", P2)).is_breached


class TestEndedClocks:
    @pytest.mark.parametrize(
        ("kind", "events"),
        [
            (TRIAGE, [guessed(P2), triaged("mon 12:30", P2)]),
            (RESPONSE, [guessed(P2), answered("mon 16:00")]),
            (RESOLUTION, [guessed(P2), closed("fri 12:00")]),
        ],
    )
    def test_they_keep_their_verdict(self, kind: ClockKind, events: list) -> None:  # type: ignore[type-arg]
        before = clock(kind, "2026-12-09 09:00", *events)
        assert before.is_met
        for priority in (P0, P1):
            assert clock(kind, "2026-12-09 09:00", *events, triaged("2026-12-08 09:00", priority)) == before

    def test_one_given_in_the_instant_of_the_stop_comes_too_late(self) -> None:
        state = clock(RESPONSE, "tue 09:00", guessed(P2), triaged("mon 16:00", P1), answered("mon 16:00"))
        assert (state.is_met, state.target) == (True, POLICY.target(RESPONSE, P2))

    def test_each_clock_for_itself(self) -> None:
        found = states(a_ticket(guessed(P2), answered("mon 12:00"), triaged("mon 15:00", P1)), "mon 16:00")
        assert found[RESPONSE].target == POLICY.target(RESPONSE, P2)
        assert found[RESOLUTION].target == POLICY.target(RESOLUTION, P1)


class TestOrder:
    def test_a_priority_from_before_the_request_counts_from_the_request_on(self) -> None:
        state = clock(RESPONSE, "mon 10:00", guessed(P0, "mon 08:00"))
        assert (state.due_at, state.is_breached) == (at("mon 11:00"), False)

    def test_a_person_has_the_last_word_in_one_instant_in_whatever_order_it_became_known(self) -> None:
        guess, word = guessed(P0), triaged("mon 09:00", P2)
        assert clock(RESPONSE, "mon 10:00", guess, word).due_at == at("mon 17:00")
        assert clock(RESPONSE, "mon 10:00", word, guess).due_at == at("mon 17:00")

    def test_a_priority_said_twice_changes_nothing(self) -> None:
        once = clock(RESPONSE, "mon 16:00", guessed(P2), triaged("mon 15:00", P1))
        assert clock(RESPONSE, "mon 16:00", guessed(P2), triaged("mon 15:00", P1), triaged("mon 15:30", P1)) == once


def test_a_recorded_breach_stays_when_the_priority_is_said_to_have_been_lower() -> None:
    """Recorded is recorded, even where the events alone would not show it any more."""
    ticket = recorded(a_ticket(guessed(P1)), at("mon 14:00"))
    ticket = and_then(replace(ticket, ours=()), triaged("mon 09:30", P2))
    assert states(ticket, "mon 14:00")[RESPONSE].breached_at == at("mon 13:00")


def test_time_left_is_that_of_the_target_that_counts_now() -> None:
    state = clock(RESPONSE, "mon 10:00", guessed(P2), triaged("mon 10:00", P0))
    assert (state.left, state.share) == (HOUR, 0.5)
    assert state.consumed + state.left == timedelta(hours=2)

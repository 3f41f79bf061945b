"""Closed and open again, cancelled, spam, deleted, merged (facts/sla.md, section 3, "Reopen" and "Merge")."""

import pytest

from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Status
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind
from tests.unit.sla_story import (
    HOUR,
    P0,
    RESOLUTION,
    RESPONSE,
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


class TestReopening:
    def test_the_same_clock_goes_on(self) -> None:
        state = clock(RESOLUTION, "wed 12:00", closed("mon 12:00"), active("wed 09:00"))
        assert (state.stage, state.started_at, state.stopped_at) == (ClockStage.RUNNING, at("mon 09:00"), None)

    def test_the_time_it_was_closed_is_not_counted(self) -> None:
        state = clock(RESOLUTION, "wed 12:00", closed("mon 12:00"), active("wed 09:00"))
        assert (state.consumed, state.due_at) == (6 * HOUR, at("next tue 14:00"))

    def test_the_first_resolution_stays_readable(self) -> None:
        state = clock(RESOLUTION, "next fri 12:00", closed("mon 12:00"), active("wed 09:00"), closed("wed 10:00"))
        assert (state.first_stopped_at, state.stopped_at) == (at("mon 12:00"), at("wed 10:00"))
        assert (state.consumed, state.is_met) == (4 * HOUR, True)

    def test_it_stays_readable_while_it_is_open_again(self) -> None:
        state = clock(RESOLUTION, "wed 12:00", closed("mon 12:00"), active("wed 09:00"))
        assert state.first_stopped_at == at("mon 12:00")

    def test_in_the_same_instant_nothing_is_left_out(self) -> None:
        state = clock(RESOLUTION, "wed 12:00", closed("mon 12:00"), active("mon 12:00"))
        assert (state.consumed, len(state.spans)) == (19 * HOUR, 1)

    @pytest.mark.parametrize("word", [answered("mon 13:00"), wrote("mon 13:00"), triaged("mon 13:00")])
    def test_only_the_status_reopens(self, word: TicketEvent) -> None:
        assert clock(RESOLUTION, "tue 09:00", closed("mon 12:00"), word).stage is ClockStage.STOPPED

    def test_the_first_response_never_starts_again(self) -> None:
        events = (answered("mon 10:00"), closed("mon 12:00"), active("wed 09:00"))
        state = clock(RESPONSE, "next fri 12:00", *events, answered("next fri 10:00"))
        assert (state.stage, state.stopped_at, state.is_met) == (ClockStage.STOPPED, at("mon 10:00"), True)

    def test_what_was_resolved_too_late_stays_so(self) -> None:
        events = (guessed(P0), closed("tue 10:00"), active("wed 09:00"), closed("wed 09:30"))
        state = clock(RESOLUTION, "fri 09:00", *events)
        assert (state.is_met, state.breached_at) == (False, at("tue 09:00"))

    def test_what_was_in_time_may_be_late_the_second_time(self) -> None:
        events = (guessed(P0), closed("mon 10:00"), active("wed 09:00"), closed("thu 08:01"))
        state = clock(RESOLUTION, "fri 09:00", *events)
        assert (state.is_met, state.breached_at) == (False, at("thu 08:00"))


class TestCancelled:
    @pytest.mark.parametrize("kind", ClockKind)
    @pytest.mark.parametrize(
        ("event", "reason"),
        [
            (cancelled("mon 12:00", "duplicate"), "duplicate"),
            (cancelled("mon 12:00", "not a request"), "not a request"),
            (cancelled("mon 12:00", "merged"), "merged"),
            (status("mon 12:00", Status.SPAM), "spam"),
        ],
    )
    def test_no_clock_is_met_breached_or_warned_of(self, kind: ClockKind, event: TicketEvent, reason: str) -> None:
        state = clock(kind, "2026-12-09 12:00", event)
        assert (state.stage, state.reason, state.warnings) == (ClockStage.CANCELLED, reason, ())
        assert (state.is_met, state.is_breached, state.is_open, state.consumed) == (False, False, False, 3 * HOUR)

    def test_closing_it_as_well_does_not_make_it_resolved(self) -> None:
        for events in (
            (cancelled("mon 12:00"), closed("mon 12:00")),
            (cancelled("mon 12:00"), closed("mon 12:01")),
            (closed("mon 11:59"), cancelled("mon 12:00")),
        ):
            assert clock(RESOLUTION, "tue 09:00", *events).stage is ClockStage.CANCELLED

    def test_words_do_not_bring_it_back(self) -> None:
        state = clock(RESOLUTION, "tue 09:00", status("mon 12:00", Status.SPAM), wrote("mon 13:00"))
        assert state.stage is ClockStage.CANCELLED

    def test_an_answer_from_before_keeps_its_verdict(self) -> None:
        assert clock(RESPONSE, "tue 09:00", answered("mon 10:00"), cancelled("mon 12:00")).is_met

    def test_a_breach_from_before_stays(self) -> None:
        state = clock(RESPONSE, "wed 09:00", cancelled("tue 12:00"))
        assert (state.stage, state.breached_at) == (ClockStage.CANCELLED, at("mon 17:00"))

    def test_in_the_instant_it_is_due_it_comes_in_time(self) -> None:
        assert not clock(RESPONSE, "wed 09:00", cancelled("mon 17:00")).is_breached


class TestBackFromSpam:
    @pytest.mark.parametrize("kind", ClockKind)
    def test_the_clocks_go_on_without_the_time_between(self, kind: ClockKind) -> None:
        state = clock(kind, "tue 10:00", status("mon 12:00", Status.SPAM), active("tue 09:30"))
        assert (state.stage, state.consumed, state.reason) == (ClockStage.RUNNING, 3.5 * HOUR, "")

    def test_what_is_set_to_pending_waits(self) -> None:
        events = (answered("mon 10:00"), status("mon 12:00", Status.SPAM), pending("tue 09:30"))
        assert clock(RESOLUTION, "tue 10:00", *events).stage is ClockStage.PAUSED

    def test_it_is_due_later_by_the_time_between(self) -> None:
        state = clock(TRIAGE, "tue 09:45", status("mon 12:00", Status.SPAM), active("tue 09:30"))
        assert (state.due_at, state.is_breached) == (at("tue 10:30"), False)


class TestThrownAway:
    def test_an_open_one_is_cancelled(self) -> None:
        assert clock(RESOLUTION, "tue 09:00", cancelled("mon 12:00", "deleted")).stage is ClockStage.CANCELLED

    @pytest.mark.parametrize("day", ["mon 12:00", "next mon 12:00"])
    def test_a_resolved_one_stays_resolved(self, day: str) -> None:
        state = clock(RESOLUTION, "2026-12-09 12:00", closed("mon 12:00"), cancelled(day, "deleted"))
        assert (state.is_met, state.stopped_at) == (True, at("mon 12:00"))


def test_the_closing_of_one_merged_away_is_no_resolution() -> None:
    state = clock(RESOLUTION, "tue 09:00", closed("mon 12:00"), cancelled("mon 12:00", "merged"))
    assert (state.stage, state.reason) == (ClockStage.CANCELLED, "merged")

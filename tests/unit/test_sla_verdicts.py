"""What is decided for good, whatever becomes of calendar and targets, and what becomes known late."""

from dataclasses import replace
from itertools import permutations

import pytest

from bot.domain.business_hours import BusinessCalendar
from bot.domain.calendar_history import CalendarHistory
from bot.domain.clock_state import RECLASSIFIED, ClockStage
from bot.domain.sla import states_of, verdict_of
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind, Promise, SlaPolicy, target_of
from bot.domain.sla_warnings import index_of
from tests.unit.sla_story import (
    CALENDAR,
    HOUR,
    OFFICE,
    P0,
    P1,
    P2,
    POLICY,
    RESOLUTION,
    RESPONSE,
    SECOND,
    TRIAGE,
    ZONE,
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

STRICT = replace(
    POLICY,
    triage=target_of("1bh"),
    promises={one: Promise(first_response=target_of("1bh"), resolution=target_of("2bh")) for one in (P0, P1, P2)},
)
LENIENT = replace(
    POLICY,
    triage=target_of("90bd"),
    promises={one: Promise(first_response=target_of("90bd"), resolution=target_of("90bd")) for one in (P0, P1, P2)},
)
ALL_WEEK = BusinessCalendar(ZONE, {day: [("00:00", "24:00")] for day in (*OFFICE, "sat", "sun")})
DONE = (triaged("mon 10:00"), answered("mon 12:00"), closed("tue 10:00"))
LATE = (triaged("tue 10:00"), answered("wed 12:00"), closed("next wed 10:00"))


class TestVerdicts:
    def test_nothing_is_recorded_of_a_clock_that_runs(self) -> None:
        for kind, state in states(a_ticket(), "mon 10:00").items():
            assert verdict_of(state, POLICY, CALENDAR) is None, kind

    def test_nothing_is_recorded_of_a_cancelled_one(self) -> None:
        assert verdict_of(clock(TRIAGE, "mon 12:00", cancelled("mon 10:00")), POLICY, CALENDAR) is None

    def test_how_it_stopped_is_recorded_with_what_it_was_computed_by(self) -> None:
        verdict = verdict_of(clock(RESPONSE, "tue 09:00", *DONE), POLICY, CALENDAR)
        assert verdict is not None
        assert (verdict.stopped_at, verdict.breached_at) == (at("mon 12:00"), None)
        assert (verdict.consumed, verdict.target, verdict.business) == (3 * HOUR, 8 * HOUR, True)
        assert (verdict.policy, verdict.calendar) == (POLICY.version, CALENDAR.version)

    def test_a_breach_is_recorded_while_the_clock_runs_on(self) -> None:
        verdict = verdict_of(clock(RESPONSE, "mon 16:00", guessed(P2), triaged("mon 15:00", P1)), POLICY, CALENDAR)
        assert verdict is not None
        assert (verdict.stopped_at, verdict.breached_at, verdict.reason) == (None, at("mon 15:00"), RECLASSIFIED)

    def test_one_that_is_known_is_left_as_it_is(self) -> None:
        state = clock(RESPONSE, "tue 09:00", *DONE)
        known = verdict_of(state, POLICY, CALENDAR)
        assert verdict_of(state, STRICT, ALL_WEEK, known) is known

    @pytest.mark.parametrize("events", [DONE, LATE])
    @pytest.mark.parametrize("policy", [STRICT, LENIENT])
    @pytest.mark.parametrize("calendar", [CALENDAR, ALL_WEEK])
    def test_they_stand_whatever_becomes_of_targets_and_calendar(
        self, events: tuple[TicketEvent, ...], policy: SlaPolicy, calendar: BusinessCalendar
    ) -> None:
        ticket = recorded(a_ticket(*events), at("next thu 09:00"))
        before, after = (
            states(ticket, "next thu 09:00"),
            states(ticket, "next thu 09:00", policy=policy, calendar=calendar),
        )
        for kind in ClockKind:
            assert (after[kind].is_met, after[kind].breached_at) == (before[kind].is_met, before[kind].breached_at)
            assert (after[kind].consumed, after[kind].target) == (before[kind].consumed, before[kind].target)
            assert after[kind].due_at == before[kind].due_at

    def test_a_breach_stands_while_the_clock_goes_by_the_new_targets(self) -> None:
        ticket = recorded(a_ticket(), at("tue 09:01"))
        state = states(ticket, "tue 09:01", policy=LENIENT)[RESPONSE]
        assert (state.breached_at, state.target) == (at("mon 17:00"), target_of("90bd"))

    def test_so_does_one_that_a_new_priority_found(self) -> None:
        ticket = recorded(a_ticket(guessed(P2), triaged("mon 15:00", P1)), at("mon 16:00"))
        state = states(ticket, "mon 16:00", policy=LENIENT)[RESPONSE]
        assert (state.breached_at, state.reason) == (at("mon 15:00"), RECLASSIFIED)

    def test_so_does_one_of_a_clock_that_was_paused_exactly_when_it_was_due(self) -> None:
        ticket = a_ticket(answered("mon 10:00"), pending("fri 17:00"), wrote("next mon 09:30"))
        ticket = recorded(ticket, at("next mon 10:00"))
        assert states(ticket, "next mon 10:00")[RESOLUTION].breached_at == at("fri 17:00")
        assert states(ticket, "next mon 10:00", policy=LENIENT)[RESOLUTION].breached_at == at("fri 17:00")

    def test_open_clocks_go_by_the_new_targets(self) -> None:
        ticket = recorded(a_ticket(), at("mon 09:30"))
        assert states(ticket, "mon 09:30", policy=STRICT)[RESPONSE].due_at == at("mon 10:00")

    def test_the_one_of_a_first_resolution_does_not_hold_the_clock_that_was_reopened(self) -> None:
        ticket = recorded(a_ticket(*DONE), at("tue 12:00"))
        state = states(and_then(ticket, active("wed 09:00")), "wed 10:00")[RESOLUTION]
        assert (state.stage, state.is_met, state.first_stopped_at) == (ClockStage.RUNNING, False, at("tue 10:00"))


class TestCalendarEdited:
    """A calendar counts from its change on: the past is not rewritten."""

    def test_a_holiday_added_for_a_past_date_changes_nothing(self) -> None:
        later = BusinessCalendar(ZONE, OFFICE, holidays=["2026-11-16"])
        history = CalendarHistory([(at("mon 00:00"), CALENDAR), (at("tue 12:00"), later)])
        for kind in ClockKind:
            assert clock(kind, "wed 09:00", calendar=history) == clock(kind, "wed 09:00")

    def test_one_added_for_a_date_to_come_moves_open_clocks(self) -> None:
        later = BusinessCalendar(ZONE, OFFICE, holidays=["2026-11-18"])
        history = CalendarHistory([(at("mon 00:00"), CALENDAR), (at("tue 12:00"), later)])
        state = clock(RESOLUTION, "tue 12:00", calendar=history)
        assert (state.due_at, state.consumed) == (at("next mon 17:00"), 11 * HOUR)


class TestOrderOfArrival:
    @pytest.mark.parametrize(
        "events",
        [
            (guessed(P2), triaged("mon 12:00", P1), answered("mon 14:00"), pending("mon 14:00")),
            (answered("mon 10:00"), pending("mon 10:00"), wrote("mon 11:00"), closed("mon 15:00")),
            (closed("mon 10:00"), active("mon 11:00"), triaged("mon 12:00", P0), cancelled("mon 13:00")),
            (triaged("mon 10:00", P1), wrote("mon 10:00"), answered("mon 10:00"), pending("mon 10:00")),
            (answered("mon 09:30"), wrote("mon 10:00"), closed("mon 10:00"), cancelled("mon 10:00")),
        ],
    )
    def test_it_does_not_matter(self, events: tuple[TicketEvent, ...]) -> None:
        told = [states(a_ticket(*order), "tue 12:00") for order in permutations(events)]
        assert all(one == told[0] for one in told)

    def test_it_does_not_matter_which_of_chat_and_help_desk_tells(self) -> None:
        events = (answered("mon 10:00"), pending("mon 10:00"), wrote("mon 11:00"))
        ticket = a_ticket(*events)
        for cut in range(len(events) + 1):
            split = replace(ticket, ours=events[:cut], desk=events[cut:])
            assert states(split, "mon 12:00") == states(ticket, "mon 12:00")

    def test_an_answer_in_time_that_became_known_late_was_in_time(self) -> None:
        """A mail that was sent while the help desk could not be read: nothing was broken."""
        ticket = recorded(a_ticket(), at("mon 18:00"))
        assert states(ticket, "mon 18:00")[RESPONSE].is_breached
        assert states(and_then(ticket, answered("mon 16:59")), "mon 18:00")[RESPONSE].is_met

    def test_an_answer_too_late_that_became_known_later_still_was_too_late(self) -> None:
        ticket = recorded(a_ticket(), at("mon 18:00"))
        assert states(and_then(ticket, answered("mon 17:01")), "mon 19:00")[RESPONSE].breached_at == at("mon 17:00")


class TestAheadOfOurClock:
    """Other systems' clocks go before ours by some seconds."""

    def test_what_has_not_happened_yet_counts_for_nothing(self) -> None:
        ticket = a_ticket(triaged("mon 11:00", P0), answered("mon 11:00"), closed("mon 11:00"))
        assert states(ticket, "mon 10:59") == states(replace(ticket, ours=()), "mon 10:59")

    @pytest.mark.parametrize(
        "event", [answered("mon 10:01"), triaged("mon 10:01"), closed("mon 10:01"), triaged("mon 10:01", P0)]
    )
    def test_it_is_looked_at_when_it_comes(self, event: TicketEvent) -> None:
        ticket = a_ticket(event)
        found = index_of(ticket, states(ticket, "mon 10:00"), CALENDAR, at("mon 10:00"))
        assert found.next_at == event.at

    def test_a_request_ahead_of_it_has_consumed_nothing(self) -> None:
        for state in states(a_ticket(received="mon 10:00"), "mon 09:59").values():
            assert (state.consumed, state.stage, state.is_breached) == (0 * HOUR, ClockStage.RUNNING, False)

    def test_the_provisional_priority_of_a_request_ahead_of_it_counts_at_once(self) -> None:
        ticket = a_ticket(guessed(P0, "mon 10:00"), received="mon 10:00")
        state = states_of(ticket, POLICY, CALENDAR, at("mon 10:00") - SECOND)[RESPONSE]
        assert state.due_at == at("mon 12:00")

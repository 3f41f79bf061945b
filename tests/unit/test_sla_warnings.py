"""When the team is warned, how often, and when a ticket is looked at again (facts/sla.md, section 3, "Warnings")."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.sla import states_of
from bot.domain.sla_events import TicketEvent
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import SlaIndex, SlaTicket
from bot.domain.sla_warnings import DueWarning, index_of, may_tell, told, untold
from tests.unit.sla_story import (
    CALENDAR,
    HOUR,
    MINUTE,
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


def planned(
    kind: ClockKind, now: str, *events: TicketEvent, received: str = "mon 09:00"
) -> list[tuple[float, datetime]]:
    return [(one.level, one.at) for one in clock(kind, now, *events, received=received).warnings]


def waiting(ticket: SlaTicket, now: str, kind: ClockKind | None = None) -> list[DueWarning]:
    found = untold(ticket, states(ticket, now), at(now))
    return [one for one in found if kind in {None, one.state.kind}]


def levels(ticket: SlaTicket, now: str, kind: ClockKind) -> list[float]:
    return [one.warned.level for one in waiting(ticket, now, kind)]


def tell_all(ticket: SlaTicket, now: str) -> SlaTicket:
    for one in waiting(ticket, now):
        ticket = told(ticket, one)
    return ticket


def index(ticket: SlaTicket, now: str) -> SlaIndex:
    return index_of(ticket, states(ticket, now), CALENDAR, at(now))


class TestPlan:
    def test_warnings_are_shares_of_the_target_in_the_time_of_the_clock(self) -> None:
        assert planned(RESPONSE, "fri 13:00", received="fri 13:00") == [
            (0.5, at("fri 17:00")),
            (0.75, at("next mon 11:00")),
            (0.9, at("next mon 12:12")),
            (1.0, at("next mon 13:00")),
        ]

    def test_those_of_a_p0_go_round_the_clock(self) -> None:
        found = planned(RESPONSE, "fri 17:00", guessed(P0, "fri 17:00"), received="fri 17:00")
        assert found == [
            (0.5, at("fri 18:00")),
            (0.75, at("fri 18:30")),
            (0.9, at("fri 18:48")),
            (1.0, at("fri 19:00")),
        ]

    def test_a_p0_has_one_more_half_an_hour_before(self) -> None:
        found = [when for _, when in planned(RESOLUTION, "mon 09:00", guessed(P0))]
        assert found == [at("mon 21:00"), at("tue 03:00"), at("tue 06:36"), at("tue 08:30"), at("tue 09:00")]

    def test_the_others_have_not(self) -> None:
        assert len(planned(RESOLUTION, "mon 09:00", guessed(P1))) == 4

    def test_equal_instants_are_one_warning(self) -> None:
        instants = [when for _, when in planned(RESPONSE, "mon 09:00", guessed(P0))]
        assert len(instants) == len(set(instants)) == 4

    def test_pauses_move_those_behind_them(self) -> None:
        events = (answered("mon 10:00"), pending("mon 10:00"), wrote("tue 10:00"))
        found = planned(RESOLUTION, "tue 11:00", guessed(P0), *events)
        assert found[0] == (0.5, at("tue 21:00"))
        assert found[-1] == (1.0, at("wed 09:00"))

    @pytest.mark.parametrize("end", [answered("mon 10:00"), cancelled("mon 10:00")])
    def test_an_ended_clock_has_none(self, end: TicketEvent) -> None:
        assert planned(RESPONSE, "mon 11:00", end) == []


class TestOnce:
    def test_nothing_is_due_before_its_instant(self) -> None:
        assert levels(a_ticket(), "mon 12:59", RESPONSE) == []

    def test_a_level_is_due_at_its_instant(self) -> None:
        assert levels(a_ticket(), "mon 13:00", RESPONSE) == [0.5]

    def test_a_breach_is_due_behind_its_instant(self) -> None:
        ticket = tell_all(a_ticket(), "mon 16:30")
        assert levels(ticket, "mon 17:00", RESPONSE) == []
        assert levels(ticket, "mon 17:01", RESPONSE) == [1.0]

    def test_what_was_told_is_not_told_again(self) -> None:
        ticket = tell_all(a_ticket(), "mon 13:00")
        assert levels(ticket, "mon 14:59", RESPONSE) == []
        assert levels(ticket, "mon 15:00", RESPONSE) == [0.75]

    def test_after_downtime_only_the_highest_missed_one_is_told(self) -> None:
        assert levels(a_ticket(), "mon 16:30", RESPONSE) == [0.9]
        assert levels(tell_all(a_ticket(), "mon 16:30"), "mon 16:59", RESPONSE) == []

    def test_each_clock_is_told_of_for_itself(self) -> None:
        ticket = told(a_ticket(), waiting(a_ticket(), "mon 13:00", RESPONSE)[0])
        assert levels(ticket, "mon 13:00", RESPONSE) == []
        assert levels(ticket, "mon 13:00", TRIAGE) == [0.9]

    def test_a_new_priority_is_warned_of_anew(self) -> None:
        ticket = tell_all(a_ticket(guessed(P2)), "mon 13:00")
        assert levels(and_then(ticket, triaged("mon 13:00", P0)), "mon 13:00", RESPONSE) == [1.0]

    def test_a_pause_does_not_repeat_what_was_told_before_it(self) -> None:
        ticket = tell_all(a_ticket(answered("mon 10:00")), "wed 15:00")
        ticket = and_then(ticket, pending("wed 16:00"))
        assert levels(ticket, "thu 12:00", RESOLUTION) == []
        assert levels(and_then(ticket, wrote("thu 12:00")), "thu 12:00", RESOLUTION) == []

    @pytest.mark.parametrize("change", [P2, P0])
    def test_a_breach_escalates_once_whatever_the_priority_becomes(self, change: Priority) -> None:
        ticket = tell_all(a_ticket(guessed(P1)), "mon 14:00")
        ticket = and_then(ticket, triaged("mon 14:30", change))
        for now in ("mon 14:30", "mon 16:30", "tue 09:30", "wed 12:00"):
            assert levels(ticket, now, RESPONSE) == []
            ticket = tell_all(ticket, now)

    def test_a_breach_that_turned_out_to_be_none_silences_no_later_one(self) -> None:
        """The help desk could not be read: it had been waiting for the customer when it was said to be overdue."""
        ticket = tell_all(recorded(a_ticket(guessed(P0), answered("mon 10:00")), at("tue 09:01")), "tue 09:01")
        ticket = and_then(ticket, pending("mon 10:00"), wrote("tue 10:00"))
        ticket = recorded(ticket, at("tue 10:30"))
        assert not states(ticket, "tue 10:30")[RESOLUTION].is_breached
        assert levels(ticket, "wed 09:01", RESOLUTION) == [1.0]


class TestSilence:
    def test_a_pause_has_nothing_to_tell_of_a_share_used_up_before(self) -> None:
        """It waits for somebody else; nobody can do anything about it now, and it is due at no known instant."""
        ticket = a_ticket(answered("mon 10:00"), pending("thu 10:00"))
        assert levels(ticket, "thu 12:00", RESOLUTION) == []

    def test_what_can_be_told_has_an_instant_at_which_it_is_due(self) -> None:
        for now in ("mon 12:00", "wed 16:00", "thu 12:00", "fri 18:00", "next fri 12:00"):
            for ticket in (a_ticket(), a_ticket(answered("mon 10:00"), pending("thu 10:00"))):
                assert all(one.state.due_at is not None for one in waiting(ticket, now))

    def test_what_was_overdue_before_the_pause_is_told(self) -> None:
        ticket = a_ticket(guessed(P0), answered("tue 09:30"), pending("tue 09:30"))
        assert levels(ticket, "tue 10:00", RESOLUTION) == [1.0]

    @pytest.mark.parametrize("end", [closed("mon 10:00"), cancelled("mon 10:00")])
    def test_nothing_is_told_of_a_closed_ticket(self, end: TicketEvent) -> None:
        assert waiting(a_ticket(end), "wed 12:00") == []

    def test_it_is_told_again_once_it_is_open_again(self) -> None:
        assert levels(a_ticket(closed("mon 10:00"), active("tue 10:00")), "tue 11:00", RESPONSE) == [1.0]


class TestNight:
    def warning(self, ticket: SlaTicket, now: str, kind: ClockKind = RESPONSE) -> DueWarning:
        (found,) = waiting(ticket, now, kind)
        return found

    def allowed(self, ticket: SlaTicket, now: str, kind: ClockKind = RESPONSE) -> bool:
        return may_tell(ticket, self.warning(ticket, now, kind), CALENDAR, at(now))

    def test_a_business_clock_is_silent_while_it_stands_still(self) -> None:
        assert not self.allowed(a_ticket(), "mon 20:00")
        assert not self.allowed(a_ticket(), "tue 08:59")

    def test_it_is_told_of_when_the_team_is_there(self) -> None:
        assert self.allowed(a_ticket(), "mon 13:00")
        assert self.allowed(a_ticket(), "tue 09:00")

    def test_p0_is_told_of_round_the_clock(self) -> None:
        assert self.allowed(a_ticket(guessed(P0, "sat 12:00"), received="sat 12:00"), "sat 13:00")

    def test_so_is_the_triage_of_a_p0_although_it_has_business_hours(self) -> None:
        assert self.allowed(a_ticket(guessed(P0)), "mon 20:00", TRIAGE)

    def test_a_share_used_up_at_closing_time_is_told_then(self) -> None:
        ticket = a_ticket(received="fri 13:00")
        assert self.allowed(ticket, "fri 17:00")
        assert self.allowed(ticket, "fri 17:01")
        assert not self.allowed(ticket, "fri 17:02")

    def test_a_breach_at_closing_time_is_told_the_next_morning(self) -> None:
        assert not self.allowed(a_ticket(), "mon 17:01")


class TestNextLook:
    def test_it_is_the_next_planned_instant_of_any_clock(self) -> None:
        assert index(a_ticket(), "mon 09:00").next_at == at("mon 11:00")
        assert index(tell_all(a_ticket(), "mon 12:00"), "mon 12:00").next_at == at("mon 12:36")

    def test_it_is_now_while_something_may_be_told(self) -> None:
        assert index(a_ticket(), "mon 11:30").next_at == at("mon 11:30")

    def test_it_is_just_behind_the_end_for_a_breach(self) -> None:
        ticket = tell_all(a_ticket(triaged("mon 09:30")), "mon 16:30")
        next_at = index(ticket, "mon 16:30").next_at
        assert next_at is not None
        assert at("mon 17:00") < next_at <= at("mon 17:00") + SECOND
        assert [one.is_breach for one in untold(ticket, states(ticket, "mon 17:01"), next_at)] == [True]

    def test_it_is_the_next_opening_while_the_team_is_away(self) -> None:
        assert index(a_ticket(), "mon 18:00").next_at == at("tue 09:00")

    def test_there_is_none_when_all_is_told(self) -> None:
        ticket = tell_all(a_ticket(), "2026-12-09 10:00")
        assert index(ticket, "2026-12-09 10:00").next_at is None

    def test_a_paused_clock_has_none(self) -> None:
        ticket = tell_all(a_ticket(triaged("mon 09:30"), answered("mon 10:00"), pending("mon 10:00")), "mon 12:00")
        assert index(ticket, "mon 12:00").next_at is None

    def test_one_that_was_paused_after_half_of_it_has_none_either(self) -> None:
        ticket = a_ticket(triaged("mon 09:30"), answered("mon 10:00"), pending("thu 10:00"))
        assert index(ticket, "thu 12:00").next_at is None


class TestIndex:
    def test_an_open_ticket_is_due_at_its_nearest_end(self) -> None:
        found = index(a_ticket(), "mon 10:00")
        assert (found.is_open, found.is_running, found.is_breached) == (True, True, False)
        assert found.due_at == at("mon 13:00")

    def test_a_stopped_clock_is_not_due_any_more(self) -> None:
        assert index(a_ticket(triaged("mon 09:30"), answered("mon 10:00")), "mon 10:00").due_at == at("fri 17:00")

    def test_a_breached_one_comes_first(self) -> None:
        found = index(a_ticket(), "tue 10:00")
        assert (found.is_breached, found.due_at) == (True, at("mon 13:00"))

    def test_a_closed_ticket_is_not_open(self) -> None:
        ticket = a_ticket(triaged("mon 09:30"), answered("mon 10:00"), closed("mon 11:00"))
        found = index(ticket, "tue 10:00")
        assert (found.is_open, found.is_running, found.due_at, found.next_at) == (False, False, None, None)

    def test_a_paused_ticket_is_open_and_due_never(self) -> None:
        ticket = a_ticket(triaged("mon 09:30"), answered("mon 10:00"), pending("mon 10:00"))
        found = index(ticket, "tue 10:00")
        assert (found.is_open, found.is_running, found.due_at) == (True, True, None)

    def test_it_knows_when_anything_happened_last(self) -> None:
        assert index(a_ticket(), "mon 10:00").last_at == at("mon 09:00")
        ticket = replace(a_ticket(triaged("mon 09:30")), desk=(wrote("mon 09:45"), wrote("mon 11:00")))
        assert index(ticket, "mon 10:00").last_at == at("mon 09:45")


def test_levels_below_a_told_one_count_as_told() -> None:
    ticket = tell_all(a_ticket(), "mon 16:30")
    assert {one.kind: one.level for one in ticket.told} == {TRIAGE: 1.0, RESPONSE: 0.9}
    assert [one.due_at for one in ticket.told] == [at("mon 13:00"), at("mon 17:00")]


def test_without_warnings_in_the_settings_only_the_end_is_told() -> None:
    quiet = replace(POLICY, warn_at=())
    found = clock(RESPONSE, "mon 09:00", policy=quiet).warnings
    assert [(one.level, one.at) for one in found] == [(1.0, at("mon 17:00"))]


def test_a_level_that_is_dropped_from_the_settings_brings_no_lower_one_back() -> None:
    ticket, fewer = tell_all(a_ticket(triaged("mon 09:30")), "mon 16:30"), replace(POLICY, warn_at=(0.5,))
    assert list(untold(ticket, states(ticket, "mon 16:40", policy=fewer), at("mon 16:40"))) == []


@pytest.mark.parametrize("priority", [P0, P1, P2])
def test_every_level_is_told_in_its_turn_by_one_who_looks_when_told_to(priority: Priority) -> None:
    """Two weeks of a ticket that nobody touches, looked at only when the index says so."""
    ticket, now, heard = a_ticket(guessed(priority)), at("mon 09:00"), []
    for _ in range(100):
        found = states_of(ticket, POLICY, CALENDAR, now)
        for one in list(untold(ticket, found, now)):
            if may_tell(ticket, one, CALENDAR, now):
                heard.append((one.state.kind, one.warned.level))
                ticket = told(ticket, one)
        next_at = index_of(ticket, states_of(ticket, POLICY, CALENDAR, now), CALENDAR, now).next_at
        if next_at is None:
            break
        assert next_at > now
        now = next_at
    assert len(heard) == len(set(heard))
    expected = {(kind, level) for kind in ClockKind for level in (0.5, 0.75, 0.9, 1.0)}
    assert expected <= set(heard)
    assert now < at("mon 09:00") + 14 * 24 * HOUR + MINUTE
    assert timedelta() < now - at("mon 09:00")

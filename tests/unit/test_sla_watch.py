"""Warnings and breaches: each told once, where the team works, when somebody is there to act on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.calendar_spec import CalendarSpec
from bot.domain.helpdesk import Status
from bot.domain.sla_policy import Priority, SlaPolicy, target_of
from bot.usecases.timekeeping import SlaRules
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, Rig
from tests.unit.clocked import (
    HOUR,
    MINUTE,
    RESOLUTION,
    RESPONSE,
    SECOND,
    THREAD,
    TRIAGE,
    at,
    clock,
    notes,
    only,
    pages,
    pass_until,
    told,
)

ONCALL = SlaRules(oncall=("role:7",))


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0, sla=ONCALL)


async def asked(rig: Rig, text: str = "The export fails", *, priority: str = "P2") -> FiledConversation:
    """A ticket that was triaged at once, so that its first response comes next."""
    async with rig.running():
        await rig.keep_time()
        ticket = await rig.ticket(text)
        await rig.run("triage", label="bug", priority=priority, address=THREAD)
    return ticket


async def heard(rig: Rig, *instants: datetime) -> Sequence[str]:
    """What is told when the watch looks at these instants, by what kind of sentence it is."""
    before = len(told(rig))
    for then in instants:
        await pass_until(rig, then)
    async with rig.running():
        await rig.rest()
    return [one.text for one in told(rig)[before:]]


async def test_each_share_is_told_once_when_it_is_used_up(rig: Rig) -> None:
    ticket = await asked(rig)
    said = {}
    for then in (at(2, 12, 59), at(2, 13), at(2, 14), at(2, 15), at(3, 8, 11), at(3, 8, 12), at(3, 9), at(3, 9, 0, 1)):
        said[then] = await heard(rig, then, then + SECOND / 2)
    assert [len(one) for one in said.values()] == [0, 1, 0, 1, 0, 1, 1, 0]
    (half,) = said[at(2, 13)]
    assert half == (
        f"Ticket #{ticket.number} (P2) The export fails: 50% of the time for its first response is used up; "
        "it is due in 20 h, by Tue 3 Mar 10:00 (Europe/Berlin). It is with nobody yet."
    )
    assert "75% of" in said[at(2, 15)][0]
    assert "90% of" in said[at(3, 8, 12)][0]
    (breach,) = said[at(3, 9)]
    assert breach == (
        f"Ticket #{ticket.number} (P2) The export fails: its first response was due by "
        "Tue 3 Mar 10:00 (Europe/Berlin) and is overdue. It is with nobody yet."
    )


async def test_after_a_downtime_only_the_highest_missed_share_is_told(rig: Rig) -> None:
    await asked(rig)
    (said,) = await heard(rig, at(2, 15, 30))
    assert "75% of the time" in said
    assert await heard(rig, at(2, 15, 45)) == []


async def test_a_restarted_bot_repeats_nothing(rig: Rig) -> None:
    await asked(rig)
    assert len(await heard(rig, at(2, 13))) == 1
    rig.make_pump()
    assert await heard(rig, at(2, 13, 1)) == []


async def test_at_night_nothing_is_told_of_business_clocks(rig: Rig) -> None:
    await rig.pass_time(at(2, 14, 30) - rig.clock.now())
    await asked(rig, priority="P1")  # due on Tuesday at 12:30 UTC, half used up at 9:30
    await rig.pass_time(at(3, 15, 59) - rig.clock.now())
    assert await heard(rig, at(3, 17), at(3, 23), at(4, 7, 59)) == []
    (said,) = await heard(rig, at(4, 8))
    assert "first response was due" in said


async def test_a_share_that_is_used_up_at_closing_time_is_told_then(rig: Rig) -> None:
    await rig.pass_time(at(2, 12) - rig.clock.now())
    await asked(rig)
    (said,) = await heard(rig, at(2, 16))
    assert "50% of the time" in said
    assert await heard(rig, at(2, 16, 1), at(3, 8)) == []


async def test_a_breach_at_closing_time_is_told_the_next_morning(rig: Rig) -> None:
    await rig.pass_time(at(2, 12) - rig.clock.now())
    await asked(rig, priority="P1")  # due at closing time
    assert await heard(rig, at(2, 16), at(2, 16, 0, 1), at(2, 20), at(3, 7, 59)) == []
    (said,) = await heard(rig, at(3, 8))
    assert "overdue" in said


async def test_of_a_p0_everything_is_told_round_the_clock_and_half_an_hour_before(rig: Rig) -> None:
    await rig.pass_time(at(2, 22) - rig.clock.now())
    await asked(rig, priority="P0")
    instants = (at(2, 23), at(2, 23, 30), at(2, 23, 48), at(3, 0, 0, 1))
    said = [await heard(rig, then, then + SECOND) for then in instants]
    assert [len(one) for one in said] == [1, 1, 1, 1], "three quarters are used up half an hour before: told once"
    late = [await heard(rig, at(3, 21, 29)), await heard(rig, at(3, 21, 30))]
    assert "90% of the time for its resolution" in late[0][0]
    assert "98% of the time for its resolution" in late[1][0]


async def test_a_new_priority_plans_anew(rig: Rig) -> None:
    await asked(rig)
    assert len(await heard(rig, at(2, 13))) == 1
    async with rig.running():
        await rig.run("triage", label="bug", priority="P0", address=THREAD)
        await rig.watch()
    said = told(rig)[-1].text
    assert said.endswith("due by Mon 2 Mar 12:00 (Europe/Berlin) and is overdue. It is with nobody yet.")
    assert "is P0 now" in said
    assert clock(rig, RESPONSE).breached_at == at(2, 13)


async def test_with_a_new_end_each_share_is_told_anew(rig: Rig) -> None:
    await asked(rig, priority="P1")
    assert len(await heard(rig, at(2, 11))) == 1
    async with rig.running():
        await rig.run("triage", label="bug", priority="P2", address=THREAD)
    (said,) = await heard(rig, at(2, 12, 59), at(2, 13))
    assert "50% of the time for its first response" in said


async def test_a_stopped_clock_is_not_warned_of(rig: Rig) -> None:
    await asked(rig)
    async with rig.running():
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
    assert await heard(rig, at(2, 13), at(3, 10)) == []


async def test_of_a_closed_ticket_nothing_is_told_whatever_clock_still_runs(rig: Rig) -> None:
    ticket = await asked(rig)
    async with rig.running():
        rig.desk.close(ticket.conversation_id)
        await rig.look()
    assert await heard(rig, at(2, 13), at(3, 10), at(12, 10)) == []
    assert clock(rig, RESPONSE).is_breached


async def test_a_share_that_was_told_is_not_told_again_when_a_pause_has_moved_the_end(rig: Rig) -> None:
    ticket = await asked(rig)
    async with rig.running():
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        await rig.look()
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        await rig.look()
    (half,) = await heard(rig, at(4, 14))
    assert "50% of the time for its resolution" in half
    async with rig.running():
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.PENDING)
        await rig.look()
        await rig.pass_time(HOUR)
        await rig.post("It still fails.", address=THREAD)
        await rig.look()
    moved = clock(rig, RESOLUTION)
    assert moved.due_at is not None
    assert moved.due_at > at(9, 9, 59)
    assert await heard(rig, at(4, 15, 30)) == []
    (three_quarters,) = await heard(rig, moved.warnings[1].at)
    assert "75% of the time for its resolution" in three_quarters


async def test_a_breach_pages_is_noted_and_written_down_once(rig: Rig) -> None:
    ticket = await asked(rig)
    for then in (at(3, 9, 0, 1), at(3, 9, 5), at(3, 12)):
        await heard(rig, then)
    async with rig.running():
        await rig.pass_time(MINUTE)
    assert pages(rig) == [("role:7",)]
    assert [one for one in notes(ticket) if "overdue" in one] == [
        "The first response promised for P2 was due by Tue 3 Mar 10:00 (Europe/Berlin) and is overdue."
    ]
    (line,) = (one for one in rig.store.audit_lines if one.action == "breach")
    assert (line.ticket, line.detail) == (str(ticket.number), "first response of P2 was due 2026-03-03T09:00:00+00:00")
    (verdict,) = (one for one in only(rig).verdicts if one.kind is RESPONSE)
    assert (verdict.breached_at, verdict.stopped_at) == (at(3, 9), None)


async def test_what_ends_exactly_when_it_is_due_is_in_time(rig: Rig) -> None:
    await asked(rig)
    await rig.pass_time(at(3, 9) - rig.clock.now())
    async with rig.running():
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
    await heard(rig, at(3, 9, 1))
    assert clock(rig, RESPONSE).is_met
    assert pages(rig) == []


async def test_where_a_field_shows_the_clocks_neither_triage_nor_breach_writes_a_note_about_them() -> None:
    rig = Rig(group_seconds=0, has_clocks_field=True)
    ticket = await asked(rig)
    assert ticket.clocks.startswith("P2; first response by Tue 3 Mar 10:00 (Europe/Berlin); resolution by ")
    await heard(rig, at(3, 9, 0, 1))
    assert notes(ticket) == ["Triaged as bug, P2 by Alexander from Discord."]
    assert ticket.clocks.startswith("P2; first response overdue since Tue 3 Mar 10:00 (Europe/Berlin)")


async def test_a_ticket_without_a_number_is_warned_of_in_words_that_can_be_read(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.keep_time()
        await rig.post("The export fails", message_id="m1")
    (said,) = await heard(rig, at(2, 11))
    assert "no number yet" in said
    assert "None" not in said


async def test_what_is_answered_when_the_bot_is_away_is_read_before_anybody_is_called(rig: Rig) -> None:
    """The legs of a new process start together: the watch leaves the sweep the time to tell what has happened."""
    ticket = await asked(rig, "An outage", priority="P0")
    rig.desk.close(ticket.conversation_id)
    await rig.pass_time(3 * HOUR)
    async with rig.running(), rig.leg(lambda core: core.clockwork.watch.run()):
        await rig.sweep()
        await rig.pass_time(MINUTE)
    assert [one.text for one in told(rig) if "due" in one.text and "may be" not in one.text] == []


async def test_a_calendar_changed_at_a_restart_moves_open_deadlines_from_then_on(rig: Rig) -> None:
    await asked(rig)
    rig.sla = replace(ONCALL, calendar=CalendarSpec(holidays=("2026-03-03",)))
    await rig.pass_time(HOUR)
    rig.make_pump()
    await rig.watch()
    assert clock(rig, RESPONSE).due_at == at(4, 9)
    assert await heard(rig, at(3, 10)) == [], "the holiday"
    rig.sla = replace(ONCALL, calendar=CalendarSpec(holidays=("2026-03-02",)))
    rig.make_pump()
    await rig.watch()
    assert clock(rig, RESPONSE).due_at is not None
    assert clock(rig, RESPONSE).consumed >= 7 * HOUR, "what counted on Monday is not taken back"


async def test_targets_changed_at_a_restart_move_open_deadlines_and_no_verdict(rig: Rig) -> None:
    await asked(rig)
    before = clock(rig, TRIAGE)
    policy = SlaPolicy()
    rig.sla = SlaRules(policy=replace(policy, triage=policy.promises[only(rig).priority].resolution))
    rig.make_pump()
    await rig.watch()
    assert clock(rig, TRIAGE).target == before.target


async def test_what_ends_earlier_by_new_targets_is_told_in_time(rig: Rig) -> None:
    await asked(rig)
    policy = SlaPolicy()
    sooner = replace(policy.promises[Priority.P2], first_response=target_of("2bh"))
    rig.sla = SlaRules(policy=replace(policy, promises={**policy.promises, Priority.P2: sooner}))
    rig.make_pump()
    (said,) = await heard(rig, at(2, 11, 30))
    assert "first response was due by Mon 2 Mar 12:00" in said


async def test_a_clock_that_was_put_back_does_not_keep_the_bot_from_starting(rig: Rig) -> None:
    await asked(rig)
    ahead = Rig(group_seconds=0)
    await ahead.pass_time(HOUR)
    rig.clock, now = ahead.clock, rig.clock
    rig.sla = SlaRules(calendar=CalendarSpec(holidays=("2026-03-03",)))
    rig.make_pump()
    await rig.watch()
    rig.clock = now
    rig.sla = SlaRules(calendar=CalendarSpec(holidays=("2026-03-04",)))
    rig.make_pump()
    await rig.watch()
    assert clock(rig, RESPONSE).due_at is not None

"""Taking a ticket, and noting that it waits for somebody outside: once, written down, kept while FreeScout is away."""

from dataclasses import replace

import pytest

from bot.domain.chat import RoomRole
from bot.domain.clock_state import ClockStage
from bot.domain.richtext import plain
from bot.domain.sla_policy import SlaPolicy
from bot.usecases.timekeeping import SlaRules
from tests.fakes.desk_records import ALEXANDER as ALEXANDER_THERE
from tests.fakes.desk_records import TOM
from tests.fakes.rig import MATRIX_ALEXANDER, MATRIX_STAFF, MIA, Rig
from tests.unit.clocked import HOUR, MINUTE, RESOLUTION, THREAD, TOM_HERE, clock, notes, only


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def test_taking_assigns_it_in_freescout_and_writes_down_who_did(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("take", address=THREAD)
        await rig.look()
    assert ticket.assignee == ALEXANDER_THERE
    assert plain(reply.text) == f"#{ticket.number} is with you now."
    (line,) = rig.store.audit_lines
    assert (line.actor, line.action, line.ticket) == ("Alexander (discord:alexander)", "take", str(ticket.number))
    assert (only(rig).assignee, only(rig).assignee_id) == ("Alexander Frank", 3)


async def test_it_can_be_typed_in_matrix(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post(
            f"!take {ticket.number}", author=MATRIX_ALEXANDER, address=MATRIX_STAFF, room_role=RoomRole.STAFF
        )
    assert ticket.assignee == ALEXANDER_THERE


async def test_a_mail_can_be_taken_too(rig: Rig) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Help", text="Error 5.")
        await rig.run("take", ticket=str(mail.number))
    assert mail.assignee == ALEXANDER_THERE


async def test_the_same_act_again_does_not_take_it_back_from_a_colleague(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("take", address=THREAD, act="a")
        rig.desk.assign_as_agent(ticket.conversation_id, TOM)
        await rig.look()
        await rig.run("take", address=THREAD, act="a")
        await rig.look()
    assert ticket.assignee == TOM
    assert only(rig).assignee == "Tom Sommer"
    assert len(rig.store.audit_lines) == 1


async def test_whom_freescout_does_not_know_is_told_what_to_do(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("take", author=TOM_HERE, address=THREAD)
    assert plain(reply.text).startswith("FreeScout does not know you yet: please have your account (tom) added")
    assert not reply.done
    assert ticket.assignee is None
    assert only(rig).assignee == ""


@pytest.mark.parametrize("command", ["take", "waiting"])
async def test_members_may_do_neither(rig: Rig, command: str) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run(command, author=MIA, address=THREAD)
    assert not reply.done
    assert (ticket.assignee, notes(ticket), rig.store.audit_lines) == (None, [], ())


async def test_taken_while_freescout_is_away_it_is_assigned_afterwards(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.down = True
        reply = await rig.run("take", address=THREAD)
        assert "FreeScout cannot be reached at the moment" in plain(reply.text)
    async with rig.running():
        rig.desk.down = False
        await rig.pass_time(2 * MINUTE)
    assert ticket.assignee == ALEXANDER_THERE


async def test_waiting_for_somebody_outside_is_a_note_and_pauses_only_where_the_settings_say_so() -> None:
    for pauses, stage in ((False, ClockStage.RUNNING), (True, ClockStage.PAUSED)):
        rig = Rig(group_seconds=0, sla=SlaRules(policy=replace(SlaPolicy(), third_party_pauses=pauses)))
        async with rig.running():
            ticket = await rig.ticket()
            await rig.run("waiting", author=TOM_HERE, address=THREAD, act="w")
            reply = await rig.run("waiting", author=TOM_HERE, address=THREAD, act="w")
            await rig.pass_time(HOUR)
            assert clock(rig, RESOLUTION).stage is stage
            await rig.post("Any news?", address=THREAD)
            assert clock(rig, RESOLUTION).stage is ClockStage.RUNNING
        assert plain(reply.text) == f"#{ticket.number}: noted that it waits for somebody outside."
        assert notes(ticket) == ["Waits for somebody outside, says Tom (Discord)."]
        assert [line.action for line in rig.store.audit_lines] == ["waiting"]

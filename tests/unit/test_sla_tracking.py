"""Clocks of requests by chat: what starts, stops, pauses and ends them, each in the transaction of its cause."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import MessageKind, RoomRole
from bot.domain.clock_state import ClockStage
from bot.domain.errors import TransientError
from bot.domain.helpdesk import Status
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_ALEXANDER, MATRIX_SUPPORT, SUPPORT, Rig
from tests.unit.clocked import (
    HOUR,
    MINUTE,
    RESOLUTION,
    RESPONSE,
    SECOND,
    THREAD,
    TOM_HERE,
    TRIAGE,
    at,
    clock,
    only,
    stages,
    states,
    tracked,
)

RUNNING, PAUSED, STOPPED, CANCELLED = ClockStage


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def test_the_clocks_of_a_request_begin_with_its_message_and_are_there_before_its_number(rig: Rig) -> None:
    rig.desk.down = True
    message = replace(rig.message(message_id="m1"), sent_at=at(2, 8, 30))
    async with rig.running():
        await rig.accept(message)
        ticket = only(rig)
        assert (ticket.origin, ticket.author, ticket.number) == (Origin.DISCORD, "Mia", None)
        assert (ticket.received_at, ticket.source_link) == (at(2, 8, 30), message.link)
        assert [state.due_at for state in states(rig).values()] == [at(2, 12, 30), at(3, 8, 30), at(9, 8, 30)]
        rig.desk.down = False
        await rig.pass_time(2 * MINUTE)
    assert only(rig).number == rig.desk.conversations[0].number
    assert only(rig).received_at == at(2, 8, 30)


async def test_a_request_in_matrix_has_the_same_clocks(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket(author=JONAS)
    assert only(rig).origin is Origin.MATRIX
    assert clock(rig, RESPONSE).due_at == at(3, 9)


async def test_what_opens_no_ticket_has_no_clocks(rig: Rig) -> None:
    async with rig.running():
        await rig.post("Hello all.", author=ALEXANDER)
        await rig.post("I am a bot.", kind=MessageKind.BOT)
        await rig.post("For us.", room_role=RoomRole.STAFF)
    assert tracked(rig) == []


@pytest.mark.parametrize(
    ("text", "label", "priority"),
    [
        ("We have a total OUTAGE here", "bug", Priority.P0),
        ("I can’t  log in", "bug", Priority.P0),
        ("The export fails.", "bug", Priority.P2),
        ("Could you add a dark mode?", "feature", Priority.P2),
        ("How do I export?", "question", Priority.P2),
    ],
)
async def test_the_words_suggest_label_and_priority_until_a_person_triages(
    rig: Rig, text: str, label: str, priority: Priority
) -> None:
    async with rig.running():
        await rig.ticket(text)
    ticket = only(rig)
    assert (ticket.suggested_label, ticket.label, ticket.priority) == (label, "", priority)
    assert ticket.triaged_by == ""
    assert clock(rig, TRIAGE).stage is RUNNING


async def test_the_first_response_stops_when_the_answer_is_in_chat_not_when_it_was_written(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(TransientError("away", retry_after=timedelta(minutes=5)), on="send")
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        assert clock(rig, RESPONSE).stage is RUNNING
        await rig.pass_time(10 * MINUTE)
    (said,) = (one for one in rig.discord.posted if one.text.startswith("Lea:"))
    assert said.at >= at(2, 9, 5)
    assert clock(rig, RESPONSE).stopped_at == said.at


async def test_nothing_else_than_a_delivered_answer_is_a_first_response(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.note(ticket.conversation_id, "Seen that before.")
        draft = rig.desk.agent_replies(ticket.conversation_id, "Try", draft=True)
        undone = rig.desk.agent_replies(ticket.conversation_id, "Try this", status=Status.ACTIVE)
        await rig.sweep()
        rig.desk.undo(undone)
        await rig.look()
        await rig.post("An automatic word.", author=LENA, address=THREAD, kind=MessageKind.BOT)
        await rig.run("note", author=ALEXANDER, text="Is it known?", address=THREAD)
        for status in (Status.PENDING, Status.CLOSED):
            rig.desk.set_status_as_agent(ticket.conversation_id, status)
            await rig.look()
        assert draft
    assert clock(rig, RESPONSE).stage is RUNNING
    assert clock(rig, RESOLUTION).stage is STOPPED


async def test_a_colleagues_own_words_in_the_thread_stop_it_at_their_time(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.pass_time(HOUR)
        await rig.post("Try the proxy.", author=TOM_HERE, address=THREAD)
        await rig.pass_time(HOUR)
        await rig.look()
    assert clock(rig, RESPONSE).stopped_at == at(2, 10)


async def test_another_members_words_are_no_answer(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.post("Same here.", author=LENA, address=THREAD)
    assert clock(rig, RESPONSE).stage is RUNNING


async def test_waiting_for_the_customer_pauses_only_after_an_answer_and_ends_with_their_words(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.PENDING)
        await rig.look()
        assert clock(rig, RESOLUTION).stage is RUNNING, "nobody was asked anything"
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        paused = clock(rig, RESOLUTION)
        assert (paused.stage, paused.due_at) == (PAUSED, None)
        before = rig.clock.now()
        await rig.pass_time(2 * HOUR)
        await rig.post("Version 2.", address=THREAD)
        assert clock(rig, RESOLUTION).stage is RUNNING
        assert clock(rig, RESOLUTION).spans[-1].start == before + 2 * HOUR
        await rig.look()
    assert clock(rig, RESOLUTION).spans[-1].start == before + 2 * HOUR
    assert clock(rig, RESOLUTION).due_at == at(9, 11)


async def test_what_the_bot_filed_late_is_not_heard_a_second_time(rig: Rig) -> None:
    """The member asked, was answered and waited for, and only then could the words be filed."""
    async with rig.running():
        await rig.ticket()
        rig.desk.down = True
        await rig.post("It is version 2.", address=THREAD)
        await rig.pass_time(HOUR)
        await rig.post("Then please update.", author=TOM_HERE, address=THREAD)
        rig.desk.down = False
        await rig.pass_time(2 * MINUTE)
        await rig.look()
    written = [one.at for one in (*only(rig).ours, *only(rig).desk) if one.kind == "customer wrote"]
    assert written == [at(2, 9)]


async def test_triage_stops_its_clock_and_moves_the_others(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.pass_time(30 * MINUTE)
        await rig.run("triage", label="bug", priority="P1", note="export", address=THREAD)
    ticket = only(rig)
    assert (ticket.label, ticket.priority, ticket.triaged_by) == ("bug", Priority.P1, "Alexander")
    assert clock(rig, TRIAGE).stopped_at == at(2, 9, 30)
    assert [clock(rig, kind).due_at for kind in (RESPONSE, RESOLUTION)] == [at(2, 13), at(5, 9)]


@pytest.mark.parametrize(
    ("reason", "stage"), [("not-a-request", CANCELLED), ("duplicate", CANCELLED), ("answered", STOPPED)]
)
async def test_noise_and_twins_end_without_a_verdict_what_was_answered_is_resolved(
    rig: Rig, reason: str, stage: ClockStage
) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.run("close", reason=reason, address=THREAD)
        await rig.look()
    assert clock(rig, RESOLUTION).stage is stage
    kinds = {one.kind for one in only(rig).verdicts}
    assert (RESOLUTION in kinds) is (stage is STOPPED)
    assert RESPONSE not in kinds


async def test_a_ticket_that_opens_again_goes_on_and_the_time_between_does_not_count(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.pass_time(HOUR)
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        assert clock(rig, RESOLUTION).stopped_at == at(2, 10)
        await rig.pass_time(at(2, 12) - rig.clock.now())
        await rig.post("It fails again.", address=THREAD)
        await rig.look()
    resolution = clock(rig, RESOLUTION)
    assert (resolution.stage, resolution.first_stopped_at) == (RUNNING, at(2, 10))
    assert resolution.due_at == at(9, 11)
    assert len(tracked(rig)) == 1


async def test_a_ticket_that_goes_on_in_a_new_one_has_clocks_of_its_own(rig: Rig) -> None:
    async with rig.running():
        first = await rig.ticket()
        rig.desk.close(first.conversation_id)
        await rig.look()
    await rig.pass_time(timedelta(days=20))
    async with rig.running():
        asked_at = rig.clock.now()
        await rig.post("It fails again, a total outage.", address=THREAD)
        await rig.look()
    old, new = tracked(rig)
    assert (old.conversation_id, new.conversation_id) == tuple(one.conversation_id for one in rig.desk.conversations)
    assert new.received_at == asked_at
    assert new.priority is Priority.P0
    assert stages(rig, new) == [RUNNING, RUNNING, RUNNING]
    assert clock(rig, RESOLUTION, old).stage is STOPPED
    assert [one.message.address for one in rig.discord.cards].count(rig.staff.places[0]) == 2


async def test_staffs_answer_to_the_new_ticket_is_no_answer_to_the_old_one(rig: Rig) -> None:
    async with rig.running():
        first = await rig.ticket()
        rig.desk.close(first.conversation_id)
        await rig.look()
    await rig.pass_time(timedelta(days=20))
    async with rig.running():
        await rig.post("It fails again.", address=THREAD)
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
    old, new = tracked(rig)
    assert clock(rig, RESPONSE, new).stage is STOPPED
    assert clock(rig, RESPONSE, old).stopped_at is None


async def test_marked_as_spam_all_its_clocks_end_without_a_verdict(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.SPAM)
        await rig.look()
    assert stages(rig) == [CANCELLED, CANCELLED, CANCELLED]
    assert only(rig).verdicts == ()


async def test_in_the_trash_its_clocks_are_cancelled_and_out_of_it_they_go_on(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.trash(ticket.conversation_id)
        await rig.look()
        assert stages(rig) == [CANCELLED, CANCELLED, CANCELLED]
        rig.desk.restore(ticket.conversation_id)
        await rig.look()
    assert stages(rig) == [RUNNING, RUNNING, RUNNING]


async def test_deleted_for_good_it_ends_once(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.delete_for_good(ticket.conversation_id)
        for _ in range(3):
            await rig.webhook(ticket.conversation_id)
    assert clock(rig, RESOLUTION).stage is CANCELLED
    assert [one.reason for one in only(rig).ours if one.kind == "cancelled"] == ["deleted"]


async def test_what_was_resolved_stays_so_when_the_closed_ticket_is_thrown_away(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        await rig.pass_time(HOUR)
        rig.desk.trash(ticket.conversation_id)
        await rig.look()
        assert clock(rig, RESOLUTION).is_met
        rig.desk.delete_for_good(ticket.conversation_id)
        await rig.webhook(ticket.conversation_id)
    assert clock(rig, RESOLUTION).stopped_at == at(2, 9)
    assert clock(rig, RESOLUTION).is_met


async def test_an_older_look_takes_back_nothing_that_a_newer_one_saw(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        older = await rig.desk.read(ticket.conversation_id)
        assert older is not None
        await rig.pass_time(SECOND)
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        await rig.core.reader.take(older)
    assert clock(rig, RESOLUTION).stage is STOPPED


async def test_waiting_for_somebody_outside_is_noted_and_pauses_nothing(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.run("waiting", address=THREAD)
    assert clock(rig, RESOLUTION).stage is RUNNING


async def test_a_typed_triage_in_matrix_counts_too(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        thread = replace(MATRIX_SUPPORT, chat_thread="$e")
        await rig.post("!triage bug P1", author=MATRIX_ALEXANDER, address=thread)
    assert clock(rig, TRIAGE).stage is STOPPED
    assert only(rig).priority is Priority.P1


async def test_two_tickets_keep_their_clocks_apart(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        await rig.post("The import fails.", author=LENA, message_id="m2")
        await rig.post("Try this.", author=ALEXANDER, address=replace(SUPPORT, chat_thread="m2"))
    answered = {one.author: clock(rig, RESPONSE, one).stage for one in tracked(rig)}
    assert answered == {"Mia": RUNNING, "Lena": STOPPED}

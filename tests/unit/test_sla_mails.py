"""Clocks of requests that came by mail: found by sweep and webhook, answered when an answer cannot be taken back."""

import pytest

from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Status
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin
from bot.usecases.timekeeping import SlaRules
from tests.fakes.desk_records import BOT, MAILBOX
from tests.fakes.rig import STAFF, Rig
from tests.unit.clocked import (
    HOUR,
    MINUTE,
    RESOLUTION,
    RESPONSE,
    SECOND,
    THREAD,
    TOM_HERE,
    at,
    clock,
    notes,
    of,
    only,
    pages,
    pass_until,
    stages,
    told,
    tracked,
)

RUNNING, PAUSED, STOPPED, CANCELLED = ClockStage


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0, mailbox_id=MAILBOX, sla=SlaRules(oncall=("role:7",)))


async def test_a_mail_is_tracked_from_its_arrival_and_has_one_card(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="It says error 5.", customer_name="Ada")
        await rig.pass_time(30 * SECOND)
        await rig.webhook(mail.conversation_id, replied=False)
        for _ in range(2):
            await rig.look()
    ticket = only(rig)
    assert (ticket.origin, ticket.author, ticket.received_at) == (Origin.EMAIL, "Ada", at(2, 9))
    assert (ticket.number, ticket.suggested_label) == (mail.number, "bug")
    (card,) = rig.discord.cards
    assert card.message.address == STAFF
    assert f"#{mail.number} Export fails (by Ada, e-mail)" in card.text


async def test_the_sweep_alone_finds_it(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        rig.desk.add_conversation("Export fails", text="It says error 5.")
        await rig.sweep()
    assert len(tracked(rig)) == 1
    assert len(rig.discord.cards) == 1


async def test_a_mail_that_looks_critical_pages_at_once(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        rig.desk.add_conversation("Help", text="We see data loss!")
        for _ in range(2):
            await rig.sweep()
    assert only(rig).priority is Priority.P0
    assert pages(rig) == [("role:7",)]


async def test_what_came_before_the_first_start_is_left_alone_what_came_in_a_downtime_is_not(rig: Rig) -> None:
    rig.desk.add_conversation("Old", text="Long ago.")
    await rig.pass_time(MINUTE)
    async with rig.running():
        await rig.keep_time()
        await rig.sweep()
    assert tracked(rig) == []
    await rig.pass_time(MINUTE)
    rig.desk.add_conversation("New", text="While you were away.")
    await rig.pass_time(HOUR)
    async with rig.running():
        await rig.keep_time()
        await rig.sweep()
    assert only(rig).subject == "New"
    assert only(rig).received_at == at(2, 9, 2)


async def test_only_what_customers_began_in_our_mailbox_and_no_spam_is_a_request(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        written = rig.desk.add_conversation("An offer")
        rig.desk.agent_replies(written.conversation_id, "We would like to tell you")
        rig.desk.customer_replies(written.conversation_id, "Thanks.")
        elsewhere = rig.desk.add_conversation("Sales", text="How much?")
        elsewhere.mailbox_id = MAILBOX + 1
        rig.desk.add_conversation("Win", text="You won", status=Status.SPAM)
        rig.desk.add_conversation("Empty")
        await rig.look()
    assert tracked(rig) == []
    assert rig.discord.cards == []


async def test_an_answer_by_mail_counts_when_it_was_written_but_only_once_it_cannot_be_taken_back(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="Error 5.")
        await rig.pass_time(MINUTE)
        answer = rig.desk.agent_replies(mail.conversation_id, "Try this")
        await rig.webhook(mail.conversation_id)
        assert clock(rig, RESPONSE).stage is RUNNING
        rig.desk.undo(answer)
        await rig.pass_time(MINUTE)
        assert clock(rig, RESPONSE).stage is RUNNING
        rig.desk.publish(answer)
        await rig.webhook(mail.conversation_id)
        await rig.pass_time(rig.undo)
    assert clock(rig, RESPONSE).stopped_at == at(2, 9, 2)
    assert clock(rig, RESOLUTION).stage is PAUSED


async def test_notes_drafts_status_and_the_bots_words_are_no_answer_to_a_mail(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="Error 5.")
        rig.desk.note(mail.conversation_id, "Known.")
        rig.desk.agent_replies(mail.conversation_id, "We got your mail.", agent=BOT, status=Status.ACTIVE)
        rig.desk.agent_replies(mail.conversation_id, "Tr", draft=True)
        rig.desk.close(mail.conversation_id)
        await rig.look()
    assert clock(rig, RESPONSE).stage is RUNNING
    assert clock(rig, RESOLUTION).stage is STOPPED


async def test_the_customers_next_mail_ends_the_pause(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="Error 5.")
        rig.desk.agent_replies(mail.conversation_id, "Which version?")
        await rig.look()
        await rig.pass_time(HOUR)
        rig.desk.customer_replies(mail.conversation_id, "Version 2.")
        answered_at = rig.clock.now()
        await rig.look()
    assert clock(rig, RESOLUTION).stage is RUNNING
    assert clock(rig, RESOLUTION).spans[-1].start == answered_at.replace(microsecond=0)


async def test_an_answer_in_time_that_is_seen_late_leaves_no_breach(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Help", text="An outage.")
        await rig.sweep()
        await rig.pass_time(at(2, 10, 59, 50) - rig.clock.now())
        rig.desk.agent_replies(mail.conversation_id, "We are at it.", status=Status.ACTIVE)
        await pass_until(rig, at(2, 11, 0, 5))
        assert clock(rig, RESPONSE).is_breached
        await rig.look()
    assert clock(rig, RESPONSE).is_met
    assert all(one.breached_at is None for one in only(rig).verdicts)


async def test_two_mails_merged_are_one_request_with_the_older_ones_start_and_the_higher_priority(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        older = rig.desk.add_conversation("Help", text="An outage.")
        await rig.sweep()
        await rig.pass_time(10 * MINUTE)
        newer = rig.desk.add_conversation("Help again", text="Anybody there?")
        await rig.sweep()
        rig.desk.merge(older.conversation_id, newer.conversation_id)
        await rig.look()
    survivor = of(rig, newer)
    assert survivor.received_at == at(2, 9)
    assert survivor.priority is Priority.P0
    assert stages(rig, of(rig, older)) == [CANCELLED, CANCELLED, CANCELLED]


async def test_a_mail_merged_into_a_chat_ticket_brings_its_answer_along(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Help", text="Error 5.")
        rig.desk.agent_replies(mail.conversation_id, "Try this", status=Status.ACTIVE)
        await rig.pass_time(MINUTE)
        await rig.sweep()
        chat = await rig.ticket()
        rig.desk.merge(mail.conversation_id, chat.conversation_id)
        await rig.look()
    assert clock(rig, RESPONSE, of(rig, chat)).stopped_at == at(2, 9)


async def test_a_chat_ticket_merged_into_a_mail_brings_its_answer_and_priority_along(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        chat = await rig.ticket("A total outage")
        await rig.post("We are at it.", author=TOM_HERE, address=THREAD)
        await rig.pass_time(MINUTE)
        mail = rig.desk.add_conversation("Help", text="Error 5.")
        await rig.sweep()
        rig.desk.merge(chat.conversation_id, mail.conversation_id)
        for _ in range(3):
            await rig.look()
    survivor, merged = of(rig, mail), of(rig, chat)
    assert clock(rig, RESPONSE, survivor).stopped_at == at(2, 9)
    assert (survivor.priority, survivor.received_at) == (Priority.P0, at(2, 9))
    assert clock(rig, RESOLUTION, merged).stage is CANCELLED
    assert [one.reason for one in merged.ours if one.kind == "cancelled"] == ["merged"]


async def test_a_mail_can_be_triaged_and_the_note_tells_its_deadlines(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Help", text="Error 5.")
        await rig.sweep()
        await rig.run("triage", ticket=str(mail.number), label="bug", priority="P1")
    (note,) = notes(mail)
    assert note.splitlines() == [
        "Triaged as bug, P1 by Alexander from Discord.",
        "The first response is due by Mon 2 Mar 14:00 (Europe/Berlin).",
        "The resolution is due by Thu 5 Mar 10:00 (Europe/Berlin).",
    ]
    assert told(rig) == []


async def test_what_was_deleted_or_merged_away_has_no_field_to_write_into() -> None:
    rig = Rig(group_seconds=0, has_clocks_field=True)
    async with rig.running():
        await rig.keep_time()
        chat = await rig.ticket()
        await rig.run("triage", label="bug", priority="P1", address=THREAD)
        mail = rig.desk.add_conversation("Help", text="Error 5.")
        await rig.sweep()
        await rig.run("triage", ticket=str(mail.number), label="bug", priority="P1")
        rig.desk.merge(chat.conversation_id, mail.conversation_id)
        for _ in range(2):
            await rig.look()
        assert mail.clocks.startswith("P1; first response by ")
        rig.desk.delete_for_good(mail.conversation_id)
        await rig.webhook(mail.conversation_id)
        await rig.pass_time(MINUTE)
    assert [one.state for one in rig.store.contents.deliveries.values() if one.state == "parked"] == []

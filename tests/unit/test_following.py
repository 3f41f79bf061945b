"""What agents do with a ticket besides answering is told once, and what the bot does itself is nobody's news."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.helpdesk import AppendedThread, Entry, Status, ThreadKind
from bot.domain.ids import ConversationId
from tests.fakes.clock import ManualClock
from tests.fakes.desk_records import BOT, LEA, TOM
from tests.fakes.helpdesk import FakeHelpDesk
from tests.fakes.rig import ALEXANDER, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def said(rig: Rig) -> list[str]:
    """What was said after the number."""
    return [one.text for one in rig.discord.posted[1:]]


async def test_who_takes_a_ticket_is_told_once_and_nobody_is_pinged(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.assign_as_agent(ticket.conversation_id, TOM)
        for _ in range(3):
            await rig.sweep()
            await rig.webhook(ticket.conversation_id)
    assert said(rig) == [f"Tom looks after ticket #{ticket.number} now."]
    assert rig.discord.posted[-1].message.address == THREAD
    assert rig.discord.posted[-1].message.mention is None


async def test_who_answers_takes_it_without_a_word(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        await rig.look()
    assert ticket.assignee is LEA
    assert said(rig) == ["Lea:\nWhich version?"]


@pytest.mark.parametrize("agent", [None, BOT])
async def test_that_nobody_has_it_or_the_bot_is_no_news(rig: Rig, agent: object) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.assign_as_agent(ticket.conversation_id, agent)  # type: ignore[arg-type]
        await rig.look()
    assert said(rig) == []


async def test_an_agent_who_opens_it_again_is_told_of_and_the_question_is_withdrawn(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        await rig.pass_time(timedelta(seconds=30))
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        for _ in range(3):
            await rig.look()
    assert said(rig)[1:] == [f"Ticket #{ticket.number} is open again."]
    (link,) = rig.store.contents.links.values()
    assert link.asked_at is None
    assert [status for _, status, _ in rig.discord.statuses] == [Status.CLOSED, Status.ACTIVE]


async def test_closed_opened_and_closed_again_is_asked_about_again(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        for status in (Status.CLOSED, Status.ACTIVE, Status.CLOSED):
            rig.desk.set_status_as_agent(ticket.conversation_id, status)
            await rig.look()
            await rig.pass_time(timedelta(seconds=30))
    questions = [one for one in rig.discord.posted if one.message.choices]
    assert len(questions) == 2
    assert len(said(rig)) == 3


async def test_spam_and_the_trash_are_told_to_nobody(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.SPAM)
        await rig.look()
        rig.desk.trash(ticket.conversation_id)
        await rig.look()
    assert said(rig) == []


async def test_pending_shows_only_where_a_status_has_its_place(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.PENDING)
        await rig.look()
    assert said(rig) == []
    assert rig.discord.statuses == [(THREAD, Status.PENDING, False)]


async def test_closing_by_command_is_told_once_and_asks_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("close", reason="duplicate", address=THREAD)
        for _ in range(3):
            await rig.look()
    assert said(rig) == [rig.words.line("closed_by_team", number=str(ticket.number), reason="duplicate")]
    assert rig.discord.statuses == [(THREAD, Status.CLOSED, True)]


async def test_a_members_words_in_a_pending_ticket_make_it_active_without_a_word(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        await rig.post("Version 2.", address=THREAD)
        await rig.look()
    assert ticket.status is Status.ACTIVE
    assert said(rig) == ["Lea:\nWhich version?"]
    assert [status for _, status, _ in rig.discord.statuses] == [Status.PENDING, Status.ACTIVE]


class GatedDesk(FakeHelpDesk):
    """A help desk whose writes take until the gate is set: they are done at once, and answered later."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.gate = asyncio.Event()
        self.gate.set()
        self.shows_writes = True

    @override
    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        if not self.shows_writes:
            await self.gate.wait()
        appended = await super().append(conversation_id, entry)
        await self.gate.wait()
        return appended

    @override
    async def set_status(self, conversation_id: ConversationId, status: Status) -> None:
        if not self.shows_writes:
            await self.gate.wait()
        await super().set_status(conversation_id, status)
        await self.gate.wait()


@pytest.mark.parametrize("shows_writes", [True, False])
async def test_what_the_bot_is_about_to_do_is_not_taken_for_somebodys_act(rig: Rig, shows_writes: bool) -> None:
    """A sweep looks while the bot's own writing is under way: whether it shows already or not, nothing is told."""
    desk = GatedDesk(rig.clock)
    rig.desk = desk
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        (question,) = said(rig)
        desk.shows_writes = shows_writes
        desk.gate.clear()
        await rig.post("It fails again.", address=THREAD)
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=11))
        await rig.sweep()
        assert said(rig) == [question]
        desk.gate.set()
        await rig.rest()
        for _ in range(3):
            await rig.look()
    assert said(rig) == [question, rig.words.line("reopened_by_member", number=str(ticket.number))]


@pytest.mark.parametrize("shows_writes", [True, False])
async def test_a_closing_of_the_bots_own_under_way_is_not_asked_about(rig: Rig, shows_writes: bool) -> None:
    desk = GatedDesk(rig.clock)
    rig.desk = desk
    async with rig.running():
        ticket = await rig.ticket()
        desk.shows_writes = shows_writes
        desk.gate.clear()
        await rig.run("close", reason="answered", address=THREAD)
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=11))
        await rig.sweep()
        desk.gate.set()
        await rig.rest()
        for _ in range(3):
            await rig.look()
    assert len(said(rig)) == 1
    assert ticket.status is Status.CLOSED


async def test_a_view_from_before_the_bots_own_act_tells_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        older = await rig.desk.read(ticket.conversation_id)
        assert older is not None
        await rig.run("close", reason="answered", address=THREAD)
        await rig.core.reader.take(older)
        await rig.look()
    assert len(said(rig)) == 1
    assert ticket.status is Status.CLOSED


async def test_an_act_of_an_agents_after_the_bots_own_is_told(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("close", reason="answered", address=THREAD)
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        await rig.look()
    assert said(rig)[1:] == [f"Ticket #{ticket.number} is open again."]


async def test_a_colleagues_answer_in_chat_makes_it_pending_without_a_word(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        await rig.look()
    assert ticket.status is Status.PENDING
    assert ticket.of_kind(ThreadKind.MESSAGE)
    assert said(rig) == []


async def test_what_happened_during_a_downtime_is_told_afterwards(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
    rig.desk.assign_as_agent(ticket.conversation_id, TOM)
    await rig.pass_time(timedelta(hours=3))
    async with rig.running():
        await rig.look()
    assert said(rig) == [f"Tom looks after ticket #{ticket.number} now."]

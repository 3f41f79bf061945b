"""Direct messages to the bot: tickets like others, answered where nobody else reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import ChatAddress, MessageDeleted, Platform, Voice
from bot.domain.helpdesk import Status
from tests.fakes.rig import JONAS, MIA, Rig

DM = ChatAddress(platform=Platform.DISCORD, room="dm-mia", chat_thread="dm-mia")
MATRIX_DM = ChatAddress(platform=Platform.MATRIX, room="!dm", chat_thread="!dm")


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def test_a_direct_message_is_a_ticket_whose_number_is_told_there_without_a_mention(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(address=DM)
    (said,) = rig.discord.posted
    assert said.message.address == DM
    assert said.message.mention is None
    assert f"#{ticket.number}" in said.text
    assert rig.discord.chat_threads == {}
    assert ticket.threads[0].entry.speaker == "Mia (Discord, direct message)"


async def test_everything_said_there_is_one_conversation(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(address=DM)
        await rig.pass_time(timedelta(minutes=30))
        await rig.post("On page two.", address=DM)
    assert ticket.texts == ["The export fails.", "On page two."]
    assert len(rig.desk.conversations) == 1


async def test_replies_arrive_there_and_mention_nobody(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(address=DM)
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
    said = rig.discord.posted[-1].message
    assert (said.address, said.mention, said.voice) == (DM, None, Voice.AGENT)


async def test_the_question_is_asked_and_answered_there(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(address=DM)
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        question = rig.discord.posted[-1].message
        assert (question.address, question.mention) == (DM, None)
        await rig.post("no", address=DM)
        await rig.look()
    assert ticket.status is Status.ACTIVE


async def test_said_solved_there_without_a_number_it_is_that_ticket(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(author=JONAS, address=MATRIX_DM)
        await rig.post("!solved", author=JONAS, address=MATRIX_DM)
    assert ticket.status is Status.PENDING


async def test_a_new_matter_long_after_the_old_one_was_closed_is_a_new_ticket_there(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket(address=DM)
        rig.desk.close(ticket.conversation_id)
        await rig.look()
    await rig.clock.advance(timedelta(days=20))
    async with rig.running():
        await rig.post("Something else is wrong.", address=DM)
    assert [one.subject for one in rig.desk.conversations] == ["The export fails.", "Something else is wrong."]
    assert {posted.message.address for posted in rig.discord.posted} == {DM}


async def test_it_never_joins_a_ticket_of_a_room(rig: Rig) -> None:
    rig.group = timedelta(minutes=2)
    async with rig.running():
        await rig.ticket()
        await rig.post("In private: my password is wrong.", author=MIA, address=DM)
    assert len(rig.desk.conversations) == 2


async def test_a_room_that_was_replaced_takes_its_ticket_along(rig: Rig) -> None:
    new = replace(MATRIX_DM, room="!new", chat_thread="!new")
    async with rig.running():
        ticket = await rig.ticket(author=JONAS, address=MATRIX_DM)
        rig.matrix.moved["!dm"] = "!new"
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
        await rig.post("Done.", author=JONAS, address=new)
        rig.desk.agent_replies(ticket.conversation_id, "Does it help?")
        await rig.look()
    assert [one.message.address for one in rig.matrix.posted[1:]] == [new, new]
    assert rig.matrix.posted[1].text.startswith(f"About ticket #{ticket.number}:")
    assert rig.matrix.posted[2].text == "Lea:\nDoes it help?"
    assert ticket.texts[-2:] == ["Done.", "Does it help?"]


async def test_a_message_deleted_there_is_noted(rig: Rig) -> None:
    async with rig.running():
        await rig.post("My password is 1234.", address=DM, message_id="d1")
        await rig.event(MessageDeleted(address=DM, message_id="d1"))
    assert "was deleted in Discord" in rig.desk.conversations[0].texts[-1]

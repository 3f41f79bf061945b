"""Merges at unlucky moments: nobody reads what was meant for somebody else, and every place reads the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import ChatAddress, Voice
from bot.domain.errors import TransientError
from bot.domain.helpdesk import Status, ThreadKind
from tests.fakes.chat import FakeChat
from tests.fakes.desk_records import TOM, FiledConversation
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MIA, SUPPORT, Rig

MIAS = replace(SUPPORT, chat_thread="m1")
LENAS = replace(SUPPORT, chat_thread="m2")
MIAS_OWN = ChatAddress(platform=SUPPORT.platform, room="dm-mia", chat_thread="dm-mia")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def heard(chat: FakeChat, place: ChatAddress | None = None) -> list[str]:
    """What agents said there, without their names."""
    here = [one for one in chat.posted if place in {None, one.message.address}]
    return [one.text.partition("\n")[2] for one in here if one.message.voice is Voice.AGENT]


def notes(ticket: FiledConversation) -> list[str]:
    return [note.text for note in ticket.of_kind(ThreadKind.NOTE)]


async def mias_and_lenas(rig: Rig) -> tuple[FiledConversation, FiledConversation]:
    await rig.post("The export fails.", author=MIA, message_id="m1")
    await rig.post("No export here.", author=LENA, message_id="m2")
    first, second = rig.desk.conversations
    return first, second


async def merge(rig: Rig, one: FiledConversation, into: FiledConversation) -> None:
    """An agent merges them, and the bot has seen it."""
    rig.desk.merge(one.conversation_id, into.conversation_id)
    await rig.look()


# Who hears it


async def in_public_and_private(rig: Rig, *, into_public: bool) -> FiledConversation:
    """Mia's question in a room and her direct message, merged."""
    await rig.post("The export fails.", message_id="m1")
    await rig.post("My password is 1234.", address=MIAS_OWN)
    public, private = rig.desk.conversations
    one, into = (private, public) if into_public else (public, private)
    await merge(rig, one, into)
    return into


@pytest.mark.parametrize("into_public", [True, False])
async def test_of_one_members_places_only_the_direct_message_hears_an_answer(rig: Rig, into_public: bool) -> None:
    async with rig.running():
        ticket = await in_public_and_private(rig, into_public=into_public)
        rig.desk.agent_replies(ticket.conversation_id, "1234 was reset.")
        await rig.look()
    assert heard(rig.discord, MIAS_OWN) == ["1234 was reset."]
    assert heard(rig.discord, MIAS) == []
    assert notes(ticket) == [rig.words.line("left_out_note", places="Discord, public thread of Mia")]


@pytest.mark.parametrize("into_public", [True, False])
async def test_what_a_colleague_writes_in_a_direct_message_stays_there(rig: Rig, into_public: bool) -> None:
    async with rig.running():
        ticket = await in_public_and_private(rig, into_public=into_public)
        await rig.post("1234 was reset.", author=ALEXANDER, address=MIAS_OWN)
        await rig.look()
    assert ticket.texts.count("1234 was reset.") == 1
    assert heard(rig.discord) == []


async def test_of_a_conversation_by_mail_only_the_places_of_the_customer_it_names_hear_an_answer(rig: Rig) -> None:
    async with rig.running():
        mias, lenas = await mias_and_lenas(rig)
        mail = rig.desk.add_conversation("Invoice")
        mail.customer_id = mias.customer_id
        await merge(rig, mias, mail)
        await merge(rig, lenas, mail)
        rig.desk.agent_replies(mail.conversation_id, "Your account is 1234.")
        await rig.look()
    assert heard(rig.discord, MIAS) == ["Your account is 1234."]
    assert heard(rig.discord, LENAS) == []
    assert notes(mail) == [rig.words.line("left_out_note", places="Discord, public thread of Lena")]


@pytest.mark.parametrize("draft", [False, True])
async def test_a_mail_that_a_merge_brings_along_is_never_shown_and_answers_after_the_merge_are(
    rig: Rig, draft: bool
) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.look()
        mail = rig.desk.add_conversation("Invoice")
        reply = rig.desk.agent_replies(mail.conversation_id, "Dear Sir, your account is 1234.", draft=draft)
        if draft:
            rig.desk.publish(reply)
        await rig.pass_time(MINUTE)
        await merge(rig, mail, ticket)
        await rig.webhook(ticket.conversation_id)
        assert heard(rig.discord) == []
        await rig.pass_time(MINUTE)
        rig.desk.agent_replies(ticket.conversation_id, "Do this.")
        await rig.look()
    assert heard(rig.discord) == ["Do this."]


# The same everywhere


@pytest.mark.parametrize("away", ["discord", "matrix", "both"])
async def test_two_places_read_the_same_text_once_though_it_is_edited_while_one_is_away(rig: Rig, away: str) -> None:
    chats = {"discord": [rig.discord], "matrix": [rig.matrix], "both": [rig.discord, rig.matrix]}[away]
    async with rig.running():
        await rig.post("The export fails.", author=MIA, message_id="m1")
        await rig.post("No export here.", author=JONAS, message_id="$e")
        gone, kept = rig.desk.conversations
        await merge(rig, gone, kept)
        rig.desk.assign_as_agent(kept.conversation_id, TOM)
        for minutes, chat in enumerate(chats, start=2):  # what is said before the reply holds it up
            chat.fail_next(TransientError("away", retry_after=minutes * MINUTE), on="send")
        await rig.sweep()
        reply = rig.desk.agent_replies(kept.conversation_id, "Do this.")
        await rig.look()
        rig.desk.edit(reply, "Do that.")
        for _ in range(3):
            await rig.look()
            await rig.pass_time(2 * MINUTE)
    assert heard(rig.discord) == heard(rig.matrix)
    assert len(heard(rig.matrix)) == 1


# Where it went


async def test_a_ticket_of_the_first_release_that_is_merged_later_is_followed(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await mias_and_lenas(rig)
        await rig.pass_time(MINUTE)
    contents = rig.store.contents
    contents.threads.clear()
    contents.links.update({name: replace(link, followed=False) for name, link in contents.links.items()})
    async with rig.running():
        await rig.look()
        await rig.pass_time(MINUTE)
        await merge(rig, gone, kept)
        rig.desk.agent_replies(kept.conversation_id, "Do this.")
        await rig.look()
        await rig.post("Any news?", address=MIAS)
    assert heard(rig.discord, MIAS) == heard(rig.discord, LENAS) == ["Do this."]
    assert kept.texts[-1] == "Any news?"


async def test_a_view_from_before_a_merge_that_is_judged_after_it_moves_no_ticket_back(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await mias_and_lenas(rig)
        await rig.look()
        older = await rig.desk.read(gone.conversation_id)
        assert older is not None
        await rig.pass_time(timedelta(seconds=1))
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.sweep()
        said = rig.discord.said_in("m1")
        await rig.core.reader.take(older)
        await rig.rest()
        assert {link.conversation_id for link in rig.store.contents.links.values()} == {kept.conversation_id}
        rig.desk.agent_replies(kept.conversation_id, "Do this.")
        await rig.look()
    assert rig.discord.said_in("m1") == [*said, "Lea:\nDo this."]
    assert heard(rig.discord, LENAS) == ["Do this."]


# What was asked


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_a_merge_withdraws_the_open_question(rig: Rig, answer: str) -> None:
    async with rig.running():
        mias, lenas = await mias_and_lenas(rig)
        await rig.run("solved", address=MIAS)
        question = next(one for one in rig.discord.posted if one.message.choices)
        await rig.pass_time(MINUTE)
        await merge(rig, mias, lenas)
        rig.desk.set_status_as_agent(lenas.conversation_id, Status.ACTIVE)
        await rig.look()
        choice = next(one.choice for one in question.message.choices if f":{answer}:" in one.choice)
        assert await rig.press(choice) == rig.words.line("question_over")
        await rig.post(answer, address=MIAS)
        await rig.look()
    assert lenas.status is Status.ACTIVE
    assert lenas.texts[-1] == answer
    assert notes(lenas) == []

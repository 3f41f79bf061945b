"""Conversations that agents merge: followed, told once, answered in every place that may hear it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import ChatAddress, Voice
from bot.domain.errors import TransientError
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import ThreadId
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_SUPPORT, MIA, SUPPORT, Rig

MIAS = replace(SUPPORT, chat_thread="m1")
LENAS = replace(SUPPORT, chat_thread="m2")
PRIVATE = ChatAddress(platform=SUPPORT.platform, room="dm-lena", chat_thread="dm-lena")


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def two(rig: Rig, *, private: bool = False) -> tuple[FiledConversation, FiledConversation]:
    """Mia's ticket and Lena's."""
    await rig.post("The export fails.", author=MIA, message_id="m1")
    await rig.post("No export here.", author=LENA, message_id="m2", address=PRIVATE if private else None)
    first, second = rig.desk.conversations
    return first, second


def replies(rig: Rig, place: ChatAddress) -> list[str]:
    here = [one for one in rig.discord.posted if one.message.address == place]
    return [one.text.partition("\n")[2] for one in here if one.message.voice is Voice.AGENT]


@pytest.mark.parametrize("by_message", [False, True])
async def test_a_merge_is_followed_and_told_once(rig: Rig, by_message: bool) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        if by_message:
            await rig.post("Any news?", address=MIAS)
        for _ in range(3):
            await rig.look()
        await rig.post("Hello?", address=MIAS)
    assert kept.texts[-1] == "Hello?"
    assert ("Any news?" in kept.texts) is by_message
    merged = rig.words.line("merged", number=str(gone.number), into=str(kept.number))
    assert [text for text in rig.discord.said_in("m1") if "joined" in text] == [merged]
    assert len(rig.discord.said_in("m2")) == 1
    assert len(rig.desk.conversations) == 2


async def test_a_merge_is_followed_by_webhook(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.webhook(gone.conversation_id, replied=False)
    assert {link.number for link in rig.store.contents.links.values()} == {kept.number}


async def test_a_merge_seen_in_a_view_from_before_a_change_of_our_own_is_looked_at_again(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        view = await rig.desk.read(kept.conversation_id)
        assert view is not None
        links = rig.store.contents.links
        links.update({name: replace(link, changed_at=view.read_at) for name, link in links.items()})
        await rig.core.reader.take(view)
        assert len({link.number for link in links.values()}) == 2
        await rig.pass_time(timedelta(seconds=6))
    assert {link.number for link in rig.store.contents.links.values()} == {kept.number}


async def test_answers_in_a_former_conversation_arrive_also_after_that_was_merged(rig: Rig) -> None:
    async with rig.running():
        first, other = await two(rig)
        rig.desk.close(first.conversation_id)
        await rig.sweep()
    await rig.clock.advance(timedelta(days=15))
    async with rig.running():
        await rig.post("It is back.", address=MIAS)
        rig.desk.merge(first.conversation_id, other.conversation_id)
        await rig.look()
        rig.desk.agent_replies(other.conversation_id, "About your old question: mended.")
        await rig.look()
    assert replies(rig, MIAS) == ["About your old question: mended."]


async def test_answers_go_to_all_places_each_mentioning_its_member(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.sweep()
        rig.desk.agent_replies(kept.conversation_id, "Mended for both.")
        await rig.look()
    assert replies(rig, MIAS) == replies(rig, LENAS) == ["Mended for both."]
    mentioned = {one.message.mention for one in rig.discord.posted if one.message.voice is Voice.AGENT}
    assert mentioned == {"mia", "lena"}


async def test_answers_from_before_the_merge_are_not_said_again_elsewhere(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.agent_replies(gone.conversation_id, "For Mia.")
        rig.desk.agent_replies(kept.conversation_id, "For Lena.")
        await rig.look()
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        for _ in range(3):
            await rig.look()
    assert (replies(rig, MIAS), replies(rig, LENAS)) == (["For Mia."], ["For Lena."])


async def test_a_reply_that_waits_while_its_conversation_is_merged_is_still_shown_once(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.agent_replies(gone.conversation_id, "For Mia.")
        await rig.sweep()
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        for _ in range(3):
            await rig.look()
    assert replies(rig, MIAS) == ["For Mia."]


async def test_a_reply_on_its_way_is_found_where_the_merge_took_it(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.agent_replies(gone.conversation_id, "For Mia.")
        rig.discord.fail_next(TransientError("busy"), on="send")
        await rig.look()
        assert replies(rig, MIAS) == []
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.pass_time(timedelta(seconds=10))
    assert replies(rig, MIAS) == ["For Mia."]


async def test_mixed_private_and_public_only_the_named_customers_place_hears_it_and_the_agent_is_told(
    rig: Rig,
) -> None:
    async with rig.running():
        public, private = await two(rig, private=True)
        rig.desk.merge(public.conversation_id, private.conversation_id)
        await rig.sweep()
        rig.desk.agent_replies(private.conversation_id, "Your password was wrong.")
        await rig.look()
        await rig.look()
    assert replies(rig, PRIVATE) == ["Your password was wrong."]
    assert replies(rig, MIAS) == []
    (note,) = private.of_kind(ThreadKind.NOTE)
    assert note.text == rig.words.line("left_out_note", places="Discord, public thread of Mia")


async def test_two_private_places_both_hear_it(rig: Rig) -> None:
    other = replace(PRIVATE, room="dm-mia", chat_thread="dm-mia")
    async with rig.running():
        await rig.post("The export fails.", author=MIA, address=other)
        await rig.post("No export here.", author=LENA, address=PRIVATE)
        first, second = rig.desk.conversations
        rig.desk.merge(first.conversation_id, second.conversation_id)
        await rig.sweep()
        rig.desk.agent_replies(second.conversation_id, "Mended for both.")
        await rig.look()
    assert replies(rig, other) == replies(rig, PRIVATE) == ["Mended for both."]


async def test_a_colleagues_answer_in_one_place_is_told_in_the_others(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.sweep()
        await rig.post("Mended for both.", author=ALEXANDER, address=MIAS)
        await rig.look()
    assert replies(rig, LENAS) == ["Mended for both."]
    assert replies(rig, MIAS) == []


async def test_what_was_asked_in_private_stays_there_when_a_colleague_answers_in_public(rig: Rig) -> None:
    async with rig.running():
        public, private = await two(rig, private=True)
        rig.desk.merge(private.conversation_id, public.conversation_id)
        await rig.sweep()
        await rig.post("Your password was wrong.", author=ALEXANDER, address=PRIVATE)
        await rig.look()
    assert replies(rig, MIAS) == []


@pytest.mark.parametrize("into_mail", [False, True])
async def test_answers_by_mail_that_a_merge_brings_along_are_never_shown_in_chat(rig: Rig, into_mail: bool) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Invoice")
        ticket = await rig.ticket()
        rig.desk.agent_replies(mail.conversation_id, "Your bank account is 1234.")
        await rig.look()
        one, into = (ticket, mail) if into_mail else (mail, ticket)
        rig.desk.merge(one.conversation_id, into.conversation_id)
        for _ in range(3):
            await rig.look()
    assert replies(rig, MIAS) == []


async def test_in_a_conversation_by_mail_only_the_named_customers_place_hears_an_answer(rig: Rig) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Invoice")
        ticket = await rig.ticket()
        rig.desk.merge(ticket.conversation_id, mail.conversation_id)
        await rig.look()
        rig.desk.agent_replies(mail.conversation_id, "Your bank account is 1234.")
        await rig.look()
    assert replies(rig, MIAS) == []
    assert "public thread of Mia" in mail.texts[-1]


async def test_places_on_both_platforms_hear_it(rig: Rig) -> None:
    async with rig.running():
        await rig.post("The export fails.", author=MIA, message_id="m1")
        await rig.post("No export here.", author=JONAS, message_id="$e")
        first, second = rig.desk.conversations
        rig.desk.merge(first.conversation_id, second.conversation_id)
        await rig.sweep()
        rig.desk.agent_replies(second.conversation_id, "Mended for both.")
        await rig.look()
    assert replies(rig, MIAS) == ["Mended for both."]
    said = rig.matrix.posted[-1].message
    assert said.address == replace(MATRIX_SUPPORT, chat_thread="$e")
    assert said.voice is Voice.AGENT


async def test_the_old_number_still_leads_to_the_ticket(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        await rig.sweep()
        await rig.run("note", ticket=str(gone.number), text="Both the same.")
    assert kept.texts[-1].endswith("Both the same.")


async def test_a_merge_that_cannot_be_followed_waits_for_a_person(rig: Rig) -> None:
    async with rig.running():
        gone, kept = await two(rig)
        rig.desk.merge(gone.conversation_id, kept.conversation_id)
        kept.threads = [thread for thread in kept.threads if thread.thread_id == ThreadId(0)]
        await rig.post("Any news?", address=MIAS)
        await rig.pass_time(timedelta(minutes=1))
    told = [one.text for one in rig.matrix.posted if one.message.address.room == "!staff"]
    told += [one.text for one in rig.discord.posted if one.message.address.room == "staff"]
    assert len(told) == 1
    assert "merged into another one" in told[0]

"""What a member writes after their ticket was closed, trashed or deleted: kept, noticed, never in the wrong place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Attachment, Voice
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, LENA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")

PICTURE = Attachment(name="happy.png", mime_type="image/png", size_bytes=4, reference="ref")


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def closed_ticket(rig: Rig, *, since: timedelta = timedelta()) -> FiledConversation:
    """Closed by an agent, seen by the bot, so long ago."""
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.close(ticket.conversation_id)
        await rig.look()
    await rig.clock.advance(since)
    return ticket


async def test_thanks_in_a_closed_ticket_are_a_note_and_open_nothing(rig: Rig) -> None:
    ticket = await closed_ticket(rig)
    async with rig.running():
        said = len(rig.discord.posted)
        await rig.post("Thank you so much!", address=THREAD)
        await rig.look()
    assert ticket.status is Status.CLOSED
    assert [note.text for note in ticket.of_kind(ThreadKind.NOTE)] == ["Thank you so much!"]
    assert ticket.of_kind(ThreadKind.NOTE)[0].entry.speaker == "Mia (Discord)"
    assert len(rig.discord.posted) == said


@pytest.mark.parametrize("words", ["Thanks but it fails again", "It fails again."])
@pytest.mark.parametrize("since", [timedelta(), timedelta(days=13)])
async def test_more_than_thanks_opens_a_ticket_again_and_says_so(rig: Rig, words: str, since: timedelta) -> None:
    ticket = await closed_ticket(rig, since=since)
    async with rig.running():
        await rig.post(words, address=THREAD)
        await rig.look()
    assert ticket.status is Status.ACTIVE
    assert ticket.of_kind(ThreadKind.CUSTOMER)[-1].text == words
    assert rig.discord.posted[-1].text == rig.words.line("reopened_by_member", number=str(ticket.number))
    assert rig.discord.statuses[-1] == (THREAD, Status.ACTIVE, False)
    assert len(rig.desk.conversations) == 1


async def test_thanks_in_an_open_ticket_are_the_members_words(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("Thanks", address=THREAD)
    assert ticket.of_kind(ThreadKind.CUSTOMER)[-1].text == "Thanks"


async def test_long_after_its_closing_a_new_linked_ticket_goes_on_in_the_same_thread(rig: Rig) -> None:
    old = await closed_ticket(rig, since=timedelta(days=15))
    async with rig.running():
        await rig.post("It fails again.", address=THREAD)
        await rig.post("On page two.", address=THREAD)
        await rig.look()
    new = rig.desk.conversations[-1]
    assert len(rig.desk.conversations) == 2
    assert new.subject == "It fails again."
    assert new.texts == [f"{rig.words.line('continues', number=str(old.number))}\nIt fails again.", "On page two."]
    assert rig.discord.posted[-1].message.address == THREAD
    told = rig.words.line("announce_anew", number=str(new.number), previous=str(old.number))
    assert rig.discord.posted[-1].text == f"{told}\nFirst answer by Wed 18 Mar 10:00 (Europe/Berlin)."
    assert old.status is Status.CLOSED
    assert old.texts[-1] == rig.words.line("continued_in", number=str(new.number))


async def test_answers_in_the_old_conversation_still_arrive_and_its_closing_is_nobodys_news(rig: Rig) -> None:
    old = await closed_ticket(rig, since=timedelta(days=15))
    async with rig.running():
        await rig.post("It fails again.", address=THREAD)
        await rig.look()
        said = len(rig.discord.posted)
        rig.desk.agent_replies(old.conversation_id, "I looked once more.", status=Status.CLOSED)
        rig.desk.agent_replies(rig.desk.conversations[-1].conversation_id, "Which page?")
        await rig.look()
    assert [one.text for one in rig.discord.posted[said:]] == ["Lea:\nI looked once more.", "Lea:\nWhich page?"]


async def test_a_new_ticket_whose_answer_was_lost_is_made_once(rig: Rig) -> None:
    await closed_ticket(rig, since=timedelta(days=15))
    rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="open_conversation")
    async with rig.running():
        await rig.post("It fails again.", address=THREAD)
        await rig.pass_time(timedelta(seconds=30))
    assert len(rig.desk.conversations) == 2
    assert len(rig.discord.posted) == 3


@pytest.mark.parametrize("kept", [0, 1])
async def test_words_whose_answer_was_lost_are_kept_once_though_an_agent_opened_the_old_ticket_meanwhile(
    rig: Rig, kept: int
) -> None:
    """Decided anew they would go into the old one a second time."""
    old = await closed_ticket(rig, since=timedelta(days=15))
    async with rig.running():
        unknown = OutcomeUnknownError("no answer", settles_after=timedelta(seconds=10))
        rig.desk.fail_next(unknown, after_work=bool(kept), on="open_conversation")
        await rig.post("It fails again.", address=THREAD)
        rig.desk.set_status_as_agent(old.conversation_id, Status.ACTIVE)
        await rig.pass_time(timedelta(minutes=1))
    assert sum("It fails again." in text for one in rig.desk.conversations for text in one.texts) == 1


async def test_thanks_whose_answer_was_lost_are_kept_once_though_the_ticket_was_opened_meanwhile(rig: Rig) -> None:
    ticket = await closed_ticket(rig)
    async with rig.running():
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="append")
        await rig.post("Thanks!", address=THREAD)
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        await rig.pass_time(timedelta(minutes=1))
    assert ticket.texts.count("Thanks!") == 1


async def test_files_that_come_late_open_no_closed_ticket(rig: Rig) -> None:
    ticket = await closed_ticket(rig)
    rig.discord.files["ref"] = b"data"
    async with rig.running():
        rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=90)), on="fetch")
        await rig.post("Thanks!", address=THREAD, files=[PICTURE])
        await rig.pass_time(timedelta(minutes=3))
        await rig.look()
    assert ticket.threads[-1].kept_files == ("happy.png",)
    assert ticket.status is Status.CLOSED


async def test_a_ticket_deleted_for_good_goes_on_in_a_new_one_that_says_so(rig: Rig) -> None:
    async with rig.running():
        old = await rig.ticket()
        rig.desk.delete_for_good(old.conversation_id)
        await rig.post("Any news?", address=THREAD)
        await rig.post("Hello?", address=THREAD, author=LENA)
        await rig.look()
    (new,) = rig.desk.conversations
    assert new.texts[0].endswith("Any news?")
    assert new.texts[1:] == ["Hello?"]
    said = rig.discord.posted[-1]
    told = rig.words.line("announce_gone", number=str(new.number), previous=str(old.number))
    assert said.text == f"{told}\nFirst answer by Tue 3 Mar 10:00 (Europe/Berlin)."
    assert said.message.mention == "mia"


async def test_replies_in_the_new_ticket_reach_the_same_thread(rig: Rig) -> None:
    async with rig.running():
        old = await rig.ticket()
        rig.desk.delete_for_good(old.conversation_id)
        await rig.post("Any news?", address=THREAD)
        rig.desk.agent_replies(rig.desk.conversations[0].conversation_id, "It is mended.")
        await rig.look()
    said = rig.discord.posted[-1].message
    assert (said.address, said.voice) == (THREAD, Voice.AGENT)


async def test_a_trashed_ticket_is_restored_by_the_members_words(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.trash(ticket.conversation_id)
        await rig.look()
        said = len(rig.discord.posted)
        await rig.post("Any news?", address=THREAD)
        await rig.look()
    assert not ticket.deleted
    assert ticket.texts[-1] == "Any news?"
    assert len(rig.desk.conversations) == 1
    assert said == 1  # that it was trashed is told to nobody


async def test_a_colleagues_words_open_a_closed_ticket_no_more_than_a_reply_in_the_help_desk_does(rig: Rig) -> None:
    ticket = await closed_ticket(rig, since=timedelta(days=20))
    async with rig.running():
        await rig.post("We found it after all.", address=THREAD, author=ALEXANDER)
    assert len(rig.desk.conversations) == 1
    assert ticket.of_kind(ThreadKind.MESSAGE)[-1].text == "We found it after all."

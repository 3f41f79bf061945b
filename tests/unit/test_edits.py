"""Messages that were edited or deleted in chat: the newest words are what the help desk has, the old stay readable."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Author, ChatMessage, MessageDeleted, MessageEdited
from bot.domain.errors import OutcomeUnknownError
from bot.domain.helpdesk import ThreadKind
from bot.domain.richtext import from_plain
from bot.ports.inbound import Accepted, Duplicate, Ignored
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, LENA, MIA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
DEBOUNCE = timedelta(seconds=11)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def notes(ticket: FiledConversation) -> list[str]:
    return [note.text for note in ticket.of_kind(ThreadKind.NOTE)]


def edited(message: ChatMessage, text: str, version: str) -> MessageEdited:
    return MessageEdited(message=replace(message, text=from_plain(text), version=version))


async def posted(rig: Rig, text: str = "The export fails.", *, author: Author = MIA) -> ChatMessage:
    message = rig.message(text, message_id="m1", author=author)
    await rig.accept(message)
    return message


async def test_an_edit_is_a_note_and_the_first_version_stays(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        await rig.event(edited(message, "The import fails.", "v1"))
        await rig.pass_time(DEBOUNCE)
    (ticket,) = rig.desk.conversations
    assert ticket.texts == ["The export fails.", "The import fails."]
    note = ticket.threads[-1]
    assert note.kind is ThreadKind.NOTE
    assert note.entry.speaker == rig.words.line("edited", name="Mia", platform="Discord")
    assert note.entry.source_link == message.link


async def test_five_edits_in_a_row_are_one_note_with_the_last(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        for number in range(5):
            await rig.event(edited(message, f"Text {number}", f"v{number}"))
            await rig.pass_time(timedelta(seconds=1))
        await rig.pass_time(timedelta(minutes=1))
    assert notes(rig.desk.conversations[0]) == ["Text 4"]


async def test_edits_apart_from_each_other_are_a_note_each(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        for number in range(2):
            await rig.event(edited(message, f"Text {number}", f"v{number}"))
            await rig.pass_time(DEBOUNCE)
    assert notes(rig.desk.conversations[0]) == ["Text 0", "Text 1"]


async def test_an_edit_before_the_filing_is_what_is_filed(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        message = await posted(rig)
        await rig.event(edited(message, "The import fails.", "v1"))
        await rig.pass_time(DEBOUNCE)
        rig.desk.down = False
        await rig.pass_time(timedelta(minutes=2))
    (ticket,) = rig.desk.conversations
    assert ticket.texts == ["The import fails."]


async def test_an_edit_before_the_filing_of_a_further_message_is_what_is_filed(rig: Rig) -> None:
    async with rig.running():
        await posted(rig)
        rig.desk.down = True
        further = rig.message("Since today.", address=THREAD)
        await rig.accept(further)
        await rig.event(edited(further, "Since Monday.", "v1"))
        rig.desk.down = False
        await rig.pass_time(timedelta(minutes=2))
    assert rig.desk.conversations[0].texts == ["The export fails.", "Since Monday."]


@pytest.mark.parametrize("method", ["open_conversation", "append"])
async def test_an_edit_while_the_filings_answer_is_lost_is_noted(rig: Rig, method: str) -> None:
    async with rig.running():
        if method == "append":
            await posted(rig)
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on=method)
        message = rig.message("First.", message_id="m2", address=THREAD if method == "append" else None)
        await rig.accept(message)
        await rig.event(edited(message, "Second.", "v1"))
        await rig.pass_time(timedelta(minutes=1))
    ticket = rig.desk.conversations[-1]
    assert ticket.texts[-2:] == ["First.", "Second."]
    assert notes(ticket) == ["Second."]


async def test_an_edit_whose_notes_answer_was_lost_is_noted_once(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="append")
        await rig.event(edited(message, "The import fails.", "v1"))
        await rig.pass_time(timedelta(minutes=1))
    assert notes(rig.desk.conversations[0]) == ["The import fails."]


async def test_an_edit_noted_with_an_end_between_is_noted_once(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        await rig.event(edited(message, "The import fails.", "v1"))
    async with rig.running():
        await rig.pass_time(timedelta(minutes=1))
    async with rig.running():
        await rig.pass_time(timedelta(minutes=1))
    assert notes(rig.desk.conversations[0]) == ["The import fails."]


async def test_an_edit_seen_only_on_refetch_after_a_downtime_is_noted_once(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
    changed = replace(message, text=from_plain("The import fails."), version="v1")
    async with rig.running():
        assert isinstance((await rig.accept(changed))[0], Accepted)
        assert await rig.accept(changed) == [Duplicate()]
        await rig.event(MessageEdited(message=changed))
        await rig.pass_time(DEBOUNCE)
    assert notes(rig.desk.conversations[0]) == ["The import fails."]


async def test_a_message_seen_first_when_it_was_edited_already_is_no_edit(rig: Rig) -> None:
    message = replace(rig.message("The import fails.", message_id="m1"), version="v3")
    async with rig.running():
        await rig.accept(message)
        assert await rig.event(MessageEdited(message=message)) == Duplicate()
        assert await rig.accept(message) == [Duplicate()]
        await rig.pass_time(DEBOUNCE)
    assert rig.desk.conversations[0].texts == ["The import fails."]


async def test_an_edit_that_changes_no_word_is_no_news(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        await rig.event(edited(message, "The export fails.", "v1"))
        await rig.pass_time(DEBOUNCE)
    assert notes(rig.desk.conversations[0]) == []


async def test_an_edit_taken_back_within_the_wait_leaves_what_was_filed(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        await rig.event(edited(message, "The import fails.", "v1"))
        await rig.event(edited(message, "The export fails.", "v2"))
        await rig.pass_time(DEBOUNCE)
    assert "The import fails." not in notes(rig.desk.conversations[0])


async def test_an_edit_by_somebody_else_is_ignored(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        forged = edited(replace(message, author=LENA), "Never mind.", "v1")
        assert isinstance(await rig.event(forged), Ignored)
        await rig.pass_time(DEBOUNCE)
    assert rig.desk.conversations[0].texts == ["The export fails."]


async def test_an_edit_of_what_belongs_to_no_ticket_is_ignored(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig, author=ALEXANDER)
        assert isinstance(await rig.event(edited(message, "Hello.", "v1")), Ignored)
        assert isinstance(await rig.event(edited(rig.message(), "Hello.", "v1")), Ignored)
    assert rig.desk.conversations == []


async def test_the_bots_own_messages_are_never_edited_or_deleted_by_their_members(rig: Rig) -> None:
    async with rig.running():
        message = await posted(rig)
        own = rig.discord.posted[0].message_id
        forged = replace(message, message_id=own, address=THREAD)
        assert isinstance(await rig.event(edited(forged, "Hello.", "v1")), Ignored)
        assert isinstance(await rig.event(MessageDeleted(address=THREAD, message_id=own)), Ignored)
    assert len(rig.desk.conversations[0].threads) == 1


async def test_a_colleagues_edit_is_a_note_and_never_reaches_the_chat(rig: Rig) -> None:
    async with rig.running():
        await posted(rig)
        said = len(rig.discord.posted)
        answer = rig.message("Try the proxi.", author=ALEXANDER, address=THREAD)
        await rig.accept(answer)
        await rig.event(edited(answer, "Try the proxy.", "v1"))
        await rig.pass_time(DEBOUNCE)
        await rig.look()
    (ticket,) = rig.desk.conversations
    assert [reply.text for reply in ticket.of_kind(ThreadKind.MESSAGE)] == ["Try the proxi."]
    assert notes(ticket) == ["Try the proxy."]
    assert len(rig.discord.posted) == said


# Deletions


async def test_a_deleted_message_is_noted_with_its_words_once(rig: Rig) -> None:
    async with rig.running():
        await posted(rig)
        gone = MessageDeleted(address=SUPPORT, message_id="m1")
        assert isinstance(await rig.event(gone), Accepted)
        assert await rig.event(gone) == Duplicate()
    (ticket,) = rig.desk.conversations
    assert ticket.texts[0] == "The export fails."
    assert notes(ticket) == [
        rig.words.line("deleted_words_note", name="Mia", place="Discord", excerpt="The export fails.")
    ]


async def test_a_message_that_is_gone_is_no_longer_looked_for_after_a_downtime(rig: Rig) -> None:
    async with rig.running():
        await posted(rig)
        assert await rig.intake.standing_in(SUPPORT) == ["m1"]
        await rig.event(MessageDeleted(address=SUPPORT, message_id="m1"))
        assert await rig.intake.standing_in(SUPPORT) == []


async def test_a_deletion_before_the_filing_deletes_no_request(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await posted(rig)
        await rig.event(MessageDeleted(address=SUPPORT, message_id="m1"))
        rig.desk.down = False
        await rig.pass_time(timedelta(minutes=2))
    (ticket,) = rig.desk.conversations
    assert ticket.texts[0] == "The export fails."
    assert len(notes(ticket)) == 1


async def test_a_deletion_of_what_belongs_to_no_ticket_is_ignored(rig: Rig) -> None:
    async with rig.running():
        assert isinstance(await rig.event(MessageDeleted(address=SUPPORT, message_id="nobody")), Ignored)
    assert rig.store.contents.deliveries == {}

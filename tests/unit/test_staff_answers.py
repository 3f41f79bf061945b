"""What the team writes in a ticket's chat thread is their reply in the help desk, and never comes back as an echo."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Attachment, Author, Platform
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from tests.fakes.desk_records import ALEXANDER as ALEXANDER_AT_DESK
from tests.fakes.rig import ALEXANDER, MATRIX_ALEXANDER, MIA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
VERA = Author(platform=Platform.DISCORD, user_id="vera", name="Vera", roles=frozenset({"staff"}))

LOG = Attachment(name="log.txt", mime_type="text/plain", size_bytes=4, reference="ref")


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def test_a_mapped_colleagues_words_are_their_reply(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
    (reply,) = ticket.of_kind(ThreadKind.MESSAGE)
    assert reply.author is ALEXANDER_AT_DESK
    assert reply.entry.agent_id == 3
    assert reply.entry.speaker == "Alexander (team, in Discord)"
    assert ticket.status is Status.PENDING
    (link,) = rig.store.contents.links.values()
    assert link.answered_at == rig.clock.now()


async def test_in_a_conversation_that_would_send_mails_they_are_a_note_in_their_name(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        ticket.is_chat = False
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
    assert ticket.of_kind(ThreadKind.MESSAGE) == []
    (note,) = ticket.of_kind(ThreadKind.NOTE)
    assert note.entry.agent_id == 3


async def test_colleagues_who_are_not_mapped_are_named_in_a_note_and_staff_is_told_once(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        for text in ("Try the proxy.", "Did it help?"):
            await rig.post(text, author=VERA, address=THREAD)
    assert ticket.of_kind(ThreadKind.MESSAGE) == []
    assert [note.text for note in ticket.of_kind(ThreadKind.NOTE)] == ["Try the proxy.", "Did it help?"]
    assert "not yet in [[staff.members]]" in (ticket.of_kind(ThreadKind.NOTE)[0].entry.speaker or "")
    told = [one.text for one in rig.discord.posted if one.message.address.room == "staff"]
    assert told == [rig.words.line("unmapped", name="Vera", account="vera")]


@pytest.mark.parametrize(("is_chat", "kind"), [(True, ThreadKind.MESSAGE), (False, ThreadKind.NOTE)])
async def test_files_that_come_late_follow_their_words_and_make_no_echo(
    rig: Rig, is_chat: bool, kind: ThreadKind
) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        ticket.is_chat = is_chat
        said = len(rig.discord.posted)
        rig.discord.files["ref"] = b"data"
        rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=90)), on="fetch")
        await rig.post("Try this.", author=ALEXANDER, address=THREAD, files=[LOG])
        await rig.pass_time(timedelta(minutes=3))
        await rig.look()
        await rig.webhook(ticket.conversation_id)
    assert [(thread.kind, thread.kept_files) for thread in ticket.threads[1:]] == [(kind, ()), (kind, ("log.txt",))]
    assert len(rig.discord.posted) == said


async def test_they_do_not_come_back_to_the_chat(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        said = len(rig.discord.posted)
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        for _ in range(3):
            await rig.look()
            await rig.webhook(ticket.conversation_id)
    assert len(rig.discord.posted) == said


async def test_one_whose_answer_was_lost_is_known_by_its_mark(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        said = len(rig.discord.posted)
        timed_out = OutcomeUnknownError("timed out", settles_after=timedelta(minutes=5))
        rig.desk.fail_next(timed_out, after_work=True, on="append")
        rig.desk.fail_next(OutcomeUnknownError("timed out"), on="find_appended", times=20)
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        await rig.look()
        await rig.webhook(ticket.conversation_id)
        await rig.pass_time(timedelta(minutes=15))
        await rig.look()
    assert len(ticket.of_kind(ThreadKind.MESSAGE)) == 1
    assert len(rig.discord.posted) == said


async def test_an_end_anywhere_between_writing_and_recording_makes_no_echo() -> None:
    for turns in range(0, 60, 3):
        rig = Rig(group_seconds=0)
        async with rig.running():
            ticket = await rig.ticket()
            answer = rig.message("Try the proxy.", author=ALEXANDER, address=THREAD)
            await rig.intake.accept(rig.arrival(answer))
            for _ in range(turns):
                await asyncio.sleep(0)
        await rig.clock.advance(timedelta(minutes=1))
        async with rig.running():
            await rig.webhook(ticket.conversation_id)
            await rig.look()
            await rig.look()
        assert [reply.text for reply in ticket.of_kind(ThreadKind.MESSAGE)] == ["Try the proxy."], turns
        assert len(rig.discord.posted) == 1, turns


async def test_a_reply_of_the_same_agent_in_the_help_desk_is_shown(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        rig.desk.agent_replies(ticket.conversation_id, "Did it help?", agent=ALEXANDER_AT_DESK)
        await rig.look()
    assert rig.discord.posted[-1].text == "Alexander:\nDid it help?"


async def test_the_team_in_a_room_itself_opens_nothing_and_in_another_ones_account_is_a_member(rig: Rig) -> None:
    async with rig.running():
        await rig.post("Hello all.", author=ALEXANDER)
        await rig.post("Hello all.", author=MATRIX_ALEXANDER)
        assert rig.desk.conversations == []
        await rig.post("Hello all.", author=replace(MIA, user_id="@alexander:x"))
    assert len(rig.desk.conversations) == 1

"""Agents' replies in chat: their files, and what happens when they cannot be said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import FileContent, Voice
from bot.domain.delivery import DeliveryState
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.ports.store import Records
from tests.fakes.rig import MIA, Rig
from tests.unit.answering import notes, replies

LOG = FileContent(name="log.txt", mime_type="text/plain", content=b"data")
FILM = FileContent(name="film.mp4", mime_type="video/mp4", content=b"x" * 2000)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


# Files


async def test_files_of_a_reply_come_with_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "See here.", files=[LOG])
        await rig.look()
    assert rig.discord.posted[-1].message.files == (LOG,)
    assert notes(ticket) == []


async def test_a_file_too_large_for_the_chat_is_named_and_the_agent_is_told(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "See here.", files=[LOG, FILM])
        await rig.look()
    said = rig.discord.posted[-1]
    assert said.message.files == (LOG,)
    assert said.text.endswith("Not shown here: film.mp4 (2 kB). Please ask us how to get it.")
    assert notes(ticket) == [rig.words.line("files_too_large_note", names="film.mp4 (2 kB)")]


async def test_files_that_the_chat_refuses_are_named_instead(rig: Rig) -> None:
    rig.discord.refuses_files = True
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "See here.", files=[LOG])
        await rig.look()
    said = rig.discord.posted[-1]
    assert said.message.files == ()
    assert "log.txt (4 B)" in said.text
    assert "log.txt (4 B)" in notes(ticket)[0]


async def test_a_file_that_is_gone_does_not_hold_up_the_reply(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "See here.", files=[LOG])
        rig.desk.files.clear()
        await rig.look()
    said = rig.discord.posted[-1]
    assert said.message.files == ()
    assert "log.txt" in said.text
    assert len(notes(ticket)) == 1


# What goes wrong in chat


async def test_the_agent_reads_in_the_ticket_why_a_reply_could_not_be_shown(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(PermanentError("the thread is locked"), on="send")
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
    (note,) = notes(ticket)
    assert "could not be shown to the member in Discord: the thread is locked" in note
    assert "“Please restart it.”" in note
    assert replies(rig) == []


async def test_a_parked_reply_that_is_sent_again_says_that_it_is_late_and_lets_others_pass(rig: Rig) -> None:
    async with rig.running() as pump:
        ticket = await rig.ticket()
        rig.discord.fail_next(PermanentError("the thread is locked"), on="send")
        rig.desk.agent_replies(ticket.conversation_id, "First.")
        rig.desk.agent_replies(ticket.conversation_id, "Second.")
        await rig.look()
        assert replies(rig) == ["Second."]
        (parked,) = [row for row in rig.store.contents.deliveries.values() if row.state is DeliveryState.PARKED]
        again = replace(parked, state=DeliveryState.PENDING, late=True, next_attempt_at=rig.clock.now())

        async def free(records: Records) -> None:
            await records.outbox.save(again)

        await rig.store.write(free)
        await pump.reload()
        await rig.rest()
    late = rig.discord.posted[-1].text
    assert late.startswith("Sent late: this was meant for 2026-03-02 09:00 UTC.")
    assert late.endswith("Lea:\nFirst.")


async def test_a_reply_whose_fate_is_unknown_is_said_once(rig: Rig) -> None:
    rig.discord.forgets_idempotency = True
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="send")
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
        await rig.pass_time(timedelta(minutes=2))
    assert replies(rig) == ["Please restart it."]


async def test_the_time_that_counts_as_answered_is_when_the_first_reply_appeared(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(TransientError("busy", retry_after=timedelta(minutes=3)), on="send")
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
        (link,) = rig.store.contents.links.values()
        assert link.answered_at is None
        await rig.pass_time(timedelta(minutes=3))
        rig.desk.agent_replies(ticket.conversation_id, "Did it help?")
        await rig.look()
    (link,) = rig.store.contents.links.values()
    first = next(one for one in rig.discord.posted if one.message.voice is Voice.AGENT)
    assert link.answered_at == first.at


async def test_an_answer_to_a_shown_reply_belongs_to_its_ticket(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        await rig.pass_time(timedelta(hours=1))
        await rig.post("Version 2.", reply_to=rig.discord.posted[-1].message_id, author=MIA)
    assert ticket.texts[-1] == "Version 2."

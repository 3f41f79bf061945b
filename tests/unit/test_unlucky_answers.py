"""Answers and further words at unlucky moments: each written once, and said once in its last text."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.chat import Attachment, Author, MessageKind, OutgoingMessage, Platform, SentMessage, Voice
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.ids import ConversationId
from tests.fakes.chat import FakeChat
from tests.fakes.rig import ALEXANDER, LENA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
VERA = Author(platform=Platform.DISCORD, user_id="vera", name="Vera", roles=frozenset({"staff"}))
LOG = Attachment(name="log.txt", mime_type="text/plain", size_bytes=4, reference="ref")
MINUTE = timedelta(minutes=1)
LOST = OutcomeUnknownError("no answer", settles_after=MINUTE)


@pytest.fixture
def rig() -> Rig:
    rig = Rig(group_seconds=0)
    rig.discord.files["ref"] = b"data"
    return rig


def replies(rig: Rig) -> list[str]:
    return [one.text.partition("\n")[2] for one in rig.discord.posted if one.message.voice is Voice.AGENT]


# Written once, whatever agents do before the next try


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("text", ["thanks!", "It still fails."])
async def test_a_message_whose_answer_was_lost_is_written_once_though_the_ticket_is_closed_meanwhile(
    rig: Rig, text: str, written: bool
) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.fail_next(LOST, after_work=written, on="append")
        await rig.post(text, address=THREAD)
        rig.desk.close(ticket.conversation_id)
        await rig.pass_time(3 * MINUTE)
        await rig.look()
    assert ticket.texts.count(text) == 1
    kept_closed = written or text == "thanks!"
    assert ticket.status is (Status.CLOSED if kept_closed else Status.ACTIVE)
    opened = rig.words.line("reopened_by_member", number=str(ticket.number))
    assert (opened in rig.discord.said_in("m1")) is not kept_closed


async def test_thanks_that_became_a_note_are_written_once_though_the_ticket_is_opened_meanwhile(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.close(ticket.conversation_id)
        await rig.look()
        rig.desk.fail_next(LOST, after_work=True, on="append")
        await rig.post("thanks a lot", address=THREAD)
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE)
        await rig.pass_time(3 * MINUTE)
    assert [thread.kind for thread in ticket.threads] == [ThreadKind.CUSTOMER, ThreadKind.NOTE]


@pytest.mark.parametrize("opened", [True, False])
async def test_a_message_that_opened_a_new_conversation_is_not_written_into_the_old_one_too(
    rig: Rig, opened: bool
) -> None:
    async with rig.running():
        old = await rig.ticket()
        rig.desk.close(old.conversation_id)
        await rig.look()
    await rig.clock.advance(timedelta(days=20))
    async with rig.running():
        rig.desk.fail_next(LOST, after_work=opened, on="open_conversation")
        await rig.post("It broke again.", address=THREAD)
        rig.desk.set_status_as_agent(old.conversation_id, Status.ACTIVE)
        await rig.pass_time(5 * MINUTE)
    (written,) = [thread for thread in rig.desk.threads if thread.text.endswith("It broke again.")]
    assert (written in old.threads) is not opened


async def test_a_colleagues_reply_is_written_once_though_its_conversation_goes_by_mail_meanwhile(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.fail_next(LOST, after_work=True, on="append")
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        ticket.is_chat = False
        await rig.pass_time(3 * MINUTE)
    assert ticket.texts.count("Try the proxy.") == 1


# Files that come late


async def late_file(rig: Rig, author: Author | None = None) -> None:
    """A message whose file is copied two minutes later; it is filed without it after one."""
    rig.discord.fail_next(TransientError("slow", retry_after=2 * MINUTE), on="fetch")
    if author is None:
        await rig.post("See this.", address=THREAD, files=[LOG])
    else:
        await rig.post("See this.", address=THREAD, files=[LOG], author=author)
    await rig.pass_time(timedelta(seconds=70))


async def test_late_files_of_a_ticket_closed_meanwhile_are_a_note_and_open_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await late_file(rig)
        rig.desk.close(ticket.conversation_id)
        await rig.sweep()
        await rig.pass_time(2 * MINUTE)
        await rig.look()
    assert [(thread.kind, thread.kept_files) for thread in ticket.threads[2:]] == [(ThreadKind.NOTE, ("log.txt",))]
    assert ticket.status is Status.CLOSED
    assert rig.words.line("reopened_by_member", number=str(ticket.number)) not in rig.discord.said_in("m1")


async def test_late_files_of_a_colleague_who_is_not_mapped_are_a_note(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await late_file(rig, VERA)
        await rig.pass_time(2 * MINUTE)
        await rig.look()
    assert [thread.kind for thread in ticket.threads[1:]] == [ThreadKind.NOTE, ThreadKind.NOTE]
    assert replies(rig) == []


async def test_late_files_of_a_colleague_that_are_written_but_not_yet_recorded_are_no_answer(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await late_file(rig, ALEXANDER)
        said = len(rig.discord.posted)
        rig.desk.fail_next(OutcomeUnknownError("timed out", settles_after=5 * MINUTE), after_work=True, on="append")
        rig.desk.fail_next(OutcomeUnknownError("timed out"), on="find_appended", times=20)
        await rig.pass_time(MINUTE)
        await rig.webhook(ticket.conversation_id)
        await rig.look()
        await rig.pass_time(10 * MINUTE)
    assert [thread.kept_files for thread in ticket.of_kind(ThreadKind.MESSAGE)] == [(), ("log.txt",)]
    assert len(rig.discord.posted) == said


# Changed on its way to the chat


async def promised_but_not_said(rig: Rig) -> ConversationId:
    """A reply that the chat did not take at the first try, nothing of it; the agent has written another one since."""
    ticket = await rig.ticket()
    reply = rig.desk.agent_replies(ticket.conversation_id, "Do this.")
    rig.discord.fail_next(TransientError("away", retry_after=MINUTE), on="send")
    await rig.look()
    rig.desk.edit(reply, "Do that.")
    return ticket.conversation_id


async def test_a_reply_changed_after_a_try_that_said_nothing_is_said_with_its_new_text_only(rig: Rig) -> None:
    async with rig.running():
        await promised_but_not_said(rig)
        await rig.pass_time(MINUTE)
        assert replies(rig) == []
        await rig.pass_time(rig.undo)
        await rig.look()
    assert replies(rig) == ["Do that."]


async def test_a_reply_that_waits_anew_when_the_process_ends_is_said_without_a_sweep(rig: Rig) -> None:
    async with rig.running():
        await promised_but_not_said(rig)
    pump = rig.make_pump()
    await pump.load()
    task = asyncio.create_task(pump.run())  # without the reader: whatever is to be read again is forgotten with it
    await rig.pass_time(2 * MINUTE)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert replies(rig) == []
    async with rig.running():
        await rig.pass_time(rig.undo)
    assert replies(rig) == ["Do that."]


class EchoingChat(FakeChat):
    """Shows the bot its own message before it answers that it took it, as a gateway may."""

    rig: Rig

    @override
    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        sent = await super().send(message, begun)
        author = Author(platform=message.address.platform, user_id="bot", name="Bot")
        name, kind = sent.message_ids[-1], MessageKind.BOT
        echo = self.rig.message("An echo.", author=author, address=message.address, message_id=name, kind=kind)
        await self.rig.intake.accept(self.rig.arrival(echo))
        return sent


async def test_an_answer_to_a_message_of_the_bots_finds_its_ticket_though_the_echo_came_first(rig: Rig) -> None:
    rig.discord = rig.chats[Platform.DISCORD] = echoing = EchoingChat(rig.clock)
    echoing.rig = rig
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Which version?")
        await rig.look()
        await rig.post("Version 2.", author=LENA, reply_to=rig.discord.posted[-1].message_id)
    assert ticket.texts[-1] == "Version 2."

"""Is it solved? Asked, answered and left alone at unlucky moments: nothing is closed that nobody could answer."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.chat import Author, OutgoingMessage, Platform, Reacted, SentMessage
from bot.domain.errors import PermanentError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from bot.ports.inbound import Arrival
from tests.fakes.chat import FakeChat, Posted
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_ALEXANDER, MATRIX_SUPPORT, MIA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
STRANGER = Author(platform=Platform.MATRIX, user_id="@eve:x", name="Eve")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def questions(rig: Rig) -> list[Posted]:
    return [one for one in (*rig.discord.posted, *rig.matrix.posted) if one.message.choices]


def notes(ticket: FiledConversation) -> list[str]:
    return [note.text for note in ticket.of_kind(ThreadKind.NOTE)]


async def said_solved(rig: Rig) -> FiledConversation:
    """The team says so, and the member is asked; then the bot ends."""
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", address=THREAD, author=ALEXANDER)
    return ticket


async def days_pass(rig: Rig, days: float) -> None:
    """The bot is started every six hours, sweeps, looks after its questions, and does what follows."""
    for _ in range(int(days * 4)):
        await rig.clock.advance(DAY / 4)
        await start(rig)


async def start(rig: Rig) -> None:
    """The bot starts, does what there is to do at once, and ends."""
    async with rig.running():
        sweeping = asyncio.create_task(rig.core.reconciliation.run())
        await rig.core.silence.look()
        await rig.rest()
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


# What is no answer


async def test_words_from_before_the_question_was_shown_do_not_answer_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(TransientError("away", retry_after=2 * MINUTE), on="send")
        rig.desk.close(ticket.conversation_id)
        await rig.sweep()
        await rig.pass_time(MINUTE)
        said_earlier = rig.message("yes", address=THREAD)
        await rig.pass_time(2 * MINUTE)
        assert len(questions(rig)) == 1
        await rig.accept(said_earlier)
        await rig.look()
    assert ticket.of_kind(ThreadKind.CUSTOMER)[-1].text == "yes"
    assert notes(ticket) == []
    assert ticket.status is Status.ACTIVE


async def test_a_view_from_before_a_closing_that_is_judged_after_it_changes_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.look()
        older = await rig.desk.read(ticket.conversation_id)
        assert older is not None
        await rig.pass_time(timedelta(seconds=1))
        rig.desk.close(ticket.conversation_id)
        await rig.webhook(ticket.conversation_id, replied=False)
        said = len(rig.discord.posted)
        await rig.core.reader.take(older)
        for _ in range(3):
            await rig.look()
    (link,) = rig.store.contents.links.values()
    assert (link.status, link.asked_at is not None) == (Status.CLOSED, True)
    assert len(rig.discord.posted) == said


# Reactions that come before the question is on record


class QuickChat(FakeChat):
    """Questions are reacted to before the bot learns that they were sent."""

    rig: Rig
    reactions_to_come: tuple[tuple[Author, str], ...] = ()

    @override
    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        sent = await super().send(message, begun)
        if message.choices:
            for number, (author, emoji) in enumerate(self.reactions_to_come):
                reaction = Reacted(
                    address=MATRIX_SUPPORT,
                    message_id=sent.message_ids[-1],
                    author=author,
                    emoji=emoji,
                    reaction_id=f"$r{9 - number}",
                )
                for _ in range(2):  # after a kill the homeserver tells it again
                    await self.rig.intake.accept(Arrival(platform=Platform.MATRIX, events=(reaction,)))
        return sent


@pytest.mark.parametrize(
    ("reactions", "told"),
    [
        (((JONAS, "✅"),), "Confirmed as solved by Jonas (Matrix)."),
        (((JONAS, "❌"),), "Not solved yet, says Jonas (Matrix)."),
        (((STRANGER, "❌"), (JONAS, "🎈"), (JONAS, "✅")), "Confirmed as solved by Jonas (Matrix)."),
        (((JONAS, "✅"), (MATRIX_ALEXANDER, "❌")), "Confirmed as solved by Jonas (Matrix)."),
        (((STRANGER, "✅"),), None),
    ],
)
async def test_the_first_early_reaction_of_whoever_may_answers_the_question_once(
    rig: Rig, reactions: tuple[tuple[Author, str], ...], told: str | None
) -> None:
    rig.matrix = rig.chats[Platform.MATRIX] = quick = QuickChat(rig.clock, Platform.MATRIX)
    quick.rig, quick.reactions_to_come = rig, reactions
    async with rig.running():
        ticket = await rig.ticket(author=JONAS, address=MATRIX_SUPPORT)
        rig.desk.close(ticket.conversation_id)
        for _ in range(3):
            await rig.look()
    assert notes(ticket) == ([told] if told else [])
    (link,) = rig.store.contents.links.values()
    assert (link.asked_at is None) is (told is not None)
    assert not [name for owner, name in rig.store.contents.memory if owner == "reactions"]


async def test_an_early_reaction_to_the_reminder_answers_too(rig: Rig) -> None:
    rig.matrix = rig.chats[Platform.MATRIX] = quick = QuickChat(rig.clock, Platform.MATRIX)
    quick.rig = rig
    async with rig.running():
        ticket = await rig.ticket(author=JONAS, address=MATRIX_SUPPORT)
        await rig.run("solved", ticket=str(ticket.number))
    quick.reactions_to_come = ((JONAS, "❌"),)
    await rig.clock.advance(4 * DAY)
    await start(rig)
    assert len(questions(rig)) == 2
    assert notes(ticket) == ["Not solved yet, says Jonas (Matrix)."]


# Silence about what was never shown


async def test_a_question_that_is_parked_closes_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(PermanentError("the thread is gone"), on="send")
        await rig.run("solved", address=THREAD, author=ALEXANDER)
    await days_pass(rig, 8)
    assert questions(rig) == []
    assert ticket.status is Status.PENDING
    assert notes(ticket) == []


async def test_a_reminder_that_is_parked_closes_nothing(rig: Rig) -> None:
    ticket = await said_solved(rig)
    rig.discord.fail_next(PermanentError("the thread is locked"), on="send")
    await days_pass(rig, 8)
    assert len(questions(rig)) == 1
    assert ticket.status is Status.PENDING
    assert notes(ticket) == []


@pytest.mark.parametrize("away", [4.9, 6, 30])
async def test_after_a_late_reminder_the_member_has_the_full_rest_of_the_time(rig: Rig, away: float) -> None:
    ticket = await said_solved(rig)
    await rig.clock.advance(DAY * away)
    await start(rig)
    assert "in 2 days" in questions(rig)[-1].text
    assert len(questions(rig)) == 2
    await days_pass(rig, 1.75)
    assert notes(ticket) == []
    await days_pass(rig, 0.25)
    assert ticket.status is Status.CLOSED
    assert notes(ticket) == [rig.words.line("silence_note", days="5")]


async def test_a_question_that_is_shown_late_leaves_the_member_all_the_time(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(TransientError("away", retry_after=MINUTE), on="send")
        await rig.run("solved", address=THREAD, author=ALEXANDER)
    await rig.clock.advance(10 * DAY)
    await start(rig)
    assert len(questions(rig)) == 1
    await days_pass(rig, 4.75)
    assert notes(ticket) == []
    await days_pass(rig, 0.5)
    assert ticket.status is Status.CLOSED


async def test_of_a_ticket_deleted_for_good_nothing_is_reminded_or_told(rig: Rig) -> None:
    ticket = await said_solved(rig)
    said = len(rig.discord.posted)
    rig.desk.delete_for_good(ticket.conversation_id)
    await days_pass(rig, 7)
    assert len(rig.discord.posted) == said


# Tickets of the first release


async def test_the_first_closing_of_a_ticket_of_the_first_release_is_asked_about(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("No export here.", author=LENA, message_id="m2")
        await rig.look()
    contents = rig.store.contents
    contents.memory.clear()
    contents.threads.clear()
    contents.links.update({name: replace(link, followed=False) for name, link in contents.links.items()})
    await rig.clock.advance(3 * DAY)
    await start(rig)
    await rig.clock.advance(MINUTE)
    rig.desk.close(ticket.conversation_id)
    await rig.clock.advance(MINUTE)
    await start(rig)
    (question,) = questions(rig)
    assert question.message.mention == MIA.user_id

"""Nobody answers the question whether it is solved: one reminder, and in the end the ticket is closed."""

from datetime import timedelta

import pytest

from bot.domain.errors import PermanentError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.richtext import plain
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import MIA, Rig
from tests.unit.asking import THREAD, asked_at, choice, closed_by_lea, notes, questions

DAY = timedelta(days=1)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def days_pass(rig: Rig, days: float) -> None:
    """The bot is started every six hours, looks, and does what follows: days of its running would take long."""
    for _ in range(int(days * 4)):
        await rig.clock.advance(timedelta(hours=6))
        async with rig.running():
            await rig.core.silence.look()
            await rig.rest()


async def said_solved(rig: Rig) -> FiledConversation:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", address=THREAD)
    return ticket


async def test_silence_is_reminded_of_once_and_then_closes(rig: Rig) -> None:
    ticket = await said_solved(rig)
    await days_pass(rig, 2.75)
    assert len(questions(rig)) == 1
    await days_pass(rig, 2)
    (reminder,) = questions(rig)[1:]
    assert reminder.text.startswith(f"Is ticket #{ticket.number} solved for you? Without an answer it will be closed")
    assert "in 2 days" in reminder.text
    assert notes(ticket) == []
    await days_pass(rig, 1)
    assert ticket.status is Status.CLOSED
    assert notes(ticket) == [rig.words.line("silence_note", days="5")]
    assert rig.discord.posted[-1].text.startswith("We have not heard from you")
    assert rig.discord.statuses[-1] == (THREAD, Status.CLOSED, True)
    await days_pass(rig, 3)
    assert len(questions(rig)) == 2
    assert len(notes(ticket)) == 1


async def test_a_ticket_that_an_agent_closed_is_neither_reminded_of_nor_told_again(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
    said = len(rig.discord.posted)
    await days_pass(rig, 6)
    assert len(rig.discord.posted) == said
    assert ticket.status is Status.CLOSED
    assert notes(ticket) == []
    assert rig.discord.statuses[-1] == (THREAD, Status.CLOSED, True)
    assert asked_at(rig) is None


async def test_an_answer_to_the_reminder_counts(rig: Rig) -> None:
    ticket = await said_solved(rig)
    await days_pass(rig, 4)
    async with rig.running():
        await rig.press(choice(rig, "No"))
    await days_pass(rig, 6)
    assert ticket.status is Status.ACTIVE
    assert len(questions(rig)) == 2


async def test_a_question_that_nobody_could_read_closes_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(PermanentError("the thread is gone"), on="send")
        await rig.run("solved", address=THREAD)
    await days_pass(rig, 6)
    assert ticket.status is Status.PENDING
    assert questions(rig) == []


async def test_words_from_before_the_question_are_no_answer_to_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        earlier = rig.message("yes", address=THREAD)
        await rig.pass_time(timedelta(seconds=5))
        rig.desk.close(ticket.conversation_id)
        await rig.sweep()
        await rig.accept(earlier)
        await rig.look()
    assert ticket.of_kind(ThreadKind.CUSTOMER)[-1].text == "yes"
    assert notes(ticket) == []


async def test_a_question_that_could_not_be_said_at_once_is_said_once(rig: Rig) -> None:
    async with rig.running():
        rig.discord.fail_next(TransientError("busy"), on="show_status")
        await closed_by_lea(rig)
        await rig.look()
        await rig.pass_time(timedelta(minutes=1))
    assert len(questions(rig)) == 1


async def test_saying_solved_twice_asks_once(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        first = await rig.run("solved", address=THREAD, act="a1")
        again = await rig.run("solved", address=THREAD, act="a1")
        other = await rig.run("solved", author=MIA, address=THREAD)
    assert again == first
    assert plain(other.text) == rig.words.line("solved_asked", number=str(ticket.number))
    assert len(questions(rig)) == 1

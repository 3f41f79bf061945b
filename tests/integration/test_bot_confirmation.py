"""Is it solved? The member is asked in Discord, and what they answer decides about the ticket."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.freescout import Conversation
from tests.integration.bot_questions import NO, YES, press, question, questions
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that FreeScout tells of changes, for the whole file."""
    async with bot_world(tmp_path_factory.mktemp("confirmation"), unused_tcp_port_factory()) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def status(world: BotWorld, ticket: Conversation, wanted: str) -> None:
    """Wait until the ticket has this status and nothing waits."""
    await world.until(
        lambda: world.freescout.conversation(id=ticket.id).status == wanted, f"#{ticket.number} is {wanted}", 20
    )
    assert (await world.settled(ticket)).status == wanted


def notes(world: BotWorld, ticket: Conversation) -> str:
    """What the notes of a ticket say."""
    return "\n".join(note.body for note in world.freescout.conversation(id=ticket.id).of_type("note"))


async def test_yes_keeps_it_closed_with_a_note_of_who_confirmed_it(world: BotWorld) -> None:
    posted, ticket = await world.ask("Solved soon")
    world.agent.close(ticket)
    asked = await question(world, posted.id)
    assert f"Alexander closed ticket **#{ticket.number}**" in asked.content
    await press(world, world.mia, asked, YES)
    await world.told(posted.id, f"Ticket #{ticket.number} is closed")
    await status(world, ticket, "closed")
    assert "Confirmed as solved by Mia (Discord)" in notes(world, ticket)
    assert world.discord.thread(posted.id).archived
    assert not world.discord.thread(posted.id).locked


async def test_no_opens_it_again_asks_what_is_missing_and_the_answer_goes_to_the_agent(world: BotWorld) -> None:
    posted, ticket = await world.ask("Not solved at all")
    world.agent.close(ticket)
    await press(world, world.mia, await question(world, posted.id), NO)
    await world.told(posted.id, "What is still missing?")
    await status(world, ticket, "active")
    assert "Not solved yet, says Mia (Discord)" in notes(world, ticket)
    mark = word()
    await world.discord.post(world.mia, posted.id, f"The second page {mark}")
    entry = await world.entry(mark)
    assert (entry.type, entry.conversation_id) == ("customer", ticket.id)


async def test_nobody_but_the_member_who_asked_or_the_team_can_answer(world: BotWorld) -> None:
    posted, ticket = await world.ask("Mine")
    world.agent.close(ticket)
    asked = await question(world, posted.id)
    answer = await press(world, world.lena, asked, NO)
    assert answer.ephemeral
    assert "Only Mia" in answer.content
    assert (await world.settled(ticket)).status == "closed"
    assert notes(world, ticket) == ""
    await press(world, world.alexander, asked, YES)
    await status(world, ticket, "closed")
    assert "Confirmed as solved by Alexander" in notes(world, ticket)


async def test_a_question_is_answered_once(world: BotWorld) -> None:
    posted, ticket = await world.ask("Twice")
    world.agent.close(ticket)
    asked = await question(world, posted.id)
    await press(world, world.mia, asked, YES)
    await status(world, ticket, "closed")
    await world.discord.unarchive_thread(posted.id)
    answer = await press(world, world.mia, asked, NO)
    assert "not open any more" in answer.content
    await status(world, ticket, "closed")
    assert "Not solved" not in notes(world, ticket)


async def test_who_asked_may_say_solved_and_the_ticket_waits_for_their_yes(world: BotWorld) -> None:
    posted, ticket = await world.ask("Found it myself")
    answer = await world.discord.run_command(world.mia, posted.id, "solved")
    assert answer.ephemeral
    asked = await question(world, posted.id)
    await status(world, ticket, "pending")
    await press(world, world.mia, asked, YES)
    await status(world, ticket, "closed")


async def test_a_stranger_cannot_say_solved(world: BotWorld) -> None:
    posted, ticket = await world.ask("Still open")
    answer = await world.discord.run_command(world.lena, posted.id, "solved")
    assert "not one of your tickets" in answer.content
    assert (await world.settled(ticket)).status == "active"
    assert questions(world, posted.id) == []


async def test_thanks_in_a_closed_ticket_is_a_note_and_another_message_opens_it_again(world: BotWorld) -> None:
    posted, ticket = await world.ask("Closed for now")
    world.agent.close(ticket)
    await press(world, world.mia, await question(world, posted.id), YES)
    await status(world, ticket, "closed")
    await world.discord.unarchive_thread(posted.id)
    thanks, again = f"Thanks a lot, {word()}", f"It is back {word()}"
    await world.discord.post(world.mia, posted.id, thanks)
    assert (await world.entry(thanks)).type == "note"
    await status(world, ticket, "closed")
    await world.discord.post(world.mia, posted.id, again)
    entry = await world.entry(again)
    assert (entry.type, entry.conversation_id) == ("customer", ticket.id)
    await status(world, ticket, "active")
    await world.told(posted.id, "is open again, and our team was told")


async def test_a_button_pressed_after_a_restart_counts(world: BotWorld) -> None:
    posted, ticket = await world.ask("Patience")
    world.agent.close(ticket)
    asked = await question(world, posted.id)
    world.kill_bot()
    await world.restart_bot()
    await press(world, world.mia, asked, NO)
    await status(world, ticket, "active")

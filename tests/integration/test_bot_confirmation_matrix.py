"""Is it solved? In Matrix the member answers with a reaction or in words."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sandbox.freescout import Conversation
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that FreeScout tells of changes, for the whole file."""
    folder = tmp_path_factory.mktemp("matrix-confirmation")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, with_discord=False) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def asked(world: BotWorld, root: str) -> str:
    """The event of the question in a thread, once both answers are offered on it."""
    found: list[str] = []

    async def seen() -> bool:
        events = await world.jonas.messages(world.room)
        found[:] = [
            event["event_id"]
            for event in await world.matrix_said(root)
            if _offered(events, event["event_id"], world.bot_user) == {"✅", "❌"}
        ]
        return bool(found)

    await world.until(seen, "the question whether it is solved", 20)
    return found[-1]


def _offered(events: list[dict[str, Any]], event_id: str, sender: str) -> set[str]:
    relations = [event["content"].get("m.relates_to", {}) for event in events if event["sender"] == sender]
    return {str(one["key"]) for one in relations if one.get("event_id") == event_id and "key" in one}


async def status(world: BotWorld, ticket: Conversation, wanted: str) -> None:
    """Wait until the ticket has this status."""
    await world.until(
        lambda: world.freescout.conversation(id=ticket.id).status == wanted, f"#{ticket.number} is {wanted}", 20
    )
    assert (await world.settled(ticket)).status == wanted


async def test_the_reaction_of_the_member_who_asked_answers_and_that_of_others_does_not(world: BotWorld) -> None:
    stranger = await world.member("kim")
    root, ticket = await world.matrix_ask("Closed too soon")
    world.agent.close(ticket)
    question = await asked(world, root)
    await stranger.react(world.room, question, "❌")
    await world.later_event_is_filed()
    await status(world, ticket, "closed")
    await world.jonas.react(world.room, question, "❌")
    await status(world, ticket, "active")
    await world.matrix_answer(root, "What is still missing?")


async def test_yes_in_words_closes_what_was_said_to_be_solved(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Nearly done")
    await world.alexander_matrix.send_text(world.room, "!solved", thread=root)
    await asked(world, root)
    await status(world, ticket, "pending")
    await world.jonas.send_text(world.room, "Yes, thank you!", thread=root)
    await status(world, ticket, "closed")
    assert "Confirmed as solved by" in str(world.freescout.conversation(id=ticket.id).of_type("note"))
    await world.matrix_answer(root, f"Ticket #{ticket.number} is closed")


async def test_no_in_words_opens_it_again(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Not done")
    world.agent.close(ticket)
    await asked(world, root)
    await world.jonas.send_text(world.room, "no", thread=root)
    await status(world, ticket, "active")


async def test_thanks_does_not_open_a_closed_ticket_and_another_message_does(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Done")
    world.agent.close(ticket)
    await world.jonas.react(world.room, await asked(world, root), "👍")
    await world.matrix_answer(root, f"Ticket #{ticket.number} is closed")
    thanks, again = f"Thanks a lot, {word()}", f"It is back {word()}"
    await world.jonas.send_text(world.room, thanks, thread=root)
    assert (await world.entry(thanks)).type == "note"
    await status(world, ticket, "closed")
    await world.jonas.send_text(world.room, again, thread=root)
    assert (await world.entry(again)).conversation_id == ticket.id
    await status(world, ticket, "active")

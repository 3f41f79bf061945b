"""Clocks in Matrix: what tells of tickets is said in the staff room, wherever it was asked."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sandbox.bot_settings import WEEKDAYS
from sandbox.freescout import Conversation
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot, in Matrix alone, with Alexander on call, for the whole file."""
    folder = tmp_path_factory.mktemp("clocks")
    async with bot_world(
        folder, unused_tcp_port_factory(), synapse=synapse, with_discord=False, freescout=QUICK
    ) as made:
        oncall = made.alexander_matrix.user_id
        made.write_settings(sla={"zone": "UTC", "business_day_hours": 24, "oncall_mention": oncall})
        made.write_settings(**{"sla.hours": {day: ["00:00-24:00"] for day in WEEKDAYS}})
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def said_to_staff(world: BotWorld, *texts: str, count: int = 1) -> list[dict[str, Any]]:
    """What the bot said in the staff room with all these texts, once there are so many."""
    found: list[dict[str, Any]] = []

    async def seen() -> bool:
        events = await world.alexander_matrix.messages(world.staff_room)
        own = [one["content"] for one in events if one["sender"] == world.bot_user]
        found[:] = [one for one in own if all(text in one.get("body", "") for text in texts)]
        return len(found) >= count

    await world.until(seen, f"the bot says {texts} {count} times in the staff room", 20)
    assert len(found) == count
    return found


async def asks(world: BotWorld, text: str) -> tuple[str, Conversation, str]:
    """Jonas asks; returns the event, the ticket, and a word by which the ticket is known."""
    mark = word()
    event_id, ticket = await world.matrix_ask(f"{text} {mark}")
    return event_id, ticket, mark


async def test_the_first_answer_names_the_promise_in_the_teams_zone(world: BotWorld) -> None:
    event_id, _, _ = await asks(world, "Where is it?")
    answer = await world.matrix_answer(event_id, "First answer by")
    assert "(UTC)" in answer["body"]


async def test_a_card_says_what_to_type(world: BotWorld) -> None:
    _, ticket, mark = await asks(world, "It crashes")
    [card] = await said_to_staff(world, f"#{ticket.number}", mark, "!triage")
    for expected in ("jonas", "bug", "P2", f"!take {ticket.number}", "Matrix"):
        assert expected in card["body"]
    assert "m.mentions" not in card or not card["m.mentions"].get("user_ids")


COMMANDS = {
    "ticket": "not triaged yet",
    "sla": "The clocks of ticket",
    "tickets": "Open tickets:",
}


@pytest.mark.parametrize("public", [False, True], ids=["in-the-staff-room", "in-the-public-room"])
@pytest.mark.parametrize("command", COMMANDS)
async def test_what_tells_of_tickets_is_said_in_the_staff_room(world: BotWorld, command: str, *, public: bool) -> None:
    _, ticket, _ = await asks(world, "Show me")
    typed = "!tickets" if command == "tickets" else f"!{command} {ticket.number}"
    room = world.room if public else world.staff_room
    event = await world.alexander_matrix.send_text(room, typed)
    await said_to_staff(world, COMMANDS[command], f"#{ticket.number}")
    await world.settled(ticket)
    if public:
        assert COMMANDS[command] not in str(await world.jonas.messages(world.room))
        assert await world.matrix_said(event) == []


async def test_take_assigns_the_ticket_and_is_answered_where_it_was_typed(world: BotWorld) -> None:
    _, first, _ = await asks(world, "Take me")
    await world.alexander_matrix.send_text(world.staff_room, f"!take {first.number}")
    await said_to_staff(world, f"#{first.number} is with you now")
    assert (await world.settled(first)).assignee_id == world.agent_id
    event_id, second, _ = await asks(world, "Take me, too")
    await world.alexander_matrix.send_text(world.room, "!take", thread=event_id)
    await world.matrix_answer(event_id, "is with you now")
    assert (await world.settled(second)).assignee_id == world.agent_id


@pytest.mark.parametrize("typed", ["!ticket {}", "!tickets", "!sla {}", "!take {}"])
async def test_members_of_the_public_are_told_nothing(world: BotWorld, typed: str) -> None:
    _, ticket, _ = await asks(world, "Leave me")
    event = await world.jonas.send_text(world.room, typed.format(ticket.number))
    refusal = await world.matrix_answer(event)
    assert "Nothing was changed" in refusal["body"]
    assert "P2" not in refusal["body"]
    assert (await world.settled(ticket)).assignee_id is None


async def test_a_p0_word_calls_who_is_on_call_in_the_staff_room_and_nobody_else(world: BotWorld) -> None:
    _, _, mark = await asks(world, "We have an outage")
    [call] = await said_to_staff(world, "This may be a P0", "“outage”", mark)
    assert call["m.mentions"] == {"user_ids": [world.alexander_matrix.user_id]}
    assert "may be a P0" not in str(await world.jonas.messages(world.room))

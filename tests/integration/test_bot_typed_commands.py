"""Commands typed in Matrix: what they change in FreeScout, what is answered where, and who may run them."""

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
    """One bot, watching a room, for the whole file."""
    folder = tmp_path_factory.mktemp("typed")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, with_discord=False) as made:
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def settled(world: BotWorld, ticket: Conversation) -> Conversation:
    """The ticket once everything promised is done."""
    await world.until(world.drained, "nothing waits")
    return world.freescout.conversation(id=ticket.id)


async def in_staff_room(world: BotWorld, text: str) -> dict[str, Any]:
    """What the bot says in the staff room with this text."""
    found: list[dict[str, Any]] = []

    async def seen() -> bool:
        events = await world.alexander_matrix.messages(world.staff_room)
        found[:] = [
            one["content"]
            for one in events
            if one["sender"] == world.bot_user and text in one["content"].get("body", "")
        ]
        return bool(found)

    await world.until(seen, f"the bot says {text!r} in the staff room", 20)
    return found[0]


async def test_triage_in_the_tickets_thread_needs_no_number(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("triage me")
    await world.alexander_matrix.send_text(world.room, "!triage bug P1 prints nothing", thread=event_id)
    done = await world.matrix_answer(event_id, "is now")
    assert done["msgtype"] == "m.notice"
    after = await settled(world, ticket)
    assert sorted(after.tags) == ["P1", "bug"]
    [note] = after.of_type("note")
    for expected in ("alexander", "Matrix", "bug", "P1", "prints nothing"):
        assert expected in note.body
    assert "prints nothing" not in done["body"]


@pytest.mark.parametrize("form", ["!triage {} question P2", "!triage #{} QUESTION p2", "!Triage  {}   question   P2  "])
async def test_triage_in_the_room_takes_the_number(world: BotWorld, form: str) -> None:
    _, ticket = await world.matrix_ask("triage me")
    command = await world.alexander_matrix.send_text(world.room, form.format(ticket.number))
    await world.matrix_answer(command, f"#{ticket.number}")
    assert sorted((await settled(world, ticket)).tags) == ["P2", "question"]


async def test_triage_in_the_staff_room_takes_the_number_and_is_answered_there(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("triage me")
    await world.alexander_matrix.send_text(world.staff_room, f"!triage {ticket.number} feature P0 wanted by many")
    await in_staff_room(world, f"#{ticket.number}")
    assert sorted((await settled(world, ticket)).tags) == ["P0", "feature"]
    assert len(await world.matrix_said(event_id)) == 1


async def test_a_ticket_that_came_by_mail_is_triaged_by_its_number(world: BotWorld) -> None:
    ticket = world.freescout.email_conversation("pat@example.org", "Pat Mail", "By mail", "Hello")
    await world.alexander_matrix.send_text(world.staff_room, f"!triage {ticket.number} bug P2")
    await in_staff_room(world, f"#{ticket.number}")
    assert sorted((await settled(world, ticket)).tags) == ["P2", "bug"]


async def test_triage_as_a_reply_to_a_message_of_the_ticket_needs_no_number(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("triage me")
    await world.alexander_matrix.send_text(world.room, "!triage bug P0", reply_to=event_id)
    await world.matrix_answer(event_id, "is now")
    assert sorted((await settled(world, ticket)).tags) == ["P0", "bug"]


async def test_a_note_may_have_several_lines(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("triage me")
    await world.alexander_matrix.send_text(world.room, "!triage bug P1\nfirst line\nsecond line", thread=event_id)
    await world.matrix_answer(event_id, "is now")
    [note] = (await settled(world, ticket)).of_type("note")
    assert "first line" in note.body
    assert "second line" in note.body


@pytest.mark.parametrize(
    "typed", ["!triage", "!triage bug", "!triage P1 bug", "!triage bug P9", "!triage urgent P1", "!close", "!close why"]
)
async def test_a_malformed_command_is_answered_with_its_usage_and_changes_nothing(world: BotWorld, typed: str) -> None:
    event_id, ticket = await world.matrix_ask("leave me")
    await world.alexander_matrix.send_text(world.room, typed, thread=event_id)
    content = await world.matrix_answer(event_id, "Usage:")
    assert content["msgtype"] == "m.notice"
    assert typed.split(maxsplit=1)[0] in content["body"]
    after = await settled(world, ticket)
    assert (after.tags, after.status, len(after.threads)) == ((), "active", 1)


async def test_outside_a_thread_the_number_is_asked_for(world: BotWorld) -> None:
    command = await world.alexander_matrix.send_text(world.room, "!triage bug P1")
    assert "number" in (await world.matrix_answer(command))["body"]


async def test_an_unknown_number_is_told(world: BotWorld) -> None:
    command = await world.alexander_matrix.send_text(world.room, "!triage 999999 bug P1")
    assert "Nothing was changed" in (await world.matrix_answer(command))["body"]


@pytest.mark.parametrize("typed", ["!triage bug P1", "!close answered", "!triage", "!triage nonsense"])
async def test_members_are_refused_and_told_what_they_lack(world: BotWorld, typed: str) -> None:
    event_id, ticket = await world.matrix_ask("hands off")
    await world.jonas.send_text(world.room, typed, thread=event_id)
    refusal = (await world.matrix_answer(event_id, "Only triagers"))["body"]
    assert world.jonas.user_id in refusal
    assert "matrix.triagers" in refusal
    after = await settled(world, ticket)
    assert (after.tags, after.status, len(after.threads)) == ((), "active", 1)


async def test_close_closes_the_ticket_with_a_note(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("noise")
    await world.alexander_matrix.send_text(world.room, "!close not-a-request", thread=event_id)
    await world.matrix_answer(event_id, "is closed")
    after = await settled(world, ticket)
    assert after.status == "closed"
    [note] = after.of_type("note")
    assert "not a request" in note.body


async def test_a_further_message_in_a_closed_ticket_is_appended_to_it(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("noise")
    await world.alexander_matrix.send_text(world.room, "!close answered", thread=event_id)
    await world.matrix_answer(event_id, "is closed")
    await settled(world, ticket)
    mark = word()
    await world.jonas.send_text(world.room, f"not yet {mark}", thread=event_id)
    assert (await world.entry(mark)).conversation_id == ticket.id


async def test_help_lists_what_this_person_may_type(world: BotWorld) -> None:
    asked = await world.jonas.send_text(world.room, "!help")
    answer = (await world.matrix_answer(asked))["body"]
    assert "!help" in answer
    assert "!triage" not in answer
    asked = await world.alexander_matrix.send_text(world.room, "!help")
    answer = (await world.matrix_answer(asked))["body"]
    for command in ("!triage", "!close", "!help"):
        assert command in answer


async def test_a_known_command_opens_no_ticket_and_an_unknown_word_does(world: BotWorld) -> None:
    known, unknown = word(), word()
    await world.jonas.send_text(world.room, f"!help {known}")
    await world.jonas.send_text(world.room, f"!important: help {unknown}")
    await world.ticket(unknown)
    await world.later_event_is_filed()
    assert world.tickets(known) == []


async def test_a_command_is_carried_out_once_also_when_the_bot_is_killed_meanwhile(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("triage me")
    world.kill_bot()
    await world.alexander_matrix.send_text(world.room, "!triage bug P1 once", thread=event_id)
    await world.restart_bot()
    await world.matrix_answer(event_id, "is now")
    world.kill_bot()
    await world.restart_bot()
    await world.later_event_is_filed()
    after = await settled(world, ticket)
    assert len(after.of_type("note")) == 1
    assert len([one for one in await world.matrix_said(event_id) if "is now" in one["content"]["body"]]) == 1

"""The team answers in chat: what FreeScout then holds, and what members see of it."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot with a mapped agent and a helper who is staff by role only, for the whole file."""
    folder = tmp_path_factory.mktemp("staff-answers")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, freescout=QUICK) as made:
        helpers = made.discord.add_role("Helpers")
        made.helper = made.discord.add_member("Hanna", roles=[helpers.id])
        made.write_settings(discord={"staff_roles": [helpers.id]})
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def test_an_agents_words_in_the_discord_thread_are_their_reply_with_its_files_and_come_not_back(
    world: BotWorld,
) -> None:
    posted, ticket = await world.ask("Is anybody there?")
    mark = word()
    files = [("menu.txt", "text/plain", b"menu")]
    await world.discord.post(world.alexander, posted.id, f"I am {mark}", attachments=files)
    reply = await world.entry(mark)
    assert (reply.type, reply.state, reply.user_id, reply.conversation_id) == (
        "message",
        "published",
        world.agent_id,
        ticket.id,
    )
    assert [file.data for file in reply.attachments] == [b"menu"]
    later = word()
    world.ada.answer(ticket, f"<div>Me too {later}</div>")  # no answer overtakes an earlier one
    await world.told(posted.id, later)
    assert world.times_told(posted.id, mark) == 0


async def test_an_agents_words_in_the_matrix_thread_are_their_reply_and_come_not_back(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Is anybody there?")
    mark = word()
    await world.alexander_matrix.send_text(world.room, f"I am {mark}", thread=root)
    reply = await world.entry(mark)
    assert (reply.type, reply.user_id, reply.conversation_id) == ("message", world.agent_id, ticket.id)
    later = word()
    world.ada.answer(ticket, f"<div>Me too {later}</div>")
    await world.matrix_answer(root, later)
    assert [one for one in await world.matrix_said(root) if mark in one["content"]["body"]] == []


async def test_staff_without_a_freescout_user_is_noted_by_name_and_the_team_is_told_once(world: BotWorld) -> None:
    posted, _ = await world.ask("Who helps?")
    first, second = word(), word()
    for mark in (first, second):
        await world.discord.post(world.helper, posted.id, f"Let me see {mark}")
        entry = await world.entry(mark)
        assert (entry.type, entry.user_id) == ("note", world.freescout.bot_user_id)
        assert "Hanna" in entry.body
    await world.until(world.drained, "nothing waits")
    staff_room = str(await world.alexander_matrix.messages(world.staff_room))
    told = world.times_told(world.staff.id, "Hanna") + (1 if "Hanna" in staff_room else 0)
    assert told == 1


async def test_a_note_by_slash_command_is_internal_in_the_agents_name_and_only_the_agent_reads_the_answer(
    world: BotWorld,
) -> None:
    posted, ticket = await world.ask("Am I loyal?")
    mark = word()
    answer = await world.discord.run_command(world.alexander, posted.id, "note", {"text": f"Long-time user {mark}"})
    assert answer.ephemeral
    note = await world.entry(mark)
    assert (note.type, note.user_id, note.conversation_id) == ("note", world.agent_id, ticket.id)
    await world.settled(ticket)
    assert world.times_told(posted.id, mark) == 0


async def test_a_member_can_write_no_note(world: BotWorld) -> None:
    posted, ticket = await world.ask("Let me note that")
    before = len((await world.settled(ticket)).threads)
    answer = await world.discord.run_command(world.mia, posted.id, "note", {"text": "I am important"})
    assert answer.ephemeral
    assert len((await world.settled(ticket)).threads) == before


async def test_a_note_from_the_matrix_staff_room_is_internal(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Am I loyal?")
    mark = word()
    await world.alexander_matrix.send_text(world.staff_room, f"!note {ticket.number} Long-time user {mark}")
    note = await world.entry(mark)
    assert (note.type, note.user_id, note.conversation_id) == ("note", world.agent_id, ticket.id)
    await world.settled(ticket)
    assert [one for one in await world.matrix_said(root) if mark in one["content"]["body"]] == []


async def test_a_note_typed_where_members_read_is_refused_and_written_nowhere(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("What do they say?")
    mark = word()
    await world.alexander_matrix.send_text(world.room, f"!note {ticket.number} not for them {mark}", thread=root)
    await world.matrix_answer(root, "staff room")
    await world.settled(ticket)
    assert world.entries(mark) == []

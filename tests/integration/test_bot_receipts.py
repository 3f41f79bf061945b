"""An answer that cannot be shown: the agent learns it in the conversation, and it can be sent once that is mended."""

import html
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.discord.permissions import Permission
from sandbox.freescout import Conversation
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot in Discord for the whole file."""
    async with bot_world(tmp_path_factory.mktemp("receipts"), unused_tcp_port_factory(), freescout=QUICK) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def receipt(world: BotWorld, ticket: Conversation, mark: str) -> str:
    """What the bot noted in the conversation about an answer that did not get through; there is one such note."""

    def found() -> list[str]:
        notes = world.freescout.conversation(id=ticket.id).of_type("note")
        return [html.unescape(re.sub("<[^>]+>", " ", note.body)) for note in notes if "outbox retry" in note.body]

    await world.until(lambda: bool(found()), "a note to the agent", 20)
    [note] = found()
    assert mark in note
    return note


async def retry(world: BotWorld, note: str) -> None:
    """Do what the note says."""
    named = re.search(r"supportbot outbox retry (\w+)", note)
    assert named, note
    ended = await world.command("outbox", "retry", named.group(1))
    assert ended.code == 0, ended.said


async def test_of_an_answer_into_a_deleted_thread_the_agent_learns_that_nobody_read_it(world: BotWorld) -> None:
    posted, ticket = await world.ask("Delete me")
    await world.discord.delete_thread(posted.id)
    mark = word()
    world.agent.answer(ticket, f"<div>Too late {mark}</div>")
    note = await receipt(world, ticket, mark)
    assert "Discord" in note
    assert "deleted" in note
    await world.settled(ticket)
    assert "relay reply to discord" in (await world.command("outbox", "list")).said
    await world.until(lambda: bool(world.times_told(world.staff.id, f"#{ticket.number}")), "staff is told", 10)


async def test_a_thread_that_was_archived_takes_an_answer_all_the_same(world: BotWorld) -> None:
    posted, ticket = await world.ask("Nobody wrote for days")
    await world.discord.archive_thread(posted.id)
    mark = word()
    world.agent.answer(ticket, f"<div>At last {mark}</div>")
    await world.told(posted.id, mark)


async def test_an_answer_into_a_locked_thread_is_noted_and_comes_late_once_after_it_was_opened_and_tried_again(
    world: BotWorld,
) -> None:
    posted, ticket = await world.ask("Locked in")
    await world.discord.lock_thread(posted.id)
    await world.discord.archive_thread(posted.id)
    everything = world.discord.bot_role.permissions
    world.discord.set_bot_permissions(everything & ~Permission.MANAGE_THREADS)
    mark = word()
    try:
        world.agent.answer(ticket, f"<div>Hello in there {mark}</div>")
        note = await receipt(world, ticket, mark)
    finally:
        world.discord.set_bot_permissions(everything)
    assert "locked" in note or "archived" in note
    assert world.times_told(posted.id, mark) == 0
    await world.discord.unarchive_thread(posted.id)
    await world.discord.lock_thread(posted.id, locked=False)
    await retry(world, note)
    answer = await world.told(posted.id, mark)
    assert "Sent late" in answer.content
    assert (await world.settled(ticket)).status == "pending"
    assert world.times_told(posted.id, mark) == 1


async def test_an_answer_into_a_forum_the_bot_lost_is_noted_with_the_reason(world: BotWorld) -> None:
    post, ticket = await world.ask_in_forum("Do you see me?")
    before = world.discord.bot_role.permissions
    world.discord.set_bot_permissions(0, channel_id=world.forum.id)
    mark = word()
    try:
        world.agent.answer(ticket, f"<div>No {mark}</div>")
        note = await receipt(world, ticket, mark)
    finally:
        world.discord.set_bot_permissions(before, channel_id=world.forum.id)
    assert "View Channel" in note
    await retry(world, note)
    assert "Sent late" in (await world.told(post.id, mark)).content


@pytest.mark.synapse
async def test_an_answer_into_a_matrix_room_the_bot_was_removed_from_is_noted_and_comes_once_it_is_back(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(
        tmp_path, unused_tcp_port_factory(), synapse=synapse, with_discord=False, freescout=QUICK
    ) as world:
        await world.start_bot()
        root, ticket = await world.matrix_ask("Is the bot still here?")
        await world.alexander_matrix.kick(world.room, world.bot_user)
        mark = word()
        world.agent.answer(ticket, f"<div>No {mark}</div>")
        note = await receipt(world, ticket, mark)
        assert "Matrix" in note
        await world.alexander_matrix.invite(world.room, world.bot_user)

        async def is_back() -> bool:
            return world.bot_user in await world.jonas.joined_members(world.room)

        await world.until(is_back, "the bot is back", 20)
        await retry(world, note)
        assert "Sent late" in (await world.matrix_answer(root, mark))["body"]

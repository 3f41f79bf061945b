"""Messages sent while the bot was down, or while its connections failed, are all filed, once and in order."""

from pathlib import Path

import pytest

from sandbox.matrix import SynapseServer
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.bot_world import BotWorld, bodies, bot_world, number_in, word

pytestmark = pytest.mark.synapse


async def expect_once(world: BotWorld, marks: list[str], seconds: float = 60) -> None:
    """Each of these stands in FreeScout exactly once."""
    await world.until(lambda: all(world.entries(mark) for mark in marks), "all are filed", seconds)
    await world.until(world.drained, "nothing waits")
    assert {mark: len(world.entries(mark)) for mark in marks} == dict.fromkeys(marks, 1)


async def test_a_first_start_files_no_history(tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse) as world:
        old = [word() for _ in range(5)]
        posted = await world.discord.post(world.mia, world.support.id, old[0])
        await world.discord.create_thread(world.lena, world.support.id, "old", message_id=posted.id)
        await world.discord.post(world.lena, posted.id, old[1])
        post = await world.discord.create_forum_post(world.lena, world.forum.id, "old", old[2])
        event_id = await world.jonas.send_text(world.room, old[3])
        await world.jonas.send_text(world.room, old[4], thread=event_id)
        await world.start_bot()
        fresh = [word() for _ in range(4)]
        await world.discord.post(world.mia, world.support.id, fresh[0])
        await world.discord.post(world.mia, posted.id, fresh[1])
        await world.discord.post(world.mia, post.id, fresh[2])
        await world.jonas.send_text(world.room, fresh[3])
        await expect_once(world, fresh)
        assert len(world.filed()) == 4
        assert len([one for one in world.filed() if one.type == "chat"]) == 4
        for mark in old[3:]:
            assert world.tickets(mark) == []
        customers_words = [body.rpartition("</blockquote>")[2] for one in world.filed() for body in bodies(one.threads)]
        assert not [body for body in customers_words for mark in old if mark in body]


async def test_beyond_backfill_hours_staff_is_told_once_what_was_not_fetched(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, intake={"backfill_hours": 1}) as world:
        world.discord.advance(-5 * 3600)
        world.discord._world.ids._last = 0  # ids rise only; those from here on are five hours old
        world.support = world.discord.add_text_channel("questions")
        world.write_settings(discord={"support_channels": [world.support.id]})
        await world.start_bot()
        await world.ask("before")
        assert await world.bot.stop() == 0
        old = [word() for _ in range(3)]
        for mark in old:
            await world.discord.post(world.mia, world.support.id, mark)
        world.discord.advance(5 * 3600)
        fresh = word()
        await world.discord.post(world.mia, world.support.id, fresh)
        await world.restart_bot()
        await expect_once(world, [fresh])
        assert not [mark for mark in old if world.tickets(mark)]
        await world.until(lambda: bool(world.staff_told()), "staff is told")
        [told] = [one.content for one in world.staff_told()]
        assert "#questions" in told
        assert "3" in told
        world.kill_bot()
        await world.restart_bot()
        await world.later_message_is_filed(world.support)
        assert len(world.staff_told()) == 1


async def test_a_limited_matrix_timeline_is_walked_to_its_beginning(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, with_discord=False) as world:
        await world.start_bot()
        event_id, ticket = await world.matrix_ask("before")
        world.kill_bot()
        in_ticket = [word() for _ in range(105)]
        for mark in in_ticket:
            await world.jonas.send_text(world.room, mark, thread=event_id)
        await world.restart_bot()
        await expect_once(world, in_ticket)
        said = bodies(world.freescout.conversation(id=ticket.id).threads)[1:]
        assert [next(mark for mark in in_ticket if mark in body) for body in said] == in_ticket
        assert len(await world.matrix_said(event_id)) == 1


async def test_a_homeserver_that_fails_for_a_while_is_asked_seldom_and_loses_nothing(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with MatrixProxy(synapse.url) as proxy:
        reached = {"homeserver": proxy.url}
        async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, with_discord=False, matrix=reached) as world:
            await world.start_bot()
            proxy.add(Breakage.REFUSE, "/sync", times=-1, status=502)
            before = proxy.count("/sync")
            marks = [word() for _ in range(3)]
            for mark in marks:
                await world.jonas.send_text(world.room, mark)
            await world.part_is("matrix", "disconnected")
            assert not (await world.bot.readiness()).ready
            await world.until(lambda: proxy.count("/sync") - before >= 2, "it tries again")
            assert proxy.count("/sync") - before <= 4
            proxy.clear()
            await expect_once(world, marks)
            await world.part_is("matrix", "connected")


async def test_lost_answers_of_the_homeserver_make_it_say_nothing_twice(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with MatrixProxy(synapse.url) as proxy:
        reached = {"homeserver": proxy.url}
        async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, with_discord=False, matrix=reached) as world:
            await world.start_bot()
            proxy.add(Breakage.LOSE, "/send/m.room.message", times=2)
            proxy.add(Breakage.LOSE, "/send/m.reaction", times=1)
            proxy.add(
                Breakage.REFUSE,
                "/send/m.room.message",
                status=429,
                body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 500},
            )
            events = {await world.jonas.send_text(world.room, mark): mark for mark in (word(), word(), word())}
            for event_id, mark in events.items():
                ticket = await world.ticket(mark)
                assert number_in((await world.matrix_answer(event_id))["body"]) == ticket.number
            await world.until(world.drained, "nothing waits")
            assert [len(await world.matrix_said(event_id)) for event_id in events] == [1, 1, 1]
            for event_id in events:
                assert await world.matrix_acknowledged(event_id)

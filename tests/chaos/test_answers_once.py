"""The promise, the other way round: every answer is in chat once and in order, and a note never is."""

import asyncio
import random
from pathlib import Path

import pytest

from sandbox.matrix import SynapseServer
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.chaos.answering import Answering
from tests.integration.bot_world import QUICK, bot_world

pytestmark = pytest.mark.synapse


@pytest.mark.timeout(300)
async def test_kill_at_any_moment_while_twenty_answers_are_relayed_loses_and_doubles_none(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    chance = random.Random(1)
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, freescout=QUICK) as world:
        await world.install_webhooks()
        await world.start_bot()
        answering = await Answering.begin(world)
        work = asyncio.create_task(answering.keep_answering(20, 0.15))
        await world.until(answering.has_begun, "the first answer is in chat")
        for _ in range(5):
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            world.kill_bot()
            await world.restart_bot()
        await work
        await answering.expect_each_once_and_in_order()


async def test_kill_between_said_and_recorded_in_discord_says_nothing_twice(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, freescout=QUICK) as world:
        await world.start_bot()
        answering = await Answering.begin(world, discord=1, matrix=0)
        [talk] = answering.talks
        mark = answering.answer(talk)
        # The simulator wakes its watchers before it answers the request that said it.
        await world.discord.wait_for_message(talk.thread, lambda one: mark in one.content)
        world.kill_bot()
        assert answering.unrecorded() == 1
        await world.restart_bot()
        await answering.expect_each_once_and_in_order()


async def test_kill_between_said_and_recorded_in_matrix_says_nothing_twice(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with MatrixProxy(synapse.url) as proxy:
        reached = {"homeserver": proxy.url}
        async with bot_world(
            tmp_path, unused_tcp_port, synapse=synapse, with_discord=False, matrix=reached, freescout=QUICK
        ) as world:
            await world.start_bot()
            answering = await Answering.begin(world, discord=0, matrix=1)
            [talk] = answering.talks
            held = proxy.add(Breakage.HOLD, "/send/m.room.message")
            mark = answering.answer(talk)

            async def is_said() -> bool:
                return mark in await answering.texts(talk)

            await world.until(is_said, "the answer is in the room")
            assert held.seen == 1
            world.kill_bot()
            assert answering.unrecorded() == 1
            proxy.clear()
            await world.restart_bot()
            await answering.expect_each_once_and_in_order()


@pytest.mark.timeout(300)
async def test_losing_a_third_of_discords_answers_says_no_answer_twice(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port, freescout=QUICK) as world:
        await world.start_bot()
        answering = await Answering.begin(world, discord=4, matrix=0)
        lost = world.discord.faults.add(
            kind="lose_answer", method="POST", path=r"/channels/.*/messages", times=None, probability=0.3, seed=7
        )
        answering.answer_all(5)
        await answering.expect_each_once_and_in_order()
        assert lost.hits > 3


async def test_answers_given_while_the_bot_is_down_come_in_order_once_it_is_back(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, freescout=QUICK) as world:
        await world.install_webhooks()
        await world.start_bot()
        answering = await Answering.begin(world)
        world.kill_bot()
        answering.answer_all(4)
        await world.restart_bot()
        await answering.expect_each_once_and_in_order()


async def test_freescout_down_while_answers_are_relayed_loses_none(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, freescout=QUICK) as world:
        await world.install_webhooks()
        await world.start_bot()
        answering = await Answering.begin(world)
        answering.answer_all(2)
        for _ in range(2):
            await asyncio.sleep(0.7)
            await world.freescout.go_down()
            await asyncio.sleep(0.7)
            await world.freescout.come_back()
            answering.answer_all(1)
        await answering.expect_each_once_and_in_order()

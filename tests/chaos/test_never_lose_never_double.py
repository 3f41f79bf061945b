"""The promise, on the real process: nothing lost, nothing doubled, whatever ends or fails in between."""

import asyncio
import random
from pathlib import Path

import pytest

from sandbox.matrix import SynapseServer
from tests.real_world import RealWorld, real_world


async def post_on_both(world: RealWorld, first: int, count: int) -> list[str]:
    """Post ``count`` messages, alternating between the platforms; returns their words."""
    words = []
    for number in range(first, first + count):
        word = f"msg-{number:04d}-end"
        words.append(word)
        if number % 2:
            await world.jonas.send_text(world.room, f"Please help: {word}")
        else:
            await world.discord.post(world.mia, world.support.id, f"Please help: {word}")
    return words


async def expect_all_filed_and_answered_once(world: RealWorld, words: list[str]) -> None:
    """Every message is one conversation, every member has the number once."""
    await world.until(lambda: not world.lost_and_doubled(words)[0], "every message is filed", 120)
    await world.until(world.drained, "the outbox is empty", 120)
    assert world.lost_and_doubled(words) == ([], [])
    assert len(world.filed()) == len(words)
    numbers = {f"#{conversation.number}" for conversation in world.filed()}
    answers = [*world.discord_answers().values(), *(await world.matrix_answers()).values()]
    assert [len(said) for said in answers] == [1] * len(words)
    assert {word.strip(".*") for said in answers for word in said[0].split() if "#" in word} == numbers
    assert world.freescout.problems == []
    assert world.discord.problems == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_kill_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int, seed: int
) -> None:
    chance = random.Random(seed)
    async with real_world(tmp_path, synapse, unused_tcp_port) as world:
        await world.start_bot()
        words: list[str] = []
        for _ in range(4):
            posting = asyncio.create_task(post_on_both(world, len(words), 10))
            await asyncio.sleep(chance.uniform(0.05, 0.9))
            world.kill_bot()
            words += await posting
            await world.restart_bot()
        await expect_all_filed_and_answered_once(world, words)


@pytest.mark.timeout(300)
async def test_losing_a_third_of_freescouts_answers_doubles_nothing(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with real_world(tmp_path, synapse, unused_tcp_port) as world:
        world.freescout.faults.add(kind="lose_answer", method="POST", times=None, probability=0.3, seed=7)
        await world.start_bot()
        words = await post_on_both(world, 0, 40)
        await expect_all_filed_and_answered_once(world, words)


@pytest.mark.timeout(300)
async def test_losing_a_third_of_discords_answers_says_nothing_twice(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with real_world(tmp_path, synapse, unused_tcp_port) as world:
        world.discord.faults.add(
            kind="lose_answer", method="POST", path=r"/channels", times=None, probability=0.3, seed=7
        )
        await world.start_bot()
        words = await post_on_both(world, 0, 30)
        await expect_all_filed_and_answered_once(world, words)


@pytest.mark.timeout(300)
async def test_600_matrix_and_200_discord_messages_sent_while_it_was_down_are_all_filed_once(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with real_world(tmp_path, synapse, unused_tcp_port, poll_seconds=60) as world:
        await world.discord.post(world.mia, world.support.id, "history, never filed: msg-history-end")
        await world.start_bot()
        assert await world.bot.stop() == 0
        words = [f"msg-{number:04d}-end" for number in range(800)]
        for word in words[:200]:
            await world.discord.post(world.mia, world.support.id, word)
        for word in words[200:]:
            await world.jonas.send_text(world.room, word)
        await world.restart_bot()
        await world.until(lambda: not world.lost_and_doubled(words)[0], "every message is filed", 200)
        await world.until(world.drained, "the outbox is empty", 200)
        assert world.lost_and_doubled(words) == ([], [])
        assert len(world.filed()) == 800


async def test_freescout_down_while_members_ask_loses_nothing(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with real_world(tmp_path, synapse, unused_tcp_port) as world:
        await world.start_bot()
        await world.freescout.go_down()
        posted = await world.discord.post(world.mia, world.support.id, "Please help: msg-0000-end")
        await world.until(
            lambda: bool(world.discord.reactions(world.support.id, posted.id)), "acknowledged within a second", 1.5
        )
        words = ["msg-0000-end", *await post_on_both(world, 1, 6)]
        world.kill_bot()
        await world.restart_bot()
        await world.freescout.come_back()
        await expect_all_filed_and_answered_once(world, words)


async def test_sigterm_drains_and_ends_with_0_within_15_seconds(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with real_world(tmp_path, synapse, unused_tcp_port) as world:
        await world.start_bot()
        words = await post_on_both(world, 0, 8)
        await world.until(lambda: len(world.filed()) > 0, "the first is filed")
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        assert await world.bot.stop() == 0
        assert loop.time() - started_at < 15
        await world.restart_bot()
        await expect_all_filed_and_answered_once(world, words)

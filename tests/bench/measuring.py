"""One round: a contestant is started in a fresh world, asked one message at a time, then flooded, and counted."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.contestants import contestant
from tests.bench.figures import Latency, Round
from tests.bench.world import DISCORD, MATRIX, PLATFORMS, WRITERS, Asked, World

LOOK_EVERY_SECONDS = 0.002
MESSAGE_LIMIT_SECONDS = 20.0
BURST_LOOK_SECONDS = 0.05
BURST_LIMIT_SECONDS = 150.0
# What comes late must be counted too: a doubled answer is never the first.
SETTLING_SECONDS = 2.0
NUMBER = re.compile(r"#(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Messages per platform: one at a time, those before them that do not count, and all at once."""

    warm_up: int
    sequential: int
    burst: int


FULL = Load(warm_up=10, sequential=60, burst=400)
QUICK = Load(warm_up=3, sequential=10, burst=40)


async def measure(name: str, load: Load, folder: Path) -> Round:
    """One round of one contestant. Raises DidNotStartError."""
    async with World(folder) as world:
        runner = contestant(name, world)
        try:
            start_seconds = await runner.start()
            await asyncio.sleep(SETTLING_SECONDS)
            idle_rss = runner.process.memory_info().rss
            latencies = {platform: await _one_at_a_time(world, platform, load) for platform in PLATFORMS}
            cpu_before = _cpu_seconds(runner.process)
            began = time.monotonic()
            asked = await _flood(world, load.burst)
            answered_at = await _until_answered(world, asked)
            await asyncio.sleep(SETTLING_SECONDS)
            cpu = _cpu_seconds(runner.process) - cpu_before
            rss = runner.process.memory_info().rss
            await world.look_again_at_matrix()
            filed, answered, acknowledged = _counted(world, asked)
        finally:
            await runner.stop()
    return Round(
        start_seconds=start_seconds,
        idle_rss_bytes=idle_rss,
        rss_bytes=rss,
        discord=latencies[DISCORD],
        matrix=latencies[MATRIX],
        sent=len(asked),
        filed_once=filed,
        answered_once=answered,
        acknowledged=acknowledged,
        burst_seconds={platform: at - began for platform, at in answered_at.items()},
        cpu_seconds=cpu,
    )


async def _one_at_a_time(world: World, platform: str, load: Load) -> tuple[Latency, ...]:
    measured = []
    for number in range(load.warm_up + load.sequential):
        latency = await _ask_and_wait(world, platform, f"single-{platform}-{number:04d}", number)
        if number >= load.warm_up:
            measured.append(latency)
    return tuple(measured)


async def _ask_and_wait(world: World, platform: str, key: str, writer: int) -> Latency:
    before = world.freescout.conversation_count()
    asked = await world.ask(platform, key, writer)
    seen: dict[str, float] = {}
    looks: dict[str, Callable[[], object]] = {
        "filed": lambda: world.freescout.conversation_count() > before,
        "acknowledged": lambda: world.acknowledged(asked),
        "answered": lambda: _numbers(world, asked),
    }
    end = asked.at + MESSAGE_LIMIT_SECONDS
    while len(seen) < len(looks) and time.monotonic() < end:
        for what, holds in looks.items():
            if what not in seen and holds():
                seen[what] = time.monotonic() - asked.at
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return Latency(**{what: seen.get(what, MESSAGE_LIMIT_SECONDS) for what in looks})


async def _flood(world: World, count: int) -> list[Asked]:
    """All Discord messages at once, and each Matrix writer as fast as the homeserver takes them."""

    async def write(platform: str, writer: int) -> list[Asked]:
        mine = range(writer, count, WRITERS)
        return [await world.ask(platform, f"flood-{platform}-{number:04d}", writer) for number in mine]

    asked = await asyncio.gather(*(write(platform, writer) for platform in PLATFORMS for writer in range(WRITERS)))
    return [each for part in asked for each in part]


async def _until_answered(world: World, asked: list[Asked]) -> dict[str, float]:
    """When each platform's last number was told.

    Acknowledgements are waited for as well, so that all work is in the CPU figure.
    """
    end = time.monotonic() + BURST_LIMIT_SECONDS
    silent = {platform: [each for each in asked if each.platform == platform] for platform in PLATFORMS}
    unmarked, answered_at = list(asked), dict.fromkeys(PLATFORMS, end)
    while (any(silent.values()) or unmarked) and time.monotonic() < end:
        await asyncio.sleep(BURST_LOOK_SECONDS)
        for platform, waiting in silent.items():
            if waiting:
                silent[platform] = [each for each in waiting if not _numbers(world, each)]
                answered_at[platform] = end if silent[platform] else time.monotonic()
        unmarked = [each for each in unmarked if not world.acknowledged(each)]
    return answered_at


def _counted(world: World, asked: list[Asked]) -> tuple[int, int, int]:
    """How many are in FreeScout exactly once, were told exactly the number they have there, and were acknowledged."""
    tickets = defaultdict(list)
    for conversation in world.freescout.conversations():
        for thread in conversation.of_type("customer"):
            for key in re.findall(r"flood-[a-z]+-\d{4}", thread.body)[:1]:
                tickets[key].append(conversation.number)
    filed = sum(len(tickets[each.key]) == 1 for each in asked)
    answered = sum(_numbers(world, each) == tickets[each.key][:1] and bool(tickets[each.key]) for each in asked)
    return filed, answered, sum(world.acknowledged(each) for each in asked)


def _numbers(world: World, asked: Asked) -> list[int]:
    found = (NUMBER.search(text) for text in world.answers(asked))
    return [int(match[1]) for match in found if match is not None]


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)

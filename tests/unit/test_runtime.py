"""Start, supervision and stop of the whole."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.errors import RefusedError, StoreError
from bot.ports.inbound import PartState
from bot.runtime import ChatLeg, Runtime
from bot.usecases.health import Health
from tests.fakes.clock import FixedDice, settle
from tests.fakes.rig import Rig

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Leg:
    """A chat leg that ends as told: by an error, or by running until it is cancelled."""

    name: str
    endings: list[Exception] = field(default_factory=list)
    starts: int = 0
    cancelled: bool = False
    stopped: bool = False
    never_stops: bool = False
    fails_to_stop: bool = False

    async def run(self) -> None:
        self.starts += 1
        if self.endings:
            raise self.endings.pop(0)
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    async def stop_receiving(self) -> None:
        self.stopped = not self.cancelled
        if self.fails_to_stop:
            raise OSError("the socket is gone")
        if self.never_stops:
            await asyncio.get_running_loop().create_future()

    @property
    def chat_leg(self) -> ChatLeg:
        return ChatLeg(name=self.name, run=self.run, stop_receiving=self.stop_receiving)


class World:
    """A runtime on the core's fakes."""

    def __init__(self, *legs: Leg, watcher: Callable[[], Awaitable[None]] | None = None) -> None:
        self.rig = Rig()
        needed = frozenset(leg.name for leg in legs) | {"store"}
        self.health = Health(
            clock=self.rig.clock, store=self.rig.store, writable=self.rig.store.writable, needed=needed
        )
        self.refusals: list[tuple[str, str]] = []
        self.runtime = Runtime(
            pump=self.rig.make_pump(),
            chat_legs=[leg.chat_leg for leg in legs],
            watchers={"watcher": watcher} if watcher is not None else {},
            health=self.health,
            on_refused=self._note_refusal,
            clock=self.rig.clock,
            dice=FixedDice(1.0),
        )

    async def start(self) -> "asyncio.Task[int]":
        task = asyncio.create_task(self.runtime.run())
        await settle()
        return task

    async def _note_refusal(self, part: str, reason: str) -> None:
        self.refusals.append((part, reason))


async def test_it_ends_well_when_told_to_stop() -> None:
    leg = Leg("discord")
    world = World(leg)
    task = await world.start()
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0
    assert leg.stopped
    assert leg.cancelled


async def test_a_leg_that_fails_restarts_alone_with_growing_waits() -> None:
    bad, good = Leg("discord", [OSError("gone")] * 5), Leg("matrix")
    world = World(bad, good)
    task = await world.start()
    starts = []
    for _ in range(31):
        starts.append(bad.starts)
        await world.rig.clock.advance(timedelta(seconds=1))
    assert [starts[second] for second in (0, 1, 3, 7, 15)] == [1, 2, 3, 4, 5]
    assert good.starts == 1
    assert world.health.state("discord") is PartState.DISCONNECTED
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0


async def test_a_refused_leg_is_not_tried_again_and_staff_is_told() -> None:
    refused, good = Leg("matrix", [RefusedError("the password is wrong")]), Leg("discord")
    world = World(refused, good)
    task = await world.start()
    await world.rig.clock.advance(timedelta(hours=1))
    assert refused.starts == 1
    assert world.refusals == [("matrix", "the password is wrong")]
    assert world.health.state("matrix") is PartState.REFUSED
    assert not task.done()
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0


async def test_the_process_ends_with_1_when_no_chat_leg_is_left() -> None:
    world = World(Leg("discord", [RefusedError("token")]), Leg("matrix", [RefusedError("password")]))
    task = await world.start()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 1


async def test_what_is_promised_is_carried_out_before_it_ends() -> None:
    world = World(Leg("discord"))
    task = await world.start()
    await world.rig.intake.accept(world.rig.arrival(world.rig.message()))
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0
    assert len(world.rig.desk.conversations) == 1
    assert len(world.rig.discord.posted) == 1


async def test_it_ends_also_when_a_leg_cannot_stop_receiving() -> None:
    leg = Leg("discord")
    world = World(leg)
    task = await world.start()
    await world.rig.intake.accept(world.rig.arrival(world.rig.message()))
    leg.never_stops = True
    world.runtime.stop()
    assert await asyncio.wait_for(task, timeout=10) == 0
    assert len(world.rig.discord.posted) == 1


async def test_a_failing_store_ends_the_process() -> None:
    world = World(Leg("discord"))
    task = await world.start()
    await world.rig.intake.accept(world.rig.arrival(world.rig.message()))
    world.rig.store.break_down(StoreError("disk full"))
    for _ in range(20):
        await settle()
    with pytest.raises(BaseExceptionGroup) as caught:
        await task
    assert caught.group_contains(StoreError, match="disk full")


async def test_it_ends_well_also_when_a_leg_fails_to_stop_receiving() -> None:
    leg = Leg("discord", fails_to_stop=True)
    world = World(leg)
    task = await world.start()
    await world.rig.intake.accept(world.rig.arrival(world.rig.message()))
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0
    assert len(world.rig.discord.posted) == 1


async def test_a_watcher_that_fails_restarts_alone() -> None:
    starts = 0

    async def watch() -> None:
        nonlocal starts
        starts += 1
        raise ValueError("an odd answer of the help desk")

    leg = Leg("discord")
    world = World(leg, watcher=watch)
    task = await world.start()
    await world.rig.clock.advance(timedelta(seconds=8))
    assert starts == 4
    assert leg.starts == 1
    world.runtime.stop()
    await world.rig.clock.advance(MINUTE)
    assert task.result() == 0


@pytest.mark.parametrize("error", [StoreError("disk full"), ExceptionGroup("tasks", [StoreError("disk full")])])
async def test_a_watcher_whose_store_fails_ends_the_process(error: Exception) -> None:
    async def watch() -> None:
        raise error

    task = await World(Leg("discord"), watcher=watch).start()
    with pytest.raises(BaseExceptionGroup) as caught:
        await task
    assert caught.group_contains(StoreError, match="disk full")

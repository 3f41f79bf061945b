"""The pump: in turn per conversation, side by side across them, each effect once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from typing_extensions import override

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, DeliveryState, System, next_step
from bot.domain.effects import Say
from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain
from bot.ports.store import Records
from bot.usecases.delivery import Pump
from bot.usecases.handling import Made
from bot.usecases.places import promise
from tests.fakes.clock import FixedDice, ManualClock, settle
from tests.fakes.store import FakeStore

T = TypeVar("T")

ROOM = ChatAddress(platform=Platform.DISCORD, room="2")


class Recorder:
    """A handler that notes what it was given and fails as told; ``hold`` keeps every call under way until set."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, bool]] = []
        self.failures: dict[str, list[Exception]] = {}
        self.under_way = 0
        self.most_under_way = 0
        self.hold: asyncio.Event | None = None

    async def __call__(self, delivery: Delivery) -> Made:
        assert isinstance(delivery.effect, Say)
        name = str(delivery.effect.about)
        self.tried.append((name, delivery.outcome_unknown))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.hold is not None:
                await self.hold.wait()
            if self.failures.get(name):
                raise self.failures[name].pop(0)
        finally:
            self.under_way -= 1
        return Made()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.tried]


class Rig:
    """A pump on a fake store and a manual clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeStore(clock=self.clock)
        self.handler = Recorder()
        self.parked: list[str] = []

    @asynccontextmanager
    async def running(self, limits: dict[System, int] | None = None) -> AsyncIterator[Pump]:
        pump = Pump(
            store=self.store,
            clock=self.clock,
            dice=FixedDice(0.0),
            handlers={"say": self.handler},
            on_parked=self._note_parked,
            limits=limits or {System.DISCORD: 8},
        )
        await pump.load()
        task = asyncio.create_task(pump.run())
        await settle()
        yield pump
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def promise(self, *names: str, key: str = "one", holds: bool = False) -> None:
        async def work(records: Records) -> None:
            for name in names:
                say = Say(address=ROOM, text=from_plain(name), about=name)
                row = promise("test", name, effect=say, key=key, now=self.clock.now())
                await records.outbox.add(replace(row, holds=holds))

        await self.store.write(work)
        await settle()

    def state(self, name: str) -> DeliveryState:
        return self.store.contents.deliveries[delivery_id("test", name)].state

    async def _note_parked(self, records: Records, delivery: Delivery) -> None:
        assert isinstance(delivery.effect, Say)
        self.parked.append(str(delivery.effect.about))


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_deliveries_of_one_conversation_go_strictly_in_turn(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("down"), TransientError("down")]
    async with rig.running():
        await rig.promise("a", "b", "c")
        assert rig.handler.names == ["a"]
        await rig.clock.advance(timedelta(seconds=10))
    assert rig.handler.names == ["a", "a", "a", "b", "c"]


async def test_different_conversations_go_side_by_side_within_the_systems_bound(rig: Rig) -> None:
    rig.handler.hold = asyncio.Event()
    async with rig.running({System.DISCORD: 3}):
        for number in range(5):
            await rig.promise(f"m{number}", key=f"conversation {number}")
        assert rig.handler.under_way == 3
        rig.handler.hold.set()
        await settle()
    assert sorted(rig.handler.names) == ["m0", "m1", "m2", "m3", "m4"]
    assert rig.handler.most_under_way == 3


async def test_a_waiting_conversation_does_not_hold_up_another(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("down")]
    async with rig.running():
        await rig.promise("a", key="one")
        await rig.promise("b", key="two")
        assert rig.handler.names == ["a", "b"]


async def test_waits_double_up_to_a_minute(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("down")] * 9
    tries: list[float] = []
    async with rig.running():
        await rig.promise("a")
        start = rig.clock.now()
        for _ in range(400):
            before = len(rig.handler.tried)
            await rig.clock.advance(timedelta(seconds=1))
            if len(rig.handler.tried) > before:
                tries.append((rig.clock.now() - start).total_seconds())
    assert tries == [1, 3, 7, 15, 31, 63, 123, 183, 243]


async def test_what_the_system_asked_for_is_waited(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("busy", retry_after=timedelta(seconds=90))]
    async with rig.running():
        await rig.promise("a")
        await rig.clock.advance(timedelta(seconds=89))
        assert rig.handler.names == ["a"]
        await rig.clock.advance(timedelta(seconds=1))
    assert rig.handler.names == ["a", "a"]


async def test_a_lost_answer_makes_the_next_try_look_first(rig: Rig) -> None:
    rig.handler.failures["a"] = [OutcomeUnknownError("no answer")]
    async with rig.running():
        await rig.promise("a")
        await rig.clock.advance(timedelta(seconds=2))
    assert rig.handler.tried == [("a", False), ("a", True)]


async def test_a_permanent_error_is_parked_once_and_the_rest_flows_on(rig: Rig) -> None:
    rig.handler.failures["a"] = [PermanentError("gone")]
    async with rig.running():
        await rig.promise("a", "b")
        await rig.clock.advance(timedelta(hours=1))
    assert rig.handler.names == ["a", "b"]
    assert rig.parked == ["a"]
    assert rig.state("a") is DeliveryState.PARKED
    assert rig.state("b") is DeliveryState.DONE


async def test_a_parked_opening_holds_its_followers_until_it_is_retried(rig: Rig) -> None:
    rig.handler.failures["open"] = [PermanentError("refused")]
    async with rig.running() as pump:
        await rig.promise("open", holds=True)
        await rig.promise("follower")
        assert rig.handler.names == ["open"]
        held = rig.store.contents.deliveries[delivery_id("test", "open")]
        again = replace(held, state=DeliveryState.PENDING)
        await rig.store.write(lambda records: records.outbox.save(again))
        await pump.reload()
        await settle()
    assert rig.handler.names == ["open", "open", "follower"]


async def test_a_discarded_opening_sets_its_followers_free(rig: Rig) -> None:
    rig.handler.failures["open"] = [PermanentError("refused")]
    async with rig.running() as pump:
        await rig.promise("open", holds=True)
        await rig.promise("follower")
        held = rig.store.contents.deliveries[delivery_id("test", "open")]
        gone = replace(held, state=DeliveryState.DISCARDED)
        await rig.store.write(lambda records: records.outbox.save(gone))
        await pump.reload()
        await settle()
    assert rig.handler.names == ["open", "follower"]


async def test_what_an_earlier_process_left_is_looked_up_before_it_is_sent(rig: Rig) -> None:
    rig.handler.hold = asyncio.Event()
    async with rig.running():
        await rig.promise("a", "b")
    rig.handler.hold = None
    async with rig.running():
        await settle()
    assert rig.handler.tried == [("a", False), ("a", True), ("b", True)]


async def test_the_first_success_after_an_outage_frees_all_that_wait(rig: Rig) -> None:
    for name in "abc":
        rig.handler.failures[name] = [TransientError("down")] * 6
    async with rig.running():
        for name in "abc":
            await rig.promise(name, key=name)
        await rig.clock.advance(timedelta(seconds=40))
        tried = len(rig.handler.tried)
        await rig.promise("d", key="d")
    assert rig.handler.names[tried:] == ["d", "a", "b", "c"]


async def test_being_asked_to_wait_is_no_outage(rig: Rig) -> None:
    for name in "abc":
        rig.handler.failures[name] = [TransientError("busy", retry_after=timedelta(seconds=60))]
    async with rig.running():
        for name in "abc":
            await rig.promise(name, key=name)
        await rig.promise("d", key="d")
    assert rig.handler.names == ["a", "b", "c", "d"]


async def test_a_fault_of_our_own_in_one_delivery_stops_no_other(rig: Rig) -> None:
    rig.handler.failures["a"] = [ZeroDivisionError()]
    async with rig.running():
        await rig.promise("a", key="one")
        await rig.promise("b", key="two")
        await rig.clock.advance(timedelta(seconds=2))
    assert rig.handler.names == ["a", "b", "a"]


async def test_draining_waits_for_what_is_due_and_not_for_retries(rig: Rig) -> None:
    rig.handler.failures["later"] = [TransientError("down")]
    rig.handler.hold = asyncio.Event()
    async with rig.running() as pump:
        await rig.promise("now", key="one")
        await rig.promise("later", key="two")
        draining = asyncio.create_task(pump.drain(timedelta(seconds=10)))
        await settle()
        assert not draining.done()
        rig.handler.hold.set()
        await rig.clock.advance(timedelta(milliseconds=100))
        assert draining.done()
        assert draining.result()


async def test_draining_ends_in_bounded_time(rig: Rig) -> None:
    rig.handler.hold = asyncio.Event()
    async with rig.running() as pump:
        await rig.promise("hangs")
        draining = asyncio.create_task(pump.drain(timedelta(seconds=10)))
        await rig.clock.advance(timedelta(seconds=11))
        assert draining.done()
        assert not draining.result()


def test_the_first_try_without_an_answer_is_remembered() -> None:
    """How old a doubt is decides whether a platform's own idempotency still covers a repeat."""
    now = ManualClock().now()
    say = Say(address=ROOM, text=from_plain("a"), about="a")
    row = promise("test", "a", effect=say, key="one", now=now)
    for minutes in (1, 5, 9):
        row = next_step(row, OutcomeUnknownError("no answer"), now + timedelta(minutes=minutes), 0.0)
    assert row.tried_at == now + timedelta(minutes=1)
    assert row.outcome_unknown


def test_every_error_has_its_next_step() -> None:
    """A new kind of delivery error must be given a place in ``next_step``."""
    assert set(DeliveryError.__subclasses__()) == {TransientError, PermanentError, OutcomeUnknownError}


async def test_being_asked_to_come_back_at_once_for_ever_makes_no_tight_loop(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("busy", retry_after=timedelta())] * 1000
    async with rig.running():
        await rig.promise("a")
        await rig.clock.advance(timedelta(minutes=1))
    assert 5 < len(rig.handler.tried) < 30


class SlowlyRead(FakeStore):
    """A store on a server: what was read is there a while later."""

    gate: asyncio.Event | None = None

    @override
    async def read(self, work: Callable[[Records], Awaitable[T]]) -> T:
        found, gate = await super().read(work), self.gate
        if gate is not None:
            await gate.wait()
        return found


async def test_what_happens_while_the_pump_looks_for_changes_is_neither_lost_nor_repeated(rig: Rig) -> None:
    rig.store = store = SlowlyRead(clock=rig.clock)
    rig.handler.failures["old"] = [TransientError("down")]
    rig.handler.failures["new"] = [TransientError("down")]
    async with rig.running() as pump:
        await rig.promise("old", key="one")
        store.gate = gate = asyncio.Event()
        looking = asyncio.create_task(pump.reload())
        await settle()
        store.gate = None
        await rig.clock.advance(timedelta(seconds=2))
        await rig.promise("new", key="two")
        assert rig.handler.names == ["old", "old", "new"]
        gate.set()
        await settle()
        assert looking.done()
        await rig.clock.advance(timedelta(minutes=2))
    assert rig.handler.names == ["old", "old", "new", "new"]


async def test_a_delivery_that_was_scheduled_twice_waits_for_its_retry_all_the_same(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("busy", retry_after=timedelta(minutes=5))]
    rig.handler.hold = asyncio.Event()
    async with rig.running({System.DISCORD: 1}) as pump:
        await rig.promise("b", key="other")
        await rig.promise("a")
        await pump.reload()
        await settle()
        rig.handler.hold.set()
        await rig.clock.advance(timedelta(minutes=1))
    assert rig.handler.names == ["b", "a"]


async def test_a_delivery_that_fails_alone_for_long_is_parked_and_its_followers_go_on(rig: Rig) -> None:
    rig.handler.failures["poison"] = [OutcomeUnknownError("answered 500")] * 1000
    async with rig.running():
        await rig.promise("poison", "follower", key="one")
        for minute in range(20):
            await rig.promise(f"other {minute}", key=f"other {minute}")
            await rig.clock.advance(timedelta(minutes=1))
    assert rig.parked == ["poison"]
    assert rig.state("follower") is DeliveryState.DONE


async def test_an_outage_parks_nothing_however_long(rig: Rig) -> None:
    rig.handler.failures["a"] = [TransientError("down")] * 500
    rig.handler.failures["b"] = [TransientError("down")] * 500
    async with rig.running():
        await rig.promise("a", key="one")
        await rig.promise("b", key="two")
        await rig.clock.advance(timedelta(hours=5))
    assert rig.parked == []

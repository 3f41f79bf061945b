"""The outbox against a model: whatever happens in whatever order, promises are kept once, in order, and told of once.

The real SQLite store is driven next to a plain dictionary; it is also closed and opened again, as a restart would.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from adapters.store.engine import SqlStore, open_store
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import AnnounceNumber
from bot.domain.ids import DeliveryId, LinkId
from bot.ports.store import Records
from tests.fakes.clock import ManualClock

T = TypeVar("T")
NAMES = st.sampled_from([DeliveryId(f"d{number}") for number in range(8)])
OVER = {DeliveryState.DONE, DeliveryState.DISCARDED}


class OutboxMachine(RuleBasedStateMachine):
    """What a pump, a person and a crash can do to an outbox."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.model: dict[DeliveryId, Delivery] = {}
        self.order: list[DeliveryId] = []
        self.over_since: dict[DeliveryId, object] = {}
        self.positions: dict[DeliveryId, int] = {}
        self.highest = 0
        self.heard: list[tuple[int, Delivery]] = []
        self.open()

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(act)

    def open(self) -> None:
        self.stack = AsyncExitStack()
        url = f"sqlite+aiosqlite:///{Path(self.folder.name, 's.db')}"
        self.store: SqlStore = self.run(self.stack.enter_async_context(open_store(url, clock=self.clock)))
        self.store.on_promised(self.hear)

    def hear(self, promised: Sequence[tuple[int, Delivery]]) -> None:
        self.heard.extend(promised)

    def write(self, work: Callable[[Records], Awaitable[T]]) -> T:
        return self.run(self.store.write(work))

    def read(self, work: Callable[[Records], Awaitable[T]]) -> T:
        return self.run(self.store.read(work))

    @rule(names=st.lists(NAMES, min_size=1, max_size=4), holds=st.booleans(), wait=st.integers(0, 90))
    def promise(self, names: list[DeliveryId], holds: bool, wait: int) -> None:
        now = self.clock.now()
        promised = [
            Delivery(
                delivery_id=name,
                ordering_key="k",
                system=System.FREESCOUT,
                effect=AnnounceNumber(link_id=LinkId(name)),
                created_at=now,
                next_attempt_at=now + timedelta(seconds=wait),
                holds=holds,
            )
            for name in names
        ]
        new = [one for one in dict.fromkeys(names) if one not in self.model]
        for one in promised:
            if one.delivery_id not in self.model:
                self.model[one.delivery_id] = one
                self.order.append(one.delivery_id)
        self.heard.clear()
        self.write(lambda records: records.outbox.add(*promised))
        assert [one.delivery_id for _, one in self.heard] == new
        for position, one in self.heard:
            assert position > self.highest
            self.highest = position
            self.positions[one.delivery_id] = position

    @precondition(lambda self: self.model)
    @rule(data=st.data(), state=st.sampled_from(DeliveryState), unknown=st.booleans())
    def save(self, data: st.DataObject, state: DeliveryState, unknown: bool) -> None:
        changed = self.change(data, state, unknown)
        self.heard.clear()
        self.write(lambda records: records.outbox.save(changed))
        expected = [(self.positions[changed.delivery_id], changed)] if state is DeliveryState.PENDING else []
        assert self.heard == expected
        self.model[changed.delivery_id] = changed

    @precondition(lambda self: self.model)
    @rule(data=st.data(), state=st.sampled_from(DeliveryState))
    def fail_halfway(self, data: st.DataObject, state: DeliveryState) -> None:
        changed = self.change(data, state, unknown=True)
        new = replace(changed, delivery_id=DeliveryId("never"))

        async def work(records: Records) -> None:
            await records.outbox.save(changed)
            await records.outbox.add(new)
            raise LookupError

        self.heard.clear()
        with suppress(LookupError):
            self.write(work)
        assert self.heard == []

    def change(self, data: st.DataObject, state: DeliveryState, unknown: bool) -> Delivery:
        name = data.draw(st.sampled_from(sorted(self.model)))
        old = self.model[name]
        return replace(
            old,
            state=state,
            attempts=old.attempts + 1,
            outcome_unknown=unknown,
            tried_at=self.clock.now(),
            next_attempt_at=self.clock.now() + timedelta(seconds=30),
            reason="try again",
        )

    @rule(seconds=st.integers(1, 100))
    def let_time_pass(self, seconds: int) -> None:
        self.run(self.clock.advance(timedelta(seconds=seconds)))

    @rule()
    def restart(self) -> None:
        self.run(self.stack.aclose())
        self.open()
        at = self.clock.now()
        pending = [one for one in self.model.values() if one.state is DeliveryState.PENDING]
        assert self.write(lambda records: records.outbox.suspect_all_pending(at)) == len(pending)
        for one in pending:
            self.model[one.delivery_id] = replace(one, outcome_unknown=True, tried_at=one.tried_at or at)

    @rule()
    def purge(self) -> None:
        self.run(self.clock.advance(timedelta(seconds=1)))
        over = [name for name, one in self.model.items() if one.state in OVER]
        before = self.clock.now()
        assert self.write(lambda records: records.outbox.purge(before)) == len(over)
        for name in over:
            del self.model[name], self.positions[name]
            self.order.remove(name)

    @invariant()
    def what_waits_is_what_the_model_says_in_the_order_of_promise(self) -> None:
        expected = [
            (self.positions[name], one)
            for name in self.order
            if (one := self.model[name]).state is DeliveryState.PENDING
            or (one.state is DeliveryState.PARKED and one.holds)
        ]
        assert self.read(lambda records: records.outbox.waiting(0, 100)) == expected

    @invariant()
    def every_delivery_is_what_the_model_says(self) -> None:
        async def work(records: Records) -> list[Delivery | None]:
            return [await records.outbox.get(name) for name in [*self.order, DeliveryId("never")]]

        assert self.read(work) == [*(self.model[name] for name in self.order), None]

    @invariant()
    def parked_ones_and_counts_agree_with_the_model(self) -> None:
        rows = [self.model[name] for name in self.order]
        parked = [one for one in rows if one.state is DeliveryState.PARKED]
        assert self.read(lambda records: records.outbox.parked()) == parked
        counts = self.read(lambda records: records.outbox.counts())
        for state in set(DeliveryState) - {DeliveryState.DONE}:
            assert counts[state] == sum(one.state is state for one in rows)

    @invariant()
    def the_oldest_pending_one_has_been_due(self) -> None:
        now = self.clock.now()
        due = [
            one
            for name in self.order
            if (one := self.model[name]).state is DeliveryState.PENDING and (one.attempts or one.next_attempt_at <= now)
        ]
        assert self.read(lambda records: records.outbox.oldest_pending()) == (due[0] if due else None)

    @override
    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

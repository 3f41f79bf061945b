"""The pump: carries the outbox out, in turn per conversation, side by side across conversations, each effect once."""

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.delivery import Delivery, DeliveryState, System, next_step
from bot.domain.errors import DeliveryError, TransientError
from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock, Dice
from bot.ports.store import Records, Store
from bot.usecases.handling import Handler, Made, Parking
from bot.usecases.hopeless import Hopeless
from bot.usecases.lanes import Lane

log = structlog.get_logger(__name__)


LIMITS: Mapping[System, int] = {System.FREESCOUT: 8, System.DISCORD: 8, System.MATRIX: 6, System.BOT: 2}
"""How many deliveries are under way at once; six parallel sends are as many as one Synapse gains from
(facts/matrix.md 4).
"""

OUTAGE_AFTER = 3
"""After so many failures of one system in a row its next success sets all waiting retries free at once."""

PAGE = 500


class Pump:
    """Knows every delivery that waits from the moment it is promised; after a restart the store tells."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        dice: Dice,
        handlers: Mapping[str, Handler],
        on_parked: Parking,
        on_progress: Callable[[], None] = lambda: None,
        limits: Mapping[System, int] = LIMITS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice
        self._handlers = handlers
        self._on_parked = on_parked
        self._on_progress = on_progress
        self._free = dict(limits)
        self._lanes: defaultdict[str, Lane] = defaultdict(Lane)
        self._timers: list[tuple[datetime, int, str]] = []
        self._ready: defaultdict[System, list[tuple[int, str]]] = defaultdict(list)
        self._failures: defaultdict[System, int] = defaultdict(int)
        self._wake = asyncio.Event()
        self._running: set[DeliveryId] = set()
        self._moved: set[int] | None = None
        self._hopeless = Hopeless()

    async def load(self) -> int:
        """Take over what an earlier process left, each suspected of having been under way; returns how many wait."""
        at = self._clock.now()
        await self._store.write(lambda records: records.outbox.suspect_all_pending(at))
        self._store.on_promised(self.offer)
        return await self.reload()

    async def reload(self) -> int:
        """Look in the store for what others changed (a retry or discard from the command line)."""
        seen: dict[int, Delivery] = {}
        after = -1
        self._moved = moved = set[int]()  # what happens while it reads is newer than what it reads
        while rows := await self._store.read(lambda records, start=after: records.outbox.waiting(start, PAGE)):  # type: ignore[misc]
            seen.update(rows)
            after = rows[-1][0]
        self._moved = None
        for lane in list(self._lanes.values()):
            for position, known in list(lane.rows):
                if position not in seen and position not in moved and known.delivery_id not in self._running:
                    lane.drop(position)
        self.offer([(position, delivery) for position, delivery in seen.items() if position not in moved])
        return len(seen)

    def offer(self, rows: Sequence[tuple[int, Delivery]]) -> None:
        """Learn of deliveries that were promised or released; called after the commit."""
        for position, delivery in rows:
            self._note_moved(position)
            lane = self._lanes[delivery.ordering_key]
            if delivery.state is DeliveryState.PENDING or (delivery.state is DeliveryState.PARKED and delivery.holds):
                lane.put(position, delivery)
            else:
                lane.drop(position)
            self._schedule(delivery.ordering_key)
        self._wake.set()

    async def run(self) -> None:
        """Carry out what is due, until cancelled; what is under way then is looked up at the next start."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                self._on_progress()
                self._collect_due()
                self._start(group)
                await self._wait()

    async def drain(self, limit: timedelta) -> bool:
        """Wait until nothing is due or under way, at most ``limit``; True when so. Waiting retries do not count."""
        end = self._clock.now() + limit
        while self._running or any(self._ready.values()) or self._due_timer():
            if self._clock.now() >= end:
                return False
            await self._clock.sleep_until(min(end, self._clock.now() + timedelta(milliseconds=20)))
        return True

    def _note_moved(self, position: int) -> None:
        if self._moved is not None:
            self._moved.add(position)

    def _schedule(self, key: str) -> None:
        lane = self._lanes[key]
        if lane.running:
            return
        if not lane.rows:
            del self._lanes[key]
            return
        position, head = lane.rows[0]
        if head.state is DeliveryState.PENDING:
            heapq.heappush(self._timers, (head.next_attempt_at, position, key))

    def _due_timer(self) -> bool:
        return bool(self._timers) and self._timers[0][0] <= self._clock.now()

    def _collect_due(self) -> None:
        while self._due_timer():
            at, position, key = heapq.heappop(self._timers)
            lane = self._lanes.get(key)
            if lane is None or lane.running or not lane.rows:
                continue
            current, head = lane.rows[0]
            if current == position and head.next_attempt_at == at and head.state is DeliveryState.PENDING:
                heapq.heappush(self._ready[head.system], (position, key))

    def _start(self, group: asyncio.TaskGroup) -> None:
        for system, ready in self._ready.items():
            while ready and self._free[system] > 0:
                position, key = heapq.heappop(ready)
                lane = self._lanes.get(key)
                if lane is None or lane.running or not lane.rows or lane.rows[0][0] != position:
                    continue  # scheduled twice, or changed meanwhile
                if lane.rows[0][1].next_attempt_at > self._clock.now():
                    continue  # scheduled twice, and the first try has failed meanwhile
                lane.running = True
                self._free[system] -= 1
                delivery = lane.rows[0][1]
                self._running.add(delivery.delivery_id)
                group.create_task(self._carry_out(key, position, delivery))

    async def _wait(self) -> None:
        latest = self._clock.now() + timedelta(seconds=5)
        until = min(self._timers[0][0], latest) if self._timers else latest
        waking = asyncio.ensure_future(self._wake.wait())
        timer = asyncio.ensure_future(self._clock.sleep_until(until))
        try:
            await asyncio.wait({waking, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            timer.cancel()

    async def _carry_out(self, key: str, position: int, delivery: Delivery) -> None:
        after = delivery
        try:
            after = await self._attempt(delivery)
        finally:
            self._running.discard(delivery.delivery_id)
            lane = self._lanes[key]
            lane.running = False
            self._note_moved(position)
            lane.drop(position)
            if after.state is DeliveryState.PENDING or (after.state is DeliveryState.PARKED and after.holds):
                lane.put(position, after)
            self._schedule(key)
            self._wake.set()

    async def _attempt(self, delivery: Delivery) -> Delivery:
        try:
            made = await self._handle(delivery)
        except DeliveryError as error:
            return await self._record_failure(delivery, error)
        except Exception as error:
            # A fault of our own in one row must not stop the others; it is loud in the log and tried again.
            log.exception("delivery failed unexpectedly", delivery=delivery.delivery_id, what=delivery.effect.kind)
            return await self._record_failure(delivery, TransientError(f"internal error: {type(error).__name__}"))
        done = replace(delivery, state=DeliveryState.DONE, attempts=delivery.attempts + 1, reason="")

        async def work(records: Records) -> None:
            await records.outbox.save(done)
            await made.records(records)

        await self._store.write(work)
        await made.afterwards()
        self._hopeless.succeeded(delivery)
        self._succeeded(delivery.system)
        return done

    async def _handle(self, delivery: Delivery) -> Made:
        """Carry it out; the next delivery to this system may begin while the outcome is still being recorded."""
        try:
            return await self._handlers[delivery.effect.kind](delivery)
        finally:
            self._free[delivery.system] += 1
            self._wake.set()

    async def _record_failure(self, delivery: Delivery, error: DeliveryError) -> Delivery:
        now = self._clock.now()
        asked_to_wait = isinstance(error, TransientError) and error.retry_after is not None
        after = next_step(delivery, error, now, self._dice.roll())
        if after.state is DeliveryState.PENDING and not asked_to_wait and self._hopeless.failed(delivery, now):
            reason = f"{error} (tried {after.attempts} times, while others went through)"
            after = replace(after, state=DeliveryState.PARKED, reason=reason)
        parked = after.state is DeliveryState.PARKED

        async def work(records: Records) -> None:
            await records.outbox.save(after)
            if parked:
                await self._on_parked(records, after)

        await self._store.write(work)
        if parked:
            self._hopeless.forget(after)
        elif not asked_to_wait:
            self._failures[delivery.system] += 1
        log.warning(
            "delivery parked" if parked else "delivery will be retried",
            delivery=delivery.delivery_id,
            what=delivery.effect.kind,
            system=delivery.system,
            attempt=after.attempts,
            reason=after.reason,
        )
        return after

    def _succeeded(self, system: System) -> None:
        outage = self._failures.pop(system, 0) >= OUTAGE_AFTER
        if not outage:
            return
        now = self._clock.now()
        for key, lane in self._lanes.items():
            if lane.running or not lane.rows:
                continue
            position, head = lane.rows[0]
            waits_for_retry = head.attempts > 0 and head.state is DeliveryState.PENDING
            if head.system is system and waits_for_retry and head.next_attempt_at > now:
                released = replace(head, next_attempt_at=now)
                lane.put(position, released)
                heapq.heappush(self._timers, (now, position, key))

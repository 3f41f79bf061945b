"""Promised effects in memory, as one unit of work sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.effects import Effect, FetchResult, FileLateFiles, FileMessage, OpenConversation
from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock
from bot.ports.store import Outbox
from tests.fakes.table import Table

if TYPE_CHECKING:
    from tests.fakes.records import Contents

_OVER = (DeliveryState.DONE, DeliveryState.DISCARDED)

PURGED_AT_ONCE = 500
"""As in the real store: whoever purges must ask again until nothing is left."""


class FakeOutbox(Table, Outbox):
    """Deliveries by id, with their positions."""

    def __init__(self, rows: "Contents", clock: Clock, promised: set[DeliveryId] | None) -> None:
        super().__init__(rows, writable=promised is not None)
        self._clock = clock
        self._promised = promised if promised is not None else set()

    @override
    async def add(self, *deliveries: Delivery) -> None:
        rows = self._rows
        for delivery in deliveries:
            if delivery.delivery_id not in rows.positions:
                rows.last_position += 1
                rows.positions[delivery.delivery_id] = rows.last_position
                self._put(delivery)

    @override
    async def save(self, delivery: Delivery) -> None:
        old = self._rows.deliveries.get(delivery.delivery_id)
        if old is None:
            raise StoreError(f"there is no delivery {delivery.delivery_id} to save")
        self._put(
            replace(
                delivery,
                effect=old.effect,
                ordering_key=old.ordering_key,
                system=old.system,
                created_at=old.created_at,
            )
        )

    def _put(self, delivery: Delivery) -> None:
        self._rows.deliveries[delivery.delivery_id] = delivery
        self._rows.changed_at[delivery.delivery_id] = self._clock.now()
        self._promised.add(delivery.delivery_id)

    @override
    async def get(self, delivery_id: DeliveryId) -> Delivery | None:
        return self._all.deliveries.get(delivery_id)

    def _in_order(self) -> list[tuple[int, Delivery]]:
        rows = self._all
        return sorted(((rows.positions[one], row) for one, row in rows.deliveries.items()), key=lambda row: row[0])

    @override
    async def waiting(self, after: int, limit: int) -> Sequence[tuple[int, Delivery]]:
        return [
            (position, row)
            for position, row in self._in_order()
            if position > after
            and (row.state is DeliveryState.PENDING or (row.state is DeliveryState.PARKED and row.holds))
        ][:limit]

    @override
    async def is_busy(self, ordering_key: str) -> bool:
        return any(
            one.ordering_key == ordering_key and one.state is DeliveryState.PENDING
            for one in self._all.deliveries.values()
        )

    @override
    async def parked(self) -> Sequence[Delivery]:
        return [row for _, row in self._in_order() if row.state is DeliveryState.PARKED]

    @override
    async def suspect_all_pending(self, at: datetime) -> int:
        pending = [row for row in self._all.deliveries.values() if row.state is DeliveryState.PENDING]
        for row in pending:
            self._rows.deliveries[row.delivery_id] = replace(row, outcome_unknown=True, tried_at=row.tried_at or at)
        return len(pending)

    @override
    async def counts(self) -> Mapping[DeliveryState, int]:
        states = [row.state for row in self._all.deliveries.values()]
        return {state: states.count(state) for state in DeliveryState if state is not DeliveryState.DONE}

    @override
    async def oldest_pending(self) -> Delivery | None:
        now = self._clock.now()
        return next(
            (
                row
                for _, row in self._in_order()
                if row.state is DeliveryState.PENDING and (row.attempts > 0 or row.next_attempt_at <= now)
            ),
            None,
        )

    @override
    async def fetched(self, fetch_id: DeliveryId) -> FetchResult | None:
        return self._all.fetch_results.get(fetch_id)

    @override
    async def record_fetched(self, fetch_id: DeliveryId, result: FetchResult) -> None:
        self._rows.fetch_results[fetch_id] = result

    @override
    async def purge(self, before: datetime) -> int:
        rows = self._rows
        needed = {_fetch_needed_by(row.effect) for row in rows.deliveries.values() if row.state not in _OVER}
        old = [
            one
            for one, row in rows.deliveries.items()
            if row.state in _OVER and rows.changed_at[one] < before and one not in needed
        ][:PURGED_AT_ONCE]
        for one in old:
            del rows.deliveries[one], rows.positions[one], rows.changed_at[one]
            rows.fetch_results.pop(one, None)
            self._promised.discard(one)
        return len(old)


def _fetch_needed_by(effect: Effect) -> DeliveryId | None:
    match effect:
        case OpenConversation() | FileMessage() | FileLateFiles():
            return effect.fetch_id
        case _:
            return None

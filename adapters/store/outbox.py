"""The promised effects, in the order in which they were promised."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.codec import EFFECTS, FETCH_RESULTS
from adapters.store.columns import Instant
from adapters.store.session import Session, first
from adapters.store.tables import OPEN, OVER, Row, fetch_results, outbox
from adapters.store.upserts import Upsert, replacing
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import Effect, FetchResult, FileLateFiles, FileMessage, OpenConversation
from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock
from bot.ports.store import Outbox

PURGED_AT_ONCE = 500
"""Rows that one ``purge`` forgets at most, so that it holds up the messages behind it for a few milliseconds only."""

_CHANGING = (
    "state", "attempts", "outcome_unknown", "tried_at", "next_attempt_at", "changed_at", "holds", "late", "reason",
)  # fmt: skip

_ADD = Upsert(
    lambda insert: insert(outbox).on_conflict_do_nothing(index_elements=["delivery_id"]).returning(outbox.c.seq)
)
_SAVE = (
    outbox.update()
    .where(outbox.c.delivery_id == sa.bindparam("which"))
    .values({name: sa.bindparam(name) for name in _CHANGING})
    .returning(outbox.c.seq)
)
_GET = sa.select(outbox).where(outbox.c.delivery_id == sa.bindparam("delivery_id"))
_IS_PENDING = outbox.c.state == DeliveryState.PENDING.value
_IS_PARKED = outbox.c.state == DeliveryState.PARKED.value
_WAITING = (
    sa.select(outbox)
    .where(OPEN, outbox.c.seq > sa.bindparam("after"), _IS_PENDING | outbox.c.holds)
    .order_by(outbox.c.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_BUSY = sa.select(outbox.c.seq).where(OPEN, _IS_PENDING, outbox.c.ordering_key == sa.bindparam("key")).limit(1)
_PARKED = sa.select(outbox).where(OPEN, _IS_PARKED).order_by(outbox.c.seq)
_SUSPECT = (
    outbox.update()
    .where(OPEN, _IS_PENDING)
    .values(outcome_unknown=True, tried_at=sa.func.coalesce(outbox.c.tried_at, sa.bindparam("since", type_=Instant)))
)
_COUNTS = (
    sa.select(outbox.c.state, sa.func.count().label("many"))
    .where(OPEN)
    .group_by(outbox.c.state)
    .union_all(
        sa.select(outbox.c.state, sa.func.count().label("many"))
        .where(OVER, outbox.c.state == DeliveryState.DISCARDED.value)
        .group_by(outbox.c.state)
    )
)
_HAS_BEEN_DUE = (outbox.c.attempts > 0) | (outbox.c.next_attempt_at <= sa.bindparam("now", type_=Instant))
_OLDEST = sa.select(outbox).where(OPEN, _IS_PENDING, _HAS_BEEN_DUE).order_by(outbox.c.seq).limit(1)
_FETCHED = sa.select(fetch_results.c.result).where(fetch_results.c.fetch_id == sa.bindparam("fetch_id"))


_RECORD_FETCHED = replacing(fetch_results, "result")
_still_needed = sa.select(outbox.c.fetch_id).where(OPEN, outbox.c.fetch_id.is_not(None)).alias("needed")
_OLD = (
    sa.select(outbox.c.seq, outbox.c.delivery_id)
    .where(
        OVER,
        outbox.c.changed_at < sa.bindparam("before", type_=Instant),
        outbox.c.delivery_id.not_in(sa.select(_still_needed.c.fetch_id)),
    )
    .limit(PURGED_AT_ONCE)
)
_FORGET = outbox.delete().where(outbox.c.seq.in_(sa.bindparam("old", expanding=True)))
_FORGET_FETCHED = fetch_results.delete().where(fetch_results.c.fetch_id.in_(sa.bindparam("old", expanding=True)))


class SqlOutbox(Outbox):
    """The outbox table within one unit of work.

    ``promised`` gathers, by id, what listeners are told of once it is durable: deliveries added, and those saved as
    pending, each with its position.
    """

    def __init__(self, session: Session, clock: Clock, promised: dict[DeliveryId, tuple[int, Delivery]]) -> None:
        self._session = session
        self._clock = clock
        self._promised = promised

    @override
    async def add(self, *deliveries: Delivery) -> None:
        statement = _ADD.on(self._session.dialect)
        for delivery in deliveries:
            row = {
                "delivery_id": delivery.delivery_id,
                "ordering_key": delivery.ordering_key,
                "system": delivery.system.value,
                "created_at": delivery.created_at,
                "fetch_id": _fetch_needed_by(delivery.effect),
                "effect": EFFECTS.encode(delivery.effect),
                **self._changing(delivery),
            }
            for new in await self._session.rows(statement, row):
                self._note(new.seq, delivery)

    @override
    async def save(self, delivery: Delivery) -> None:
        row = await first(self._session, _SAVE, {"which": delivery.delivery_id, **self._changing(delivery)})
        if row is None:
            raise StoreError(f"there is no delivery {delivery.delivery_id} to save")
        self._note(row.seq, delivery)

    def _changing(self, delivery: Delivery) -> Mapping[str, Any]:
        return {
            "state": delivery.state.value,
            "attempts": delivery.attempts,
            "outcome_unknown": delivery.outcome_unknown,
            "tried_at": delivery.tried_at,
            "next_attempt_at": delivery.next_attempt_at,
            "changed_at": self._clock.now(),
            "holds": delivery.holds,
            "late": delivery.late,
            "reason": delivery.reason,
        }

    def _note(self, position: int, delivery: Delivery) -> None:
        if delivery.state is DeliveryState.PENDING:
            self._promised[delivery.delivery_id] = position, delivery
        else:
            self._promised.pop(delivery.delivery_id, None)

    @override
    async def get(self, delivery_id: DeliveryId) -> Delivery | None:
        row = await first(self._session, _GET, {"delivery_id": delivery_id})
        return None if row is None else _delivery(row)

    @override
    async def waiting(self, after: int, limit: int) -> Sequence[tuple[int, Delivery]]:
        rows = await self._session.rows(_WAITING, {"after": after, "most": limit})
        return [(row.seq, _delivery(row)) for row in rows]

    @override
    async def is_busy(self, ordering_key: str) -> bool:
        return bool(await self._session.rows(_BUSY, {"key": ordering_key}))

    @override
    async def parked(self) -> Sequence[Delivery]:
        return [_delivery(row) for row in await self._session.rows(_PARKED)]

    @override
    async def suspect_all_pending(self, at: datetime) -> int:
        return await self._session.change(_SUSPECT, {"since": at})

    @override
    async def counts(self) -> Mapping[DeliveryState, int]:
        found = {row.state: row.many for row in await self._session.rows(_COUNTS)}
        return {state: found.get(state.value, 0) for state in DeliveryState if state is not DeliveryState.DONE}

    @override
    async def oldest_pending(self) -> Delivery | None:
        row = await first(self._session, _OLDEST, {"now": self._clock.now()})
        return None if row is None else _delivery(row)

    @override
    async def fetched(self, fetch_id: DeliveryId) -> FetchResult | None:
        row = await first(self._session, _FETCHED, {"fetch_id": fetch_id})
        return None if row is None else FETCH_RESULTS.decode(row.result, f"fetch result {fetch_id}")

    @override
    async def record_fetched(self, fetch_id: DeliveryId, result: FetchResult) -> None:
        row = {"fetch_id": fetch_id, "result": FETCH_RESULTS.encode(result)}
        await self._session.change(_RECORD_FETCHED.on(self._session.dialect), row)

    @override
    async def purge(self, before: datetime) -> int:
        """At most ``PURGED_AT_ONCE`` per call. A fetch stays while a delivery that is not over needs its files."""
        old = await self._session.rows(_OLD, {"before": before})
        if old:
            await self._session.change(_FORGET_FETCHED, {"old": [row.delivery_id for row in old]})
            await self._session.change(_FORGET, {"old": [row.seq for row in old]})
        return len(old)


def _fetch_needed_by(effect: Effect) -> DeliveryId | None:
    match effect:
        case OpenConversation() | FileMessage() | FileLateFiles():
            return effect.fetch_id
        case _:
            return None


def _delivery(row: Row) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(row.delivery_id),
        ordering_key=row.ordering_key,
        system=System(row.system),
        effect=EFFECTS.decode(row.effect, f"delivery {row.delivery_id}"),
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        outcome_unknown=row.outcome_unknown,
        tried_at=row.tried_at,
        reason=row.reason,
        holds=row.holds,
        late=row.late,
    )

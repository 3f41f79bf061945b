"""What every store promises about promised effects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import AnnounceNumber, FetchedFile, FetchFiles, FetchResult, FileMessage
from bot.domain.errors import StoreError
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import DeliveryId, LinkId
from bot.ports.store import Records, Store
from tests.contract.samples import AT, LATER, message
from tests.contract.store_acts import ROOM, HealthyStore, add, delivery, listen, save, waiting
from tests.fakes.clock import ManualClock


class OutboxContract:
    """Promised effects in their order."""

    async def test_a_delivery_comes_back_as_it_was_promised(self, store: HealthyStore) -> None:
        full = Delivery(
            delivery_id=DeliveryId("a"),
            ordering_key="link:ü",
            system=System.FREESCOUT,
            effect=FileMessage(link_id=LinkId("l"), message=message("m"), thread_kind=ThreadKind.CUSTOMER),
            created_at=datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=timezone(timedelta(hours=2))),
            next_attempt_at=LATER,
            attempts=3,
            outcome_unknown=True,
            tried_at=AT,
            reason="503 · later",
            holds=True,
            late=True,
        )
        await add(store, full)
        kept = await store.read(lambda records: records.outbox.get(full.delivery_id))
        assert kept == full
        assert kept is not None
        assert kept.created_at.utcoffset() is not None

    async def test_a_promise_made_twice_stays_as_it_was(self, store: HealthyStore) -> None:
        await add(store, delivery("a"))
        await save(store, replace(delivery("a"), state=DeliveryState.DONE))
        await add(store, delivery("a"))
        kept = await store.read(lambda records: records.outbox.get(DeliveryId("a")))
        assert kept == replace(delivery("a"), state=DeliveryState.DONE)

    async def test_waiting_ones_come_in_order_of_promise_and_parked_ones_only_if_they_hold(
        self, store: HealthyStore
    ) -> None:
        await add(store, *(delivery(name) for name in ("e", "d", "c", "b", "a")))
        await save(store, replace(delivery("e"), state=DeliveryState.DONE, holds=True))
        await save(store, replace(delivery("d"), state=DeliveryState.PARKED, holds=True))
        await save(store, replace(delivery("c"), state=DeliveryState.PARKED))
        await save(store, replace(delivery("b"), state=DeliveryState.DISCARDED, holds=True))
        assert await waiting(store) == ["d", "a"]

    async def test_waiting_ones_can_be_read_page_by_page(self, store: HealthyStore) -> None:
        await add(store, *(delivery(f"{number:02}") for number in range(7)))
        names, position = list[str](), 0
        while page := await page_of_three(store, position):
            assert len(page) <= 3
            names += [row.delivery_id for _, row in page]
            position = page[-1][0]
        assert names == [f"{number:02}" for number in range(7)]

    async def test_saving_changes_state_attempts_times_reason_and_flags(self, store: HealthyStore) -> None:
        await add(store, delivery("a"))
        changed = replace(
            delivery("a"),
            state=DeliveryState.PARKED,
            attempts=4,
            outcome_unknown=True,
            tried_at=AT,
            next_attempt_at=LATER,
            reason="gone",
            holds=True,
            late=True,
        )
        await save(store, changed)
        assert await store.read(lambda records: records.outbox.get(DeliveryId("a"))) == changed
        assert await store.read(lambda records: records.outbox.parked()) == [changed]

    async def test_a_delivery_that_is_not_there_cannot_be_saved(self, store: HealthyStore) -> None:
        with pytest.raises(StoreError):
            await save(store, delivery("a"))

    async def test_a_key_is_busy_while_anything_with_it_is_pending(self, store: HealthyStore) -> None:
        await add(store, delivery("a", key="one"), delivery("b", key="one"), delivery("c", key="two"))
        assert [await is_busy(store, key) for key in ("one", "two", "three", "on")] == [True, True, False, False]
        await save(store, replace(delivery("a"), state=DeliveryState.DONE))
        assert await is_busy(store, "one")
        await save(store, replace(delivery("b"), state=DeliveryState.PARKED, holds=True))
        await save(store, replace(delivery("c"), state=DeliveryState.DISCARDED))
        assert [await is_busy(store, key) for key in ("one", "two")] == [False, False]

    async def test_parked_ones_come_oldest_first(self, store: HealthyStore) -> None:
        await add(store, delivery("b"), delivery("a"))
        for name in ("a", "b"):
            await save(store, replace(delivery(name), state=DeliveryState.PARKED))
        parked = await store.read(lambda records: records.outbox.parked())
        assert [row.delivery_id for row in parked] == ["b", "a"]

    async def test_at_start_every_pending_delivery_is_suspected_to_have_been_done(self, store: HealthyStore) -> None:
        await add(store, delivery("a"), replace(delivery("b"), tried_at=AT), delivery("c"), delivery("d"))
        await save(store, replace(delivery("c"), state=DeliveryState.PARKED))
        await save(store, replace(delivery("d"), state=DeliveryState.DONE))
        assert await store.write(lambda records: records.outbox.suspect_all_pending(LATER)) == 2

        async def work(records: Records) -> list[tuple[bool, datetime | None]]:
            rows = [await records.outbox.get(DeliveryId(name)) for name in "abcd"]
            return [(row.outcome_unknown, row.tried_at) for row in rows if row is not None]

        assert await store.read(work) == [(True, LATER), (True, AT), (False, None), (False, None)]

    async def test_deliveries_are_counted_by_state(self, store: HealthyStore) -> None:
        await add(store, *(delivery(name) for name in "abcd"))
        await save(store, replace(delivery("a"), state=DeliveryState.PARKED))
        await save(store, replace(delivery("b"), state=DeliveryState.DISCARDED))
        await save(store, replace(delivery("c"), state=DeliveryState.DONE))
        counts = dict(await store.read(lambda records: records.outbox.counts()))
        counts.pop(DeliveryState.DONE, None)
        assert counts == {DeliveryState.PENDING: 1, DeliveryState.PARKED: 1, DeliveryState.DISCARDED: 1}

    async def test_an_empty_outbox_counts_nothing(self, store: HealthyStore) -> None:
        counts = await store.read(lambda records: records.outbox.counts())
        assert counts[DeliveryState.PENDING] == counts[DeliveryState.PARKED] == 0

    async def test_the_oldest_pending_one_is_the_first_promised_that_has_been_due(
        self, store: HealthyStore, clock: ManualClock
    ) -> None:
        now = clock.now()
        assert await oldest(store) is None
        await add(
            store, delivery("done", at=now), delivery("not yet", at=now + timedelta(minutes=2)), delivery("due", at=now)
        )
        await save(store, replace(delivery("done"), state=DeliveryState.DONE))
        assert await oldest(store) == "due"
        await clock.advance(timedelta(minutes=2))
        assert await oldest(store) == "not yet"

    async def test_a_delivery_that_waits_for_its_next_try_is_overdue(
        self, store: HealthyStore, clock: ManualClock
    ) -> None:
        await add(store, delivery("a"), delivery("b", at=clock.now()))
        await save(store, replace(delivery("a"), attempts=1, next_attempt_at=clock.now() + timedelta(seconds=50)))
        assert await oldest(store) == "a"

    async def test_what_became_of_a_fetch_is_kept(self, store: HealthyStore) -> None:
        name = DeliveryId("f")
        first = FetchResult(files=(FetchedFile(index=0, name="a.png", mime_type="image/png", size_bytes=None),))
        second = FetchResult(
            files=(FetchedFile(index=1, name="ä", mime_type="x/y", size_bytes=2**33, problem="too large"),)
        )
        assert await store.read(lambda records: records.outbox.fetched(name)) is None
        for result in (first, second):
            await record_fetched(store, name, result)
            assert await store.read(lambda records: records.outbox.fetched(name)) == result


async def page_of_three(store: Store, after: int) -> Sequence[tuple[int, Delivery]]:
    return await store.read(lambda records: records.outbox.waiting(after, 3))


async def is_busy(store: Store, key: str) -> bool:
    return await store.read(lambda records: records.outbox.is_busy(key))


async def record_fetched(store: Store, name: DeliveryId, result: FetchResult) -> None:
    await store.write(lambda records: records.outbox.record_fetched(name, result))


async def oldest(store: Store) -> str | None:
    found = await store.read(lambda records: records.outbox.oldest_pending())
    return None if found is None else found.delivery_id


class PurgeContract:
    """What is over is forgotten, what is needed is not."""

    async def test_only_deliveries_that_are_over_since_long_are_forgotten(
        self, store: HealthyStore, clock: ManualClock
    ) -> None:
        await add(store, *(delivery(name) for name in ("done", "discarded", "pending", "parked", "fresh")))
        await save(store, replace(delivery("done"), state=DeliveryState.DONE))
        await save(store, replace(delivery("discarded"), state=DeliveryState.DISCARDED))
        await save(store, replace(delivery("parked"), state=DeliveryState.PARKED))
        await clock.advance(timedelta(days=30))
        await save(store, replace(delivery("fresh"), state=DeliveryState.DONE))
        before = clock.now() - timedelta(days=1)
        assert await store.write(lambda records: records.outbox.purge(before)) == 2
        assert await store.write(lambda records: records.outbox.purge(before)) == 0
        assert await names_left(store) == ["fresh", "parked", "pending"]

    async def test_a_position_is_never_given_out_twice(self, store: HealthyStore, clock: ManualClock) -> None:
        heard = listen(store)
        await add(store, delivery("a"))
        await save(store, replace(delivery("a"), state=DeliveryState.DONE))
        await clock.advance(timedelta(days=1))
        await store.write(lambda records: records.outbox.purge(clock.now()))
        await add(store, delivery("b"))
        assert heard[1][0] > heard[0][0]

    async def test_a_fetch_stays_while_a_delivery_still_needs_its_files(
        self, store: HealthyStore, clock: ManualClock
    ) -> None:
        fetch = delivery(
            "fetch", effect=FetchFiles(filing_id=DeliveryId("filing"), files=(), address=ROOM, message_id="m")
        )
        filing = delivery(
            "filing",
            effect=FileMessage(
                link_id=LinkId("l"), message=message("m"), thread_kind=ThreadKind.CUSTOMER, fetch_id=fetch.delivery_id
            ),
        )
        await add(store, fetch, filing)
        await record_fetched(store, fetch.delivery_id, FetchResult())
        await save(store, replace(fetch, state=DeliveryState.DONE))
        await clock.advance(timedelta(days=30))
        assert await store.write(lambda records: records.outbox.purge(clock.now())) == 0
        assert await store.read(lambda records: records.outbox.fetched(fetch.delivery_id)) == FetchResult()
        await save(store, replace(filing, state=DeliveryState.DONE))
        await clock.advance(timedelta(days=30))
        assert await store.write(lambda records: records.outbox.purge(clock.now())) == 2
        assert await store.read(lambda records: records.outbox.fetched(fetch.delivery_id)) is None

    async def test_purging_until_nothing_is_left_forgets_any_number(
        self, store: HealthyStore, clock: ManualClock
    ) -> None:
        over = [
            replace(delivery(f"{number:04}", effect=AnnounceNumber(link_id=LinkId("l"))), state=DeliveryState.DONE)
            for number in range(1100)
        ]
        await add(store, *over)
        await clock.advance(timedelta(days=1))
        forgotten = 0
        while some := await store.write(lambda records: records.outbox.purge(clock.now())):
            forgotten += some
        assert forgotten == 1100


async def names_left(store: Store) -> list[str]:
    async def work(records: Records) -> list[str]:
        names = ("discarded", "done", "fresh", "parked", "pending")
        return [name for name in names if await records.outbox.get(DeliveryId(name))]

    return await store.read(work)

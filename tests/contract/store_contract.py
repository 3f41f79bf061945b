"""What every store promises: one suite, run on the fake and on each real one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId
from bot.ports.store import Records
from tests.contract.followed_links_contract import FollowedLinksContract
from tests.contract.inbox_contract import InboxContract, StandingContract
from tests.contract.links_contract import LinksContract
from tests.contract.outbox_contract import OutboxContract, PurgeContract
from tests.contract.records_contract import OtherRecordsContract
from tests.contract.samples import AT
from tests.contract.sla_board_contract import SlaBoardContract
from tests.contract.sla_contract import SlaTicketsContract
from tests.contract.store_acts import HealthyStore, add, delivery, listen, recall, remember, save, waiting
from tests.contract.threads_contract import ThreadsContract, VersionsContract


class WritingContract:
    """Units of work: all or nothing, one after another, told of once durable."""

    async def test_a_write_returns_the_result_of_its_work(self, store: HealthyStore) -> None:
        async def work(records: Records) -> bool:
            return await records.inbox.admit("k", decision="opened", link_id=None, at=AT)

        assert await store.write(work) is True
        assert await store.write(work) is False

    async def test_a_work_sees_what_it_wrote_itself(self, store: HealthyStore) -> None:
        async def work(records: Records) -> Delivery | None:
            await records.outbox.add(delivery("a"))
            return await records.outbox.get(DeliveryId("a"))

        assert await store.write(work) == delivery("a")

    async def test_nothing_is_kept_of_a_work_that_fails_and_its_error_is_raised(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            await records.outbox.add(delivery("a"))
            await records.memory.remember("matrix", {"token": "t"})
            raise LookupError("halfway")

        with pytest.raises(LookupError, match="halfway"):
            await store.write(work)
        assert await waiting(store) == []
        assert await recall(store) == {}

    async def test_one_failing_work_harms_no_other_that_waits_with_it(self, store: HealthyStore) -> None:
        def work(number: int) -> Callable[[Records], Awaitable[int]]:
            async def do(records: Records) -> int:
                await records.memory.remember("matrix", {f"{number:02}": "x"})
                if number % 3 == 0:
                    raise LookupError(number)
                return number

            return do

        results = await asyncio.gather(*(store.write(work(number)) for number in range(10)), return_exceptions=True)
        assert [number for number, result in enumerate(results) if result == number] == [1, 2, 4, 5, 7, 8]
        assert all(isinstance(results[number], LookupError) for number in (0, 3, 6, 9))
        assert list(await recall(store)) == ["01", "02", "04", "05", "07", "08"]

    async def test_works_run_one_after_another(self, store: HealthyStore) -> None:
        async def work(records: Records) -> int:
            count = int((await records.memory.recall("matrix")).get("count", "0")) + 1
            await records.memory.remember("matrix", {"count": str(count)})
            return count

        results = await asyncio.gather(*(store.write(work) for _ in range(150)))
        assert sorted(results) == list(range(1, 151))

    async def test_a_cancelled_caller_disturbs_no_other(self, store: HealthyStore) -> None:
        callers = [asyncio.create_task(remember(store, f"{number:03}")) for number in range(100)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        await asyncio.wait(callers)
        await remember(store, "after")
        kept = await recall(store)
        assert {f"{number:03}" for number in range(1, 100, 2)} | {"after"} <= set(kept)

    async def test_a_read_must_not_write(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            await records.memory.remember("matrix", {"token": "t"})

        with pytest.raises(StoreError):
            await store.read(work)
        assert await recall(store) == {}

    async def test_a_read_does_not_see_what_is_not_yet_durable(self, store: HealthyStore) -> None:
        inside, seen = asyncio.Event(), asyncio.Event()

        async def slow(records: Records) -> None:
            await records.memory.remember("matrix", {"token": "t"})
            inside.set()
            await seen.wait()

        writing = asyncio.create_task(store.write(slow))
        await inside.wait()
        assert await recall(store) == {}
        seen.set()
        await writing
        assert await recall(store) == {"token": "t"}

    async def test_a_read_sees_one_moment_however_long_it_takes(self, store: HealthyStore) -> None:
        inside, changed = asyncio.Event(), asyncio.Event()
        await remember(store, "a")

        async def slow(records: Records) -> list[dict[str, str]]:
            before = dict(await records.memory.recall("matrix"))
            inside.set()
            await changed.wait()
            return [before, dict(await records.memory.recall("matrix"))]

        reading = asyncio.create_task(store.read(slow))
        await inside.wait()
        await remember(store, "b")
        changed.set()
        assert await reading == [{"a": "x"}, {"a": "x"}]

    async def test_many_reads_at_once_are_fine(self, store: HealthyStore) -> None:
        await remember(store, "a")
        assert await asyncio.gather(*(recall(store) for _ in range(20))) == [{"a": "x"}] * 20

    async def test_it_tells_whether_it_is_writable(self, store: HealthyStore) -> None:
        assert await store.writable()


class ListeningContract:
    """Listeners hear of deliveries once they are promised for good."""

    async def test_listeners_hear_of_added_deliveries_with_their_positions(self, store: HealthyStore) -> None:
        heard = listen(store)
        await add(store, delivery("a"), delivery("b"))
        assert [row for _, row in heard] == [delivery("a"), delivery("b")]
        assert heard == list(await store.read(lambda records: records.outbox.waiting(0, 10)))

    async def test_listeners_hear_nothing_of_what_was_known_already(self, store: HealthyStore) -> None:
        await add(store, delivery("a"))
        heard = listen(store)
        await add(store, delivery("a"), delivery("b"), delivery("b"))
        assert [row.delivery_id for _, row in heard] == ["b"]

    async def test_listeners_hear_nothing_of_what_was_undone(self, store: HealthyStore) -> None:
        heard = listen(store)

        async def work(records: Records) -> None:
            await records.outbox.add(delivery("a"))
            raise LookupError

        with pytest.raises(LookupError):
            await store.write(work)
        assert heard == []

    async def test_listeners_hear_of_a_delivery_that_becomes_pending_again(self, store: HealthyStore) -> None:
        await add(store, delivery("a"))
        await save(store, replace(delivery("a"), state=DeliveryState.PARKED))
        heard = listen(store)
        released = replace(delivery("a"), attempts=0, late=True)
        await save(store, released)
        assert heard == [(heard[0][0], released)]

    async def test_listeners_hear_nothing_of_a_delivery_that_is_over(self, store: HealthyStore) -> None:
        await add(store, delivery("a"))
        heard = listen(store)
        await save(store, replace(delivery("a"), state=DeliveryState.DONE))

        async def work(records: Records) -> None:
            await records.outbox.add(delivery("b"))
            await records.outbox.save(replace(delivery("b"), state=DeliveryState.DISCARDED))

        await store.write(work)
        assert heard == []

    async def test_a_batch_tells_of_its_deliveries_in_the_order_of_their_positions(self, store: HealthyStore) -> None:
        heard = listen(store)
        await asyncio.gather(*(add(store, delivery(f"{number:02}")) for number in range(20)))
        assert [position for position, _ in heard] == sorted(position for position, _ in heard)
        assert {row.delivery_id for _, row in heard} == {f"{number:02}" for number in range(20)}


class StoreContract(
    WritingContract,
    ListeningContract,
    InboxContract,
    StandingContract,
    LinksContract,
    FollowedLinksContract,
    OutboxContract,
    PurgeContract,
    ThreadsContract,
    VersionsContract,
    SlaTicketsContract,
    SlaBoardContract,
    OtherRecordsContract,
):
    """All of it."""

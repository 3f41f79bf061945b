"""What every store promises: one suite, run on the fake and on each real one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Protocol, TypeVar

import pytest

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import AnnounceNumber, Effect, FetchedFile, FetchFiles, FetchResult, FileMessage, React
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Records, Store
from tests.contract.samples import AT, LATER, message
from tests.fakes.clock import ManualClock

T = TypeVar("T")
ROOM = ChatAddress(platform=Platform.DISCORD, room="42")


class HealthyStore(Store, Protocol):
    """A store that also tells whether it can be written."""

    async def writable(self) -> bool: ...


def delivery(name: str, *, effect: Effect | None = None, at: datetime = AT, key: str = "k") -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(name),
        ordering_key=key,
        system=System.DISCORD,
        effect=effect or React(address=ROOM, message_id=name, emoji="👀"),
        created_at=at,
        next_attempt_at=at,
    )


def link(
    name: str, *, chat_thread: str | None = None, opened_at: datetime = AT, author: str = "ann"
) -> ConversationLink:
    thread = chat_thread or name
    return ConversationLink(
        link_id=LinkId(name),
        address=replace(ROOM, chat_thread=thread),
        opening_message_id=thread,
        author_id=author,
        author_name="Ann",
        opened_at=opened_at,
        subject=f"Subject of {name}",
    )


async def add(store: Store, *deliveries: Delivery) -> None:
    async def work(records: Records) -> None:
        await records.outbox.add(*deliveries)

    await store.write(work)


async def save(store: Store, changed: Delivery) -> None:
    async def work(records: Records) -> None:
        await records.outbox.save(changed)

    await store.write(work)


async def add_links(store: Store, *links: ConversationLink) -> None:
    async def work(records: Records) -> None:
        for one in links:
            await records.links.add(one)

    await store.write(work)


async def waiting(store: Store) -> list[str]:
    async def work(records: Records) -> list[str]:
        return [row.delivery_id for _, row in await records.outbox.waiting(0, 1000)]

    return await store.read(work)


async def remember(store: Store, name: str, value: str | None = "x", *, owner: str = "matrix") -> None:
    async def work(records: Records) -> None:
        await records.memory.remember(owner, {name: value})

    await store.write(work)


async def recall(store: Store, prefix: str = "", *, owner: str = "matrix") -> dict[str, str]:
    async def work(records: Records) -> dict[str, str]:
        return dict(await records.memory.recall(owner, prefix))

    return await store.read(work)


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


def listen(store: Store) -> list[tuple[int, Delivery]]:
    heard: list[tuple[int, Delivery]] = []

    def listener(promised: Sequence[tuple[int, Delivery]]) -> None:
        heard.extend(promised)

    store.on_promised(listener)
    return heard


class InboxContract:
    """Each message once, and its ticket."""

    async def test_a_message_is_admitted_once(self, store: HealthyStore) -> None:
        async def work(records: Records) -> list[bool]:
            first = await records.inbox.admit("k", decision="opened", link_id=LinkId("l"), at=AT)
            second = await records.inbox.admit("k", decision="ignored", link_id=None, at=AT)
            return [first, second]

        assert await store.write(work) == [True, False]
        assert await store.read(lambda records: records.inbox.link_of("k")) == "l"

    async def test_a_message_the_bot_sent_belongs_to_its_ticket_and_is_known(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            await records.inbox.record_sent(["s1", "s2"], link_id=LinkId("l"), at=AT)
            await records.inbox.record_sent(["s2"], link_id=LinkId("other"), at=AT)
            await records.inbox.record_sent([], link_id=None, at=AT)

        await store.write(work)
        assert await store.read(lambda records: records.inbox.link_of("s2")) == "l"
        assert await store.read(lambda records: records.inbox.link_of("unknown")) is None
        assert not await store.write(lambda records: records.inbox.admit("s1", decision="opened", link_id=None, at=AT))

    async def test_known_messages_are_told_from_unknown_ones_however_many(self, store: HealthyStore) -> None:
        keys = [f"discord:1:{number}" for number in range(1200)]

        async def work(records: Records) -> None:
            await records.inbox.record_sent(keys[::2], link_id=None, at=AT)

        await store.write(work)
        assert await store.read(lambda records: records.inbox.known(keys)) == set(keys[::2])
        assert await store.read(lambda records: records.inbox.known([])) == set()


class LinksContract:
    """Chat places and their conversations."""

    async def test_a_link_comes_back_as_it_was_added(self, store: HealthyStore) -> None:
        await add_links(store, link("a"))
        assert await store.read(lambda records: records.links.get(LinkId("a"))) == link("a")
        assert await store.read(lambda records: records.links.get(LinkId("b"))) is None

    async def test_a_saved_link_replaces_the_old_one_in_every_field(self, store: HealthyStore) -> None:
        filed = ConversationLink(
            link_id=LinkId("a"),
            address=ChatAddress(platform=Platform.MATRIX, room="!r:x", chat_thread="$e"),
            opening_message_id="$f",
            author_id="@b:x",
            author_name="Bob",
            opened_at=LATER,
            subject="Other",
            conversation_id=ConversationId(2**40),
            number=TicketNumber(7),
            customer_id=CustomerId(9),
            status=Status.CLOSED,
            label="bug",
            priority="P1",
        )
        await add_links(store, link("a"))
        await store.write(lambda records: records.links.save(filed))
        assert await store.read(lambda records: records.links.get(LinkId("a"))) == filed
        assert await store.read(lambda records: records.links.at(filed.address)) == filed
        assert await store.read(lambda records: records.links.at(link("a").address)) is None

    async def test_a_link_that_is_not_there_cannot_be_saved(self, store: HealthyStore) -> None:
        with pytest.raises(StoreError):
            await store.write(lambda records: records.links.save(link("a")))

    async def test_a_chat_thread_has_one_ticket(self, store: HealthyStore) -> None:
        await add_links(store, link("a", chat_thread="t"))
        with pytest.raises(StoreError):
            await add_links(store, link("b", chat_thread="t"))
        found = await store.read(lambda records: records.links.at(replace(ROOM, chat_thread="t")))
        assert found == link("a", chat_thread="t")

    async def test_the_latest_ticket_of_an_author_is_by_its_opening_not_by_its_arrival(
        self, store: HealthyStore
    ) -> None:
        await add_links(store, link("new", opened_at=LATER), link("old", opened_at=AT), link("x", author="bob"))
        in_a_post = replace(link("post", opened_at=LATER + timedelta(hours=1)), opening_message_id="a reply")
        await add_links(store, in_a_post)
        assert await latest_by_ann(store, "42") == link("new", opened_at=LATER)
        assert await latest_by_ann(store, "43") is None

    async def test_of_two_tickets_opened_at_once_the_one_added_later_is_the_latest(self, store: HealthyStore) -> None:
        await add_links(store, link("one"), link("two"))
        assert await latest_by_ann(store, "42") == link("two")

    async def test_a_ticket_is_found_by_its_number(self, store: HealthyStore) -> None:
        numbered = replace(link("a"), number=TicketNumber(1234))
        await add_links(store, numbered, link("b"))
        assert await store.read(lambda records: records.links.numbered(TicketNumber(1234))) == numbered
        assert await store.read(lambda records: records.links.numbered(TicketNumber(1))) is None

    async def test_open_tickets_are_found_by_the_beginning_of_their_number_or_part_of_their_subject(
        self, store: HealthyStore
    ) -> None:
        subjects = {121: "Größe falsch", 12: "100%_\\ broken", 312: "Login", 45: "LOGIN 12 times"}
        await add_links(
            store,
            *(
                replace(
                    link(str(number), opened_at=AT + timedelta(minutes=number)),
                    number=TicketNumber(number),
                    subject=subject,
                )
                for number, subject in subjects.items()
            ),
        )
        assert await open_numbers(store, "12") == [121, 45, 12]
        assert await open_numbers(store, "login") == [312, 45]
        assert await open_numbers(store, "GRÖSSE") == [121]
        assert await open_numbers(store, "%_\\") == [12]
        assert await open_numbers(store, "_") == [12]
        assert await open_numbers(store, "") == [312, 121, 45, 12]
        assert await open_numbers(store, "", limit=2) == [312, 121]

    async def test_tickets_that_are_over_or_have_no_number_yet_are_not_among_the_open_ones(
        self, store: HealthyStore
    ) -> None:
        for number, status in enumerate(Status, 1):
            await add_links(store, replace(link(status), number=TicketNumber(number), status=status))
        await add_links(store, link("unfiled"))
        assert await open_numbers(store, "") == [2, 1]


async def latest_by_ann(store: Store, room: str) -> ConversationLink | None:
    return await store.read(lambda records: records.links.latest_by(Platform.DISCORD, room, "ann"))


async def open_numbers(store: Store, prefix: str, limit: int = 25) -> list[int | None]:
    found = await store.read(lambda records: records.links.open_ones(prefix, limit))
    return [one.number for one in found]


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


class OtherRecordsContract:
    """Customers, memory, audit."""

    async def test_a_member_is_found_again_as_the_customer_recorded_last(self, store: HealthyStore) -> None:
        async def work(records: Records) -> list[int | None]:
            await records.customers.add(Platform.DISCORD, "1", CustomerId(5))
            await records.customers.add(Platform.DISCORD, "1", CustomerId(6))
            return [
                await records.customers.get(Platform.DISCORD, "1"),
                await records.customers.get(Platform.MATRIX, "1"),
            ]

        assert await store.write(work) == [6, None]

    async def test_memory_keeps_forgets_and_replaces_entries(self, store: HealthyStore) -> None:
        await remember(store, "a", "1")
        await remember(store, "b", "2")
        await remember(store, "a", "3")
        await remember(store, "b", None)
        await remember(store, "never there", None)
        assert await recall(store) == {"a": "3"}

    async def test_memory_is_recalled_by_owner_and_the_exact_beginning_of_the_name(self, store: HealthyStore) -> None:
        for name in ("gap:!B:x", "gap:!a:x", "GAP:!c", "gap%", "cursor"):
            await remember(store, name, name)
        await remember(store, "gap:other", owner="discord")
        assert list(await recall(store, "gap:")) == ["gap:!B:x", "gap:!a:x"]
        assert list(await recall(store, "gap%")) == ["gap%"]
        assert len(await recall(store)) == 5

    async def test_many_entries_can_be_remembered_at_once(self, store: HealthyStore) -> None:
        entries: dict[str, str | None] = {f"{number:04}": str(number) for number in range(2000)}
        await store.write(lambda records: records.memory.remember("matrix", entries))
        assert await recall(store) == entries

    async def test_the_audit_log_takes_every_line(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            for _ in range(2):
                await records.audit.record(
                    at=AT, actor="discord:6", place="discord:42", action="triage", ticket="#1", detail="bug P0"
                )

        await store.write(work)


class StoreContract(
    WritingContract,
    ListeningContract,
    InboxContract,
    LinksContract,
    OutboxContract,
    PurgeContract,
    OtherRecordsContract,
):
    """All of it."""

"""What every store promises about the help desk's threads and about edited messages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.ids import ConversationId, DeliveryId, LinkId, ThreadId
from bot.domain.relay import Fate, KnownThread
from bot.domain.versions import MessageVersion
from bot.ports.store import Store
from tests.contract.samples import AT, LATER, message
from tests.contract.store_acts import HealthyStore


class ThreadsContract:
    """Threads seen and written."""

    async def test_a_thread_comes_back_as_it_was_remembered(self, store: HealthyStore) -> None:
        full = KnownThread(
            thread_id=ThreadId(2**40),
            conversation_id=ConversationId(2**41),
            fate=Fate.WAITING,
            digest="d",
            due_at=LATER,
            rounds=3,
            link_id=LinkId("l"),
            delivery_id=DeliveryId("d"),
        )
        await remember(store, full, thread(1))
        assert await known(store, 2**40, 1, 2) == {2**40: full, 1: thread(1)}
        assert await known(store) == {}

    async def test_every_fate_is_kept(self, store: HealthyStore) -> None:
        fates = {number: replace(thread(number), fate=fate) for number, fate in enumerate(Fate)}
        await remember(store, *fates.values())
        assert await known(store, *fates) == fates

    async def test_what_is_remembered_anew_replaces_the_old_in_every_field(self, store: HealthyStore) -> None:
        await remember(store, replace(own(1, "l", "d"), due_at=AT, digest="old", rounds=1), thread(2))
        promised = replace(thread(1), conversation_id=ConversationId(9), fate=Fate.PROMISED, digest="new", rounds=2)
        await remember(store, promised)
        assert await known(store, 1, 2) == {1: promised, 2: thread(2)}
        assert await own_of(store, "l") == []
        assert await written_by(store, "d") is None
        assert await waiting(store) == []

    async def test_of_a_thread_remembered_twice_at_once_the_later_counts(self, store: HealthyStore) -> None:
        await remember(store, thread(1), replace(thread(1), digest="later"))
        assert await known(store, 1) == {1: replace(thread(1), digest="later")}

    async def test_nothing_to_remember_is_fine(self, store: HealthyStore) -> None:
        await remember(store)
        assert await known(store, 1) == {}

    async def test_any_number_of_threads_is_remembered_and_replaced_at_once(self, store: HealthyStore) -> None:
        threads = {number: thread(number) for number in range(1, 1501)}
        await remember(store, *threads.values())
        assert await known(store, *range(3000)) == threads
        relayed = {number: replace(one, fate=Fate.RELAYED) for number, one in threads.items()}
        await remember(store, *relayed.values())
        assert await known(store, *range(3000)) == relayed

    async def test_a_thread_is_found_by_the_delivery_that_wrote_it(self, store: HealthyStore) -> None:
        await remember(store, own(1, "l", "first"), own(2, "l", "second"), thread(3))
        assert await written_by(store, "second") == own(2, "l", "second")
        assert await written_by(store, "third") is None

    async def test_the_bots_own_threads_of_a_ticket_come_oldest_first(self, store: HealthyStore) -> None:
        await remember(store, own(30, "l", "c"), own(4, "l", "a"), own(5, "other", "d"), own(100, "l", "b"))
        await remember(store, replace(thread(6), link_id=LinkId("l")))
        assert await own_of(store, "l") == [4, 30, 100]
        assert await own_of(store, "nothing written") == []

    async def test_threads_whose_wait_has_an_end_come_in_the_order_of_their_ends(self, store: HealthyStore) -> None:
        due = {1: LATER, 2: AT, 3: None, 4: AT + timedelta(microseconds=1)}
        await remember(store, *(replace(thread(number), due_at=due_at) for number, due_at in due.items()))
        assert await waiting(store) == [2, 4, 1]
        await remember(store, replace(thread(4), fate=Fate.PROMISED, due_at=None))
        assert await waiting(store) == [2, 1]


class VersionsContract:
    """Edited messages."""

    async def test_an_edited_message_comes_back_as_it_is_now(self, store: HealthyStore) -> None:
        first = version("first edit", "v1")
        await edit(store, first)
        assert await newest(store, first.dedup_key) == first
        assert await newest(store, version("", "v1", message_id="other").dedup_key) is None

    async def test_a_later_version_replaces_the_earlier_one(self, store: HealthyStore) -> None:
        other = version("other", "v1", message_id="other")
        for one in (version("first edit", "v1"), other, replace(version("second edit", "v2"), filed="v1")):
            await edit(store, one)
        kept = await newest(store, other.dedup_key.replace("other", "m"))
        assert kept == replace(version("second edit", "v2"), filed="v1")
        assert kept is not None
        assert not kept.is_filed
        assert await newest(store, other.dedup_key) == other


def thread(number: int) -> KnownThread:
    """An agent's reply that was seen."""
    return KnownThread(
        thread_id=ThreadId(number), conversation_id=ConversationId(1), fate=Fate.WAITING, digest=f"digest {number}"
    )


def own(number: int, ticket: str, written_by: str) -> KnownThread:
    """A thread that the bot wrote."""
    return KnownThread(
        thread_id=ThreadId(number),
        conversation_id=ConversationId(1),
        fate=Fate.OWN,
        link_id=LinkId(ticket),
        delivery_id=DeliveryId(written_by),
    )


def version(text: str, name: str, *, message_id: str = "m") -> MessageVersion:
    edited = replace(message(message_id, text), version=name)
    return MessageVersion(dedup_key=edited.dedup_key, message=edited)


async def remember(store: Store, *threads: KnownThread) -> None:
    await store.write(lambda records: records.threads.save(*threads))


async def known(store: Store, *numbers: int) -> Mapping[int, KnownThread]:
    wanted = [ThreadId(number) for number in numbers]
    found = await store.read(lambda records: records.threads.known(wanted))
    return {int(number): one for number, one in found.items()}


async def written_by(store: Store, name: str) -> KnownThread | None:
    return await store.read(lambda records: records.threads.written_by(DeliveryId(name)))


async def own_of(store: Store, ticket: str) -> list[ThreadId]:
    return list(await store.read(lambda records: records.threads.own_of(LinkId(ticket))))


async def waiting(store: Store) -> list[ThreadId]:
    return [one.thread_id for one in await store.read(lambda records: records.threads.waiting())]


async def edit(store: Store, one: MessageVersion) -> None:
    await store.write(lambda records: records.versions.save(one))


async def newest(store: Store, key: str) -> MessageVersion | None:
    return await store.read(lambda records: records.versions.get(key))

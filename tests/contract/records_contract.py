"""What every store promises about messages, links, customers, memory and the audit log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, CustomerId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Records, Store
from tests.contract.samples import AT, LATER
from tests.contract.store_acts import ROOM, HealthyStore, add_links, link, recall, remember


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

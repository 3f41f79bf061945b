"""What every store promises about links."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import AgentId, ConversationId, CustomerId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Store
from tests.contract.samples import AT, LATER
from tests.contract.store_acts import ROOM, HealthyStore, add_links, link


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
            is_chat=False,
            followed=True,
            assignee_id=AgentId(2**33),
            changed_at=LATER + timedelta(microseconds=1),
            asked_at=LATER + timedelta(microseconds=2),
            reminded_at=LATER + timedelta(microseconds=3),
            answered_at=LATER + timedelta(microseconds=4),
        )
        await add_links(store, link("a"))
        await store.write(lambda records: records.links.save(filed))
        assert await store.read(lambda records: records.links.get(LinkId("a"))) == filed
        assert await store.read(lambda records: records.links.at(filed.address)) == filed
        assert await store.read(lambda records: records.links.at(link("a").address)) is None
        back = replace(link("a"), status=Status.PENDING)
        await store.write(lambda records: records.links.save(back))
        assert await store.read(lambda records: records.links.get(LinkId("a"))) == back

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

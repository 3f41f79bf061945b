"""What every store promises about links whose conversations are followed: through merges, questions and closing."""

from dataclasses import replace

from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Records, Store
from tests.contract.samples import AT, LATER
from tests.contract.store_acts import HealthyStore, add_links, link


class FollowedLinksContract:
    """Tickets by their conversations, present and former, and by what is expected of them."""

    async def test_all_tickets_of_a_conversation_are_found_in_the_order_they_were_added(
        self, store: HealthyStore
    ) -> None:
        await add_links(store, filed("b", 1), filed("a", 1), filed("c", 2), link("unfiled"))
        assert await of_conversation(store, 1) == ["b", "a"]
        assert await of_conversation(store, 2) == ["c"]
        assert await of_conversation(store, 3) == []

    async def test_a_ticket_that_went_on_elsewhere_is_still_found_by_its_old_conversation_and_number(
        self, store: HealthyStore
    ) -> None:
        await add_links(store, filed("a", 1), filed("b", 2))
        await retire(store, "a", 1, into=2)
        assert await of_conversation(store, 1) == ["a"]
        assert await of_conversation(store, 2) == ["a", "b"]
        assert await numbered(store, 101) == "a"
        await retire(store, "a", 2, into=3)
        assert await of_conversation(store, 1) == ["a"]
        assert await of_conversation(store, 2) == ["a", "b"]
        assert await of_conversation(store, 3) == ["a"]
        assert [await numbered(store, number) for number in (101, 102, 103)] == ["a", "b", "a"]

    async def test_several_tickets_that_went_on_from_one_conversation_are_all_found_by_it(
        self, store: HealthyStore
    ) -> None:
        await add_links(store, filed("a", 1), filed("b", 1), filed("c", 1))
        await retire(store, "c", 1, into=3)
        await retire(store, "a", 1, into=2)
        assert await of_conversation(store, 1) == ["a", "b", "c"]
        assert await numbered(store, 101) == "b"
        await retire(store, "b", 1, into=3)
        assert await of_conversation(store, 1) == ["a", "b", "c"]
        assert await numbered(store, 101) == "a"
        assert await of_conversation(store, 3) == ["b", "c"]

    async def test_a_ticket_that_goes_on_twice_from_one_conversation_is_found_once(self, store: HealthyStore) -> None:
        await add_links(store, filed("a", 1))
        for _ in range(2):
            await store.write(lambda records: records.links.retire(ConversationId(1), None, LinkId("a")))
        assert await of_conversation(store, 1) == ["a"]
        await store.write(lambda records: records.links.retire(ConversationId(1), TicketNumber(77), LinkId("a")))
        assert await numbered(store, 77) == "a"

    async def test_a_ticket_that_has_a_number_now_comes_before_one_that_had_it(self, store: HealthyStore) -> None:
        await add_links(store, filed("a", 1))
        await retire(store, "a", 1, into=2)
        await add_links(store, filed("b", 1))
        assert await numbered(store, 101) == "b"

    async def test_tickets_that_were_asked_about_come_in_the_order_they_were_asked(self, store: HealthyStore) -> None:
        await add_links(store, *(filed(name, number) for number, name in enumerate("abcd", 1)))
        for name, number, asked_at in (("c", 3, AT), ("a", 1, LATER), ("b", 2, AT)):
            await save_link(store, replace(filed(name, number), asked_at=asked_at))
        assert await asked(store) == ["b", "c", "a"]
        await save_link(store, replace(filed("b", 2), asked_at=None))
        assert await asked(store) == ["c", "a"]

    async def test_unfinished_tickets_are_read_page_by_page_in_the_order_of_their_ids(
        self, store: HealthyStore
    ) -> None:
        await add_links(store, *(filed(name, number) for number, name in enumerate("gcfadbe", 1)))
        pages, after = list[str](), LinkId("")
        while page := await unfinished(store, after, 3):
            pages.append("".join(page))
            after = LinkId(page[-1])
        assert pages == ["abc", "def", "g"]

    async def test_a_ticket_without_a_conversation_or_with_a_closed_one_is_not_unfinished(
        self, store: HealthyStore
    ) -> None:
        for number, status in enumerate(Status, 1):
            await add_links(store, replace(filed(status, number), status=status))
        await add_links(store, link("unfiled"))
        assert await unfinished(store) == ["active", "pending"]
        await save_link(store, replace(filed("closed", 3), status=Status.ACTIVE))
        await save_link(store, replace(filed("active", 1), status=Status.SPAM))
        assert await unfinished(store) == ["closed", "pending"]


def filed(name: str, conversation: int) -> ConversationLink:
    """A link whose conversation is number 100 and some."""
    number = TicketNumber(100 + conversation)
    return replace(link(name), conversation_id=ConversationId(conversation), number=number)


async def save_link(store: Store, changed: ConversationLink) -> None:
    await store.write(lambda records: records.links.save(changed))


async def retire(store: Store, name: str, conversation: int, *, into: int) -> None:
    """The ticket goes on from one conversation in another."""

    async def work(records: Records) -> None:
        number = TicketNumber(100 + conversation)
        await records.links.retire(ConversationId(conversation), number, LinkId(name))
        await records.links.save(filed(name, into))

    await store.write(work)


async def of_conversation(store: Store, conversation: int) -> list[str]:
    found = await store.read(lambda records: records.links.of_conversation(ConversationId(conversation)))
    return [one.link_id for one in found]


async def numbered(store: Store, number: int) -> str | None:
    found = await store.read(lambda records: records.links.numbered(TicketNumber(number)))
    return None if found is None else found.link_id


async def asked(store: Store) -> list[str]:
    return [one.link_id for one in await store.read(lambda records: records.links.asked())]


async def unfinished(store: Store, after: str = "", limit: int = 50) -> list[str]:
    found = await store.read(lambda records: records.links.unfinished(LinkId(after), limit))
    return [one.link_id for one in found]

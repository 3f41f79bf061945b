"""What every store promises about requests with their clocks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.helpdesk import Status
from bot.domain.ids import AgentId, ConversationId, LinkId, ThreadId, TicketNumber
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import Origin, SlaIndex, SlaTicket, SlaTicketId, Told, Verdict
from bot.ports.store import Records, Store
from tests.contract.samples import AT, LATER
from tests.contract.store_acts import HealthyStore

SOON = timedelta(microseconds=1)

FULL = SlaTicket(
    ticket_id=SlaTicketId("conversation:5"),
    origin=Origin.EMAIL,
    received_at=AT,
    author="Ann 🦊",
    subject="Größe\n“falsch”",
    link_id=LinkId("l"),
    conversation_id=ConversationId(2**40),
    number=TicketNumber(2**33),
    excerpt="Half \\ and “all”",
    source_link="https://x.example/1",
    label="bug",
    suggested_label="question",
    priority=Priority.P0,
    suggestion="the word “down”",
    triaged_by="discord:6",
    picked_label="feature",
    picked_priority="P1",
    status=Status.SPAM,
    assignee="Lena",
    assignee_id=AgentId(2**34),
    ours=(
        TicketEvent(kind=EventKind.PRIORITIZED, at=AT + SOON, priority=Priority.P0, label="bug", reason="why"),
        TicketEvent(kind=EventKind.ANSWERED, at=LATER, by_person=False),
    ),
    desk=tuple(TicketEvent(kind=EventKind.STATUS, at=LATER, status=status) for status in Status),
    verdicts=(
        Verdict(
            kind=ClockKind.TRIAGE,
            due_at=None,
            consumed=timedelta(days=3, microseconds=7),
            target=timedelta(hours=4),
            business=False,
            policy="p",
            calendar="c",
            stopped_at=AT + SOON,
            breached_at=LATER,
            reason="reclassified",
        ),
    ),
    told=(Told(kind=ClockKind.RESOLUTION, due_at=LATER, level=0.1 + 0.2, at=AT),),
    shown="Resolution by Fri",
    opening_thread=ThreadId(2**35),
)


class SlaTicketsContract:
    """Tickets by what they are, and by when something is to be done."""

    async def test_a_ticket_comes_back_as_it_was_saved(self, store: HealthyStore) -> None:
        await keep(store, FULL)
        await keep(store, ticket("plain"))
        assert await get(store, FULL.ticket_id) == FULL
        assert await get(store, "plain") == ticket("plain")
        assert await get(store, "never there") is None

    async def test_a_saved_ticket_replaces_the_one_with_its_id_in_everything_it_is_found_by(
        self, store: HealthyStore
    ) -> None:
        await keep(store, FULL, next_at=AT, due_at=AT)
        moved = ticket(FULL.ticket_id, conversation=7, number=8, link="other", received_at=LATER)
        await keep(store, moved, is_open=False, is_running=False, last_at=LATER)
        assert await get(store, FULL.ticket_id) == moved
        assert await of_conversation(store, 2**40) is None
        assert await of_conversation(store, 7) == FULL.ticket_id
        assert await numbered(store, 2**33) is None
        assert await numbered(store, 8) == FULL.ticket_id
        assert await of_link(store, "l") is None
        assert await of_link(store, "other") == FULL.ticket_id
        assert await due(store, LATER) == await running(store) == await touching(store, LATER + SOON) == []
        assert await touching(store, LATER, LATER) == []
        assert await touching(store, LATER, LATER + SOON) == [FULL.ticket_id]

    async def test_of_several_tickets_of_a_conversation_or_number_an_open_one_counts_then_the_oldest(
        self, store: HealthyStore
    ) -> None:
        await keep(store, ticket("closed", conversation=5, number=6), is_open=False)
        assert await of_conversation(store, 5) == await numbered(store, 6) == "closed"
        await keep(store, ticket("late", conversation=5, number=6, received_at=LATER + SOON))
        await keep(store, ticket("early", conversation=5, number=6, received_at=LATER))
        await keep(store, ticket("other", conversation=6, number=5))
        assert await of_conversation(store, 5) == await numbered(store, 6) == "early"
        for name in ("late", "early"):
            await keep(store, ticket(name, conversation=5, number=6, received_at=LATER), is_open=False)
        assert await of_conversation(store, 5) == await numbered(store, 6) == "closed"

    async def test_the_newest_ticket_of_a_place_in_chat_is_by_when_it_was_received(self, store: HealthyStore) -> None:
        await keep(store, ticket("new", link="l", received_at=LATER), is_open=False)
        await keep(store, ticket("old", link="l"))
        await keep(store, ticket("elsewhere", link="m", received_at=LATER + SOON))
        assert await of_link(store, "l") == "new"
        assert await of_link(store, "n") is None

    async def test_what_is_due_comes_by_when_it_is_to_be_looked_at_up_to_that_instant(
        self, store: HealthyStore
    ) -> None:
        for name, at in {"c": LATER, "a": AT + SOON, "d": LATER + SOON, "b": AT, "never": None}.items():
            await keep(store, ticket(name), next_at=at, is_open=name != "a", is_running=name != "b")
        assert await due(store, LATER) == ["b", "a", "c"]
        assert await due(store, LATER, limit=2) == ["b", "a"]
        assert await due(store, AT - SOON) == []

    async def test_running_ones_come_page_by_page_in_the_order_of_their_ids(self, store: HealthyStore) -> None:
        for name in "dbace":
            await keep(store, ticket(name), is_running=name != "c", is_open=name != "d")
        assert await running(store) == ["a", "b", "d", "e"]
        assert await running(store, limit=2) == ["a", "b"]
        assert await running(store, after="b", limit=2) == ["d", "e"]
        assert await running(store, after="e") == []

    async def test_a_report_is_about_what_was_received_before_its_end_and_ran_or_changed_since_its_beginning(
        self, store: HealthyStore
    ) -> None:
        await keep(store, ticket("over before"), is_running=False, last_at=LATER - SOON)
        await keep(store, ticket("over within"), is_running=False, is_open=False, last_at=LATER)
        await keep(store, ticket("running on", received_at=LATER), last_at=AT)
        await keep(store, ticket("too new", received_at=LATER + SOON), last_at=LATER + SOON)
        assert await touching(store, LATER, LATER + SOON) == ["over within", "running on"]
        assert await touching(store, LATER, LATER) == ["over within"]

    async def test_a_report_reads_page_by_page_each_ticket_once(self, store: HealthyStore) -> None:
        for number in range(9):
            # Some run, some changed, some both: a page takes the next ones of all of them together.
            last_at = LATER if number % 3 else AT
            await keep(store, ticket(f"t{8 - number}"), is_running=number % 2 == 0, last_at=last_at)
        found, after = list[str](), ""
        while page := await touching(store, LATER, LATER, after=after, limit=2):
            assert len(page) <= 2
            found, after = [*found, *page], page[-1]
        assert found == ["t0", "t1", "t2", "t3", "t4", "t6", "t7", "t8"]


def ticket(
    name: str,
    *,
    link: str | None = None,
    conversation: int | None = None,
    number: int | None = None,
    received_at: datetime = AT,
) -> SlaTicket:
    """An ordinary one, as it is first seen."""
    return SlaTicket(
        ticket_id=SlaTicketId(name),
        origin=Origin.DISCORD,
        received_at=received_at,
        author="Ann",
        subject=f"Subject of {name}",
        link_id=None if link is None else LinkId(link),
        conversation_id=None if conversation is None else ConversationId(conversation),
        number=None if number is None else TicketNumber(number),
    )


INDEX = SlaIndex(is_open=True, is_running=True, is_breached=False, due_at=None, next_at=None, last_at=AT)


async def keep(store: Store, one: SlaTicket, **index: bool | datetime | None) -> None:
    """Save it: open and running, where nothing else is said."""
    found_by = replace(INDEX, **index)  # type: ignore[arg-type]

    async def work(records: Records) -> None:
        await records.sla.save(one, found_by)

    await store.write(work)


async def get(store: Store, name: str) -> SlaTicket | None:
    return await store.read(lambda records: records.sla.get(SlaTicketId(name)))


async def of_conversation(store: Store, conversation: int) -> str | None:
    return _name(await store.read(lambda records: records.sla.of_conversation(ConversationId(conversation))))


async def of_link(store: Store, link: str) -> str | None:
    return _name(await store.read(lambda records: records.sla.of_link(LinkId(link))))


async def numbered(store: Store, number: int) -> str | None:
    return _name(await store.read(lambda records: records.sla.numbered(TicketNumber(number))))


async def due(store: Store, at: datetime, limit: int = 100) -> Sequence[str]:
    return names(await store.read(lambda records: records.sla.due(at, limit)))


async def running(store: Store, after: str = "", limit: int = 100) -> Sequence[str]:
    return names(await store.read(lambda records: records.sla.running(SlaTicketId(after), limit)))


async def touching(
    store: Store, since: datetime, until: datetime = LATER, *, after: str = "", limit: int = 100
) -> Sequence[str]:
    start = SlaTicketId(after)
    return names(await store.read(lambda records: records.sla.touching(since, until, start, limit)))


def names(tickets: Sequence[SlaTicket]) -> list[str]:
    return [str(one.ticket_id) for one in tickets]


def _name(found: SlaTicket | None) -> str | None:
    return None if found is None else str(found.ticket_id)

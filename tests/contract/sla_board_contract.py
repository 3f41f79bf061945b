"""What every store promises about open tickets, as a board shows and counts them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import BoardFilter, OpenCounts, Origin, SlaTicket
from bot.ports.store import Store
from tests.contract.samples import AT, LATER
from tests.contract.sla_contract import keep, names, ticket
from tests.contract.store_acts import HealthyStore

EVERYTHING = BoardFilter()


class SlaBoardContract:
    """The open ones: in which order, which of them, how many."""

    async def test_open_tickets_come_by_their_nearest_end_those_without_one_last_by_age(
        self, store: HealthyStore
    ) -> None:
        await keep(store, ticket("paused later", received_at=LATER))
        await keep(store, ticket("paused"))
        await keep(store, ticket("soon"), due_at=LATER, is_running=False)
        await keep(store, ticket("overdue", received_at=LATER), due_at=AT, is_breached=True)
        await keep(store, ticket("as soon, older", received_at=AT - timedelta(days=1)), due_at=LATER)
        await keep(store, ticket("closed"), due_at=AT, is_open=False)
        in_order = ["overdue", "as soon, older", "soon", "paused", "paused later"]
        assert await open_ones(store) == in_order
        assert await open_ones(store, limit=4) == in_order[:4]

    async def test_only_those_are_shown_that_fit_all_that_is_chosen(self, store: HealthyStore) -> None:
        await fill(store)
        assert await open_ones(store) == ["a", "b", "c", "d", "e"]
        assert await open_ones(store, BoardFilter(origin="matrix")) == ["b", "c"]
        assert await open_ones(store, BoardFilter(priority="P0")) == ["a", "c"]
        assert await open_ones(store, BoardFilter(origin="matrix", label="bug", priority="P0")) == ["c"]
        assert await open_ones(store, BoardFilter(label="feature")) == []
        assert await open_ones(store, BoardFilter(label="bug"), limit=2) == ["a", "c"]

    async def test_a_label_that_was_only_suggested_counts_until_another_was_given(self, store: HealthyStore) -> None:
        await fill(store)
        assert await open_ones(store, BoardFilter(label="bug")) == ["a", "c", "d"]
        given = replace(ticket("d"), label="question", suggested_label="bug")
        await keep(store, given, due_at=AT + timedelta(hours=3))
        assert await open_ones(store, BoardFilter(label="bug")) == ["a", "c"]
        assert await open_ones(store, BoardFilter(label="question")) == ["b", "d"]

    async def test_open_tickets_are_counted_in_all_and_by_each_filter(self, store: HealthyStore) -> None:
        assert await counts(store) == OpenCounts(
            total=0, breached=0, untriaged=0, by_origin={}, by_label={}, by_priority={}
        )
        await fill(store)
        assert await counts(store) == OpenCounts(
            total=5,
            breached=2,
            untriaged=3,
            by_origin={"discord": 2, "matrix": 2, "email": 1},
            by_label={"bug": 3, "question": 1, "": 1},
            by_priority={"P0": 2, "P2": 3},
        )

    async def test_each_filter_counts_as_if_it_alone_were_not_set(self, store: HealthyStore) -> None:
        await fill(store)
        everything = await counts(store)
        assert await counts(store, BoardFilter(origin="matrix")) == replace(
            everything, by_label={"question": 1, "bug": 1}, by_priority={"P0": 1, "P2": 1}
        )
        assert await counts(store, BoardFilter(origin="discord", label="bug", priority="P0")) == replace(
            everything, by_origin={"discord": 1, "matrix": 1}, by_label={"bug": 1}, by_priority={"P0": 1, "P2": 1}
        )
        none = await counts(store, BoardFilter(origin="github", label="feature"))
        assert none == replace(everything, by_origin={}, by_label={}, by_priority={})


async def fill(store: Store) -> None:
    """Five open tickets, due in the order of their names, and a closed one."""
    p0, p2 = Priority.P0, Priority.P2
    tickets: Sequence[tuple[SlaTicket, bool]] = [
        (_sorted("a", Origin.DISCORD, "bug", p0, by="discord:6"), True),
        (_sorted("b", Origin.MATRIX, "question", p2, by="matrix:@l"), False),
        (_sorted("c", Origin.MATRIX, "bug", p0), True),
        (replace(_sorted("d", Origin.DISCORD, "", p2), suggested_label="bug"), False),
        (_sorted("e", Origin.EMAIL, "", p2), False),
    ]
    for number, (one, is_breached) in enumerate(tickets):
        await keep(store, one, due_at=AT + timedelta(hours=number), is_breached=is_breached)
    await keep(store, _sorted("f", Origin.GITHUB, "feature", Priority.P1), is_open=False, is_breached=True)


def _sorted(name: str, origin: Origin, label: str, priority: Priority, *, by: str = "") -> SlaTicket:
    return replace(ticket(name), origin=origin, label=label, priority=priority, triaged_by=by)


async def open_ones(store: Store, chosen: BoardFilter = EVERYTHING, limit: int = 100) -> Sequence[str]:
    return names(await store.read(lambda records: records.sla.open_ones(chosen, limit)))


async def counts(store: Store, chosen: BoardFilter = EVERYTHING) -> OpenCounts:
    return await store.read(lambda records: records.sla.counts(chosen))

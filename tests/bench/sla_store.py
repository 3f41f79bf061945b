"""`python -m tests.bench.sla_store`: what a store of 10,000 open tickets costs the board, the clocks and the report."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.store.engine import open_store
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import BoardFilter, Origin, SlaIndex, SlaTicket, SlaTicketId, Told, Verdict
from bot.ports.store import Records, Store
from tests.fakes.clock import ManualClock

OPEN = 10_000
SHOWN, BATCH, PAGE = 200, 100, 500
BOARD_LIMIT_SECONDS, ALL_LIMIT_SECONDS = 0.06, 1.5

NOW = datetime(2026, 3, 3, 10, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXCERPT = "Since the update the export of our workspace ends with an empty file, whichever format is chosen. " * 3
REASON = "the words “cannot log in” suggest it"
OLDEST = SlaTicketId("")

Page = Callable[[Records, SlaTicketId], Awaitable[Sequence[SlaTicket]]]


def a_ticket(number: int, chance: random.Random) -> tuple[SlaTicket, SlaIndex]:
    """An open ticket with 6-10 events, and how it is found."""
    received = NOW - timedelta(minutes=chance.randint(1, 60 * 24 * 20))
    priority = chance.choice(list(Priority))
    is_triaged, is_paused, is_breached = number % 4 > 0, number % 5 == 0, number % 9 == 0
    due = None if is_paused else NOW + timedelta(minutes=chance.randint(-300, 9000))
    ticket = SlaTicket(
        ticket_id=SlaTicketId(f"{chance.getrandbits(64):016x}"),
        origin=chance.choice(list(Origin)),
        received_at=received,
        author=chance.choice(("Mia", "Jonas Æ", "sam_the_🦊")),
        subject="The export is empty since the update",
        link_id=LinkId(f"l{number}"),
        conversation_id=ConversationId(number),
        number=TicketNumber(1000 + number),
        excerpt=EXCERPT,
        source_link="https://discord.com/channels/1/2/3",
        label=chance.choice(("bug", "feature", "question")) if is_triaged else "",
        suggested_label="bug",
        priority=priority,
        suggestion=REASON,
        triaged_by="discord:6" if is_triaged else "",
        status=Status.PENDING if is_paused else Status.ACTIVE,
        ours=_events(received, priority),
        desk=_events(received, None)[: chance.randint(1, 5)],
        verdicts=(_verdict(ClockKind.TRIAGE, received), _verdict(ClockKind.FIRST_RESPONSE, received)),
        told=tuple(Told(kind=ClockKind.RESOLUTION, due_at=due or NOW, level=level, at=NOW) for level in (0.5, 0.75)),
        shown="First response by Tue 11:00, resolution by Fri 15:00",
    )
    index = SlaIndex(
        is_open=True, is_running=True, is_breached=is_breached, due_at=due, next_at=due, last_at=received + 5 * HOUR
    )
    return ticket, index


def _events(received: datetime, priority: Priority | None) -> tuple[TicketEvent, ...]:
    return (
        TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=received, by_person=False),
        TicketEvent(kind=EventKind.PRIORITIZED, at=received + HOUR, priority=priority, label="bug", reason=REASON),
        TicketEvent(kind=EventKind.ANSWERED, at=received + 2 * HOUR),
        TicketEvent(kind=EventKind.STATUS, at=received + 3 * HOUR, status=Status.PENDING),
        TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=received + 4 * HOUR),
    )


def _verdict(kind: ClockKind, received: datetime) -> Verdict:
    return Verdict(
        kind=kind,
        due_at=received + 4 * HOUR,
        consumed=HOUR,
        target=4 * HOUR,
        business=True,
        policy="0123456789ab",
        calendar="ba9876543210",
        stopped_at=received + HOUR,
    )


async def pages(store: Store, page: Page) -> int:
    """How many tickets there are, page after page."""
    after, found = OLDEST, 0
    while tickets := await store.read(lambda records, start=after: page(records, start)):  # type: ignore[misc]
        after, found = tickets[-1].ticket_id, found + len(tickets)
    return found


async def measured(name: str, act: Callable[[], Awaitable[object]], *, rounds: int) -> float:
    """Print and return the median in seconds; the first round only warms up."""
    await act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await act()
        taken.append(time.perf_counter() - began)
    middle = statistics.median(taken)
    print(f"{name}: {middle * 1000:.2f} ms (slowest of {rounds}: {max(taken) * 1000:.2f})")  # noqa: T201 - its purpose
    return middle


async def _measure(store: Store) -> int:
    chance = random.Random(4)
    tickets = [a_ticket(number, chance) for number in range(OPEN)]

    async def fill(records: Records) -> None:
        for ticket, index in tickets:
            await records.sla.save(ticket, index)

    async def board() -> None:
        await store.read(lambda records: records.sla.open_ones(BoardFilter(), SHOWN))
        await store.read(lambda records: records.sla.counts(BoardFilter(label="bug")))

    def running(records: Records, after: SlaTicketId) -> Awaitable[Sequence[SlaTicket]]:
        return records.sla.running(after, PAGE)

    def touching(records: Records, after: SlaTicketId) -> Awaitable[Sequence[SlaTicket]]:
        return records.sla.touching(NOW - 24 * 7 * HOUR, NOW, after, PAGE)

    await store.write(fill)
    await measured("save one", lambda: store.write(lambda records: records.sla.save(*tickets[0])), rounds=50)
    await measured("due, 100", lambda: store.read(lambda records: records.sla.due(NOW, BATCH)), rounds=20)
    await measured("of a conversation", lambda: _one(store), rounds=50)
    shown = await measured("board: open, 200, and counts", board, rounds=20)
    everything = await measured("all, by pages of running ones", lambda: pages(store, running), rounds=3)
    await measured("those of a week's report, by pages", lambda: pages(store, touching), rounds=3)
    return 0 if shown <= BOARD_LIMIT_SECONDS and everything <= ALL_LIMIT_SECONDS else 1


async def _one(store: Store) -> object:
    return await store.read(lambda records: records.sla.of_conversation(ConversationId(5)))


async def main() -> int:
    """Exit code 1 when the board or reading all takes longer than its limit."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        async with open_store(url, clock=ManualClock()) as store:
            return await _measure(store)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

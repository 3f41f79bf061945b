"""`python -m tests.bench.sla_clocks`: how long the clocks of 10,000 open tickets take."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.business_hours import BusinessTime
from bot.domain.calendar_history import CalendarHistory
from bot.domain.calendar_spec import CalendarSpec
from bot.domain.helpdesk import Status
from bot.domain.sla import states_of
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import Priority, SlaPolicy
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from bot.domain.sla_warnings import index_of

TICKETS = 10_000
ROUNDS = 5
LIMIT_SECONDS = 1.0
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=UTC)
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Seconds of one round."""

    cpu: float
    wall: float


def many_tickets(count: int) -> list[SlaTicket]:
    """Open ones of the last month, each with six to ten events as they happen to tickets."""
    chance = random.Random(4)
    return [_ticket(number, chance) for number in range(count)]


def _ticket(number: int, chance: random.Random) -> SlaTicket:
    received = NOW - chance.random() * LONGEST
    age = NOW - received
    instants = sorted(received + chance.random() * age for _ in range(chance.randint(5, 9)))
    priority = chance.choice([*Priority, Priority.P2])
    desk: list[TicketEvent] = []
    ours = [TicketEvent(kind=EventKind.PRIORITIZED, at=received, by_person=False, priority=priority)]
    ours.append(TicketEvent(kind=EventKind.PRIORITIZED, at=instants[0], priority=chance.choice(list(Priority))))
    # The customer and the team in turn: every answer asks something back, every word of the customer's ends the wait.
    for index, at in enumerate(instants[1:]):
        match index % 4:
            case 0:
                ours.append(TicketEvent(kind=EventKind.ANSWERED, at=at))
            case 1:
                desk.append(TicketEvent(kind=EventKind.STATUS, at=at, status=Status.PENDING))
            case 2:
                ours.append(TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=at))
            case _:
                desk.append(TicketEvent(kind=EventKind.STATUS, at=at, status=Status.ACTIVE))
    return SlaTicket(
        ticket_id=SlaTicketId(f"t{number}"),
        origin=chance.choice(list(Origin)),
        received_at=received,
        author="Mia",
        subject="The export is empty",
        priority=priority,
        ours=tuple(ours),
        desk=tuple(desk),
    )


def main() -> int:
    """Print the best of some rounds; exit code 1 when the clocks alone take longer than the limit."""
    tickets, policy = many_tickets(TICKETS), SlaPolicy()
    one = CalendarSpec().calendar()
    former = [(NOW - timedelta(days=40 - 5 * step), CalendarSpec().calendar()) for step in range(8)]
    clocks = _measured("clocks", lambda: _compute(tickets, policy, one))
    _measured("clocks, after seven changes of the calendar", lambda: _compute(tickets, policy, CalendarHistory(former)))
    _measured("clocks and index", lambda: _compute(tickets, policy, one, index=True))
    return 0 if clocks.cpu <= LIMIT_SECONDS else 1


def _compute(tickets: list[SlaTicket], policy: SlaPolicy, calendar: BusinessTime, *, index: bool = False) -> None:
    for ticket in tickets:
        states = states_of(ticket, policy, calendar, NOW)
        if index:
            index_of(ticket, states, calendar, NOW)


def _measured(name: str, compute: Callable[[], None]) -> Taken:
    taken = []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        compute()
        taken.append(Taken(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall))
    best = min(taken, key=lambda one: one.cpu)
    print(  # noqa: T201 - its purpose
        f"{name}: {TICKETS:,} tickets in {best.cpu:.2f} s of CPU, {best.wall:.2f} s by the clock"
    )
    return best


if __name__ == "__main__":
    sys.exit(main())

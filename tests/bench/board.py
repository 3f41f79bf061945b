"""`python -m tests.bench.board`: how long a page takes for 200 rows of 10,000 open tickets, and its live part."""

import gzip
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from adapters.web.board_html import MOST_ROWS, board_page, tickets_part
from bot.domain.board import BoardRow, BoardView
from bot.domain.clock_state import ClockStage
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import BoardFilter, Origin
from tests.fakes.board import ZONE, a_clock, a_report, a_row, counts_of

TICKETS = 10_000
ROUNDS = 100
LIMIT_SECONDS = 0.1

NOW = datetime(2026, 3, 3, 10, 20, tzinfo=UTC)
SUBJECTS = (
    "The export is empty since the update",
    "Cannot log in: “invalid session” after entering the second factor",
    "How do I move my workspace to another organisation without losing the history of its documents?",
    "Grüße! Rechnung fehlt 🙂",
    "Webhook <script>alert(1)</script> is escaped twice",
)


def many_rows(now: datetime, count: int) -> list[BoardRow]:
    """Tickets of every kind, the least time left first."""
    chance = random.Random(4)
    rows = [_row(now, number, count, chance) for number in range(count)]
    return sorted(rows, key=lambda row: min(clock.left for clock in row.clocks))


def _row(now: datetime, number: int, count: int, chance: random.Random) -> BoardRow:
    left = timedelta(minutes=chance.randint(-30, 9000))
    provisional = number % 4 == 0
    clocks = [a_clock(now, target=timedelta(hours=160), left=left, breached=left < timedelta())]
    stage = ClockStage.PAUSED if number % 5 == 0 else ClockStage.RUNNING
    clocks.append(
        a_clock(now, kind=ClockKind.RESOLUTION, stage=stage, left=timedelta(hours=9), target=timedelta(hours=40))
    )
    if provisional:
        clocks.insert(0, a_clock(now, kind=ClockKind.TRIAGE, left=timedelta(minutes=chance.randint(1, 240))))
    return a_row(
        now,
        1000 + count - number,
        subject=chance.choice(SUBJECTS),
        author=chance.choice(("Mia", "Jonas Æ", "sam_the_🦊")),
        origin=chance.choice(list(Origin)),
        label=chance.choice(("bug", "feature", "question", "")),
        priority=chance.choice(list(Priority)),
        provisional=provisional,
        assignee=chance.choice(("", "Alexander", "Lena")),
        age=timedelta(minutes=chance.randint(1, 9000)),
        clocks=clocks,
    )


def main() -> int:
    """Print p50 and p95; exit code 1 when a page's p95 is over the limit."""
    rows = many_rows(NOW, TICKETS)
    chosen = BoardFilter()
    view = BoardView(now=NOW, zone=ZONE, rows=tuple(rows[:MOST_ROWS]), counts=counts_of(rows, chosen))
    report = a_report(NOW)
    slow = _measured("page", lambda: board_page(view, report, chosen).html)
    _measured("live part", lambda: tickets_part(view, chosen))
    return 0 if slow <= LIMIT_SECONDS else 1


def _measured(name: str, render: Callable[[], str]) -> float:
    text, taken = render(), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        text = render()
        taken.append(time.perf_counter() - began)
    taken.sort()
    p50, p95 = taken[ROUNDS // 2], taken[ROUNDS * 95 // 100]
    size, packed = len(text.encode()), len(gzip.compress(text.encode(), 6))
    print(  # noqa: T201 - its purpose
        f"{name}: {MOST_ROWS} rows of {TICKETS:,}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms; "
        f"{size / 1024:.0f} KiB, packed {packed / 1024:.0f} KiB"
    )
    return p95


if __name__ == "__main__":
    sys.exit(main())

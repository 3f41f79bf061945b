"""`python -m tests.bench.business_hours`: what adding 40 business hours and measuring a year of them costs."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.business_hours import BusinessCalendar, BusinessTime
from bot.domain.calendar_history import CalendarHistory

ROUNDS = 1_000
ADD_LIMIT_SECONDS = 100e-6
YEAR_LIMIT_SECONDS = 5e-3

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOURS = {day: [("09:00", "12:30"), ("13:00", "17:30")] for day in WORKDAYS}
HOLIDAYS = [f"{year}-{day}" for year in range(2020, 2032) for day in ("01-01", "05-01", "10-03", "12-25", "12-26")]
START = datetime(2026, 1, 5, 7, 13, 29, tzinfo=UTC)
FORTY_HOURS = timedelta(hours=40)
YEAR = timedelta(days=365)


def a_calendar(holidays: Sequence[str] = HOLIDAYS) -> BusinessCalendar:
    """One that was asked nothing yet."""
    return BusinessCalendar("Europe/Berlin", HOURS, breaks={"2026-07-01": [("15:00", "16:00")]}, holidays=holidays)


def a_history() -> CalendarHistory:
    """A calendar that was changed every month of the year that is measured."""
    changes = [START + month * timedelta(days=30) for month in range(12)]
    return CalendarHistory([(at, a_calendar([f"2026-{month:02}-13"])) for month, at in enumerate(changes, 1)])


def main() -> int:
    """Print the figures; exit code 1 when a median of the plain calendar is over its limit."""
    adding, measuring = _measured("one calendar", a_calendar)
    _measured("12 calendars in turn", a_history)
    return 0 if adding <= ADD_LIMIT_SECONDS and measuring <= YEAR_LIMIT_SECONDS else 1


def _measured(name: str, make: Callable[[], BusinessTime]) -> tuple[float, float]:
    asked = make()
    adding = _median(f"{name}, add 40 business hours", lambda number: asked.add(_start(number), FORTY_HOURS))
    measuring = _median(f"{name}, elapsed over a year", lambda number: asked.elapsed(START, START + YEAR))
    _median(f"{name}, made and asked for a year the first time", lambda number: make().elapsed(START, START + YEAR), 20)
    return adding, measuring


def _start(number: int) -> datetime:
    return START + number * timedelta(hours=7)


def _median(name: str, ask: Callable[[int], object], rounds: int = ROUNDS) -> float:
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        ask(number)
        taken.append(time.perf_counter() - began)
    median = sorted(taken)[rounds // 2]
    print(f"{name}: {median * 1e6:,.1f} µs")  # noqa: T201 - its purpose
    return median


if __name__ == "__main__":
    sys.exit(main())

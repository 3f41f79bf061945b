"""Business hours that were changed: the past is not rewritten, and every question is answered across the change."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from bot.domain.business_hours import BusinessCalendar, Interval
from bot.domain.calendar_history import CalendarHistory

BERLIN = "Europe/Berlin"
OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("09:00", "17:00"),))
ALWAYS = dict.fromkeys((*OFFICE, "sat", "sun"), (("00:00", "24:00"),))
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


EARLIER = BusinessCalendar(BERLIN, OFFICE)
LATER = BusinessCalendar(BERLIN, OFFICE, holidays=["2026-11-18", "2026-11-27"])
HISTORY = CalendarHistory([(at("2026-01-01 00:00"), EARLIER), (at("2026-11-20 12:00"), LATER)])


def test_a_holiday_added_for_a_past_date_takes_nothing_back() -> None:
    assert HISTORY.elapsed(at("2026-11-18 00:00"), at("2026-11-19 00:00")) == 8 * HOUR
    assert LATER.elapsed(at("2026-11-18 00:00"), at("2026-11-19 00:00")) == timedelta()
    assert HISTORY.is_open(at("2026-11-18 12:00"))


def test_a_holiday_added_for_a_coming_date_counts() -> None:
    assert HISTORY.add(at("2026-11-26 16:00"), 2 * HOUR) == at("2026-11-30 10:00")
    assert HISTORY.subtract(at("2026-11-30 10:00"), 2 * HOUR) == at("2026-11-26 16:00")
    assert not HISTORY.is_open(at("2026-11-27 12:00"))


def test_an_interval_is_divided_where_the_calendar_changes() -> None:
    assert list(islice(HISTORY.intervals(at("2026-11-20 10:00")), 3)) == [
        (at("2026-11-20 10:00"), at("2026-11-20 12:00")),
        (at("2026-11-20 12:00"), at("2026-11-20 17:00")),
        (at("2026-11-23 09:00"), at("2026-11-23 17:00")),
    ]
    assert list(islice(HISTORY.intervals_before(at("2026-11-20 16:00")), 3)) == [
        (at("2026-11-20 12:00"), at("2026-11-20 16:00")),
        (at("2026-11-20 09:00"), at("2026-11-20 12:00")),
        (at("2026-11-19 09:00"), at("2026-11-19 17:00")),
    ]


def test_hours_that_a_change_takes_away_end_with_the_change() -> None:
    mornings = BusinessCalendar(BERLIN, {"fri": [("09:00", "11:00")]})
    history = CalendarHistory([(at("2026-01-01 00:00"), EARLIER), (at("2026-11-20 12:00"), mornings)])
    assert history.add(at("2026-11-20 10:00"), 3 * HOUR) == at("2026-11-27 10:00")
    assert not history.is_open(at("2026-11-20 12:00"))


def test_a_calendar_may_count_for_an_hour_only() -> None:
    always = BusinessCalendar(BERLIN, ALWAYS)
    changes = [(at("2026-01-01 00:00"), EARLIER), (at("2026-11-21 10:00"), always), (at("2026-11-21 11:00"), LATER)]
    history = CalendarHistory(changes)
    assert history.elapsed(at("2026-11-20 16:00"), at("2026-11-23 10:00")) == 3 * HOUR
    assert history.subtract(at("2026-11-23 10:00"), 3 * HOUR) == at("2026-11-20 16:00")


def test_results_are_utc_whatever_the_zone_of_the_changes() -> None:
    local = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    history = CalendarHistory([(local - timedelta(days=1), EARLIER), (local, BusinessCalendar(BERLIN, ALWAYS))])
    found: list[Interval] = [*islice(history.intervals(local - 9 * HOUR), 3)]
    found += islice(history.intervals_before(local + 9 * HOUR), 3)
    assert {each.tzinfo for pair in found for each in pair} == {UTC}
    assert history.add(local, timedelta()).tzinfo is UTC


def test_an_instant_without_a_zone_is_refused_in_the_history_itself() -> None:
    naive = at("2026-11-20 12:00").replace(tzinfo=None)
    with pytest.raises(ValueError, match="needs a time zone"):
        CalendarHistory([(naive, EARLIER)])


def test_what_cannot_be_asked_of_a_calendar_cannot_be_asked_of_a_history() -> None:
    naive = at("2026-11-20 12:00").replace(tzinfo=None)
    for ask in (HISTORY.is_open, HISTORY.intervals, HISTORY.intervals_before):
        with pytest.raises(ValueError, match="needs a time zone"):
            ask(naive)
    with pytest.raises(ValueError, match="needs a time zone"):
        HISTORY.add(naive, timedelta())
    for change in (HISTORY.add, HISTORY.subtract):
        with pytest.raises(ValueError, match="negative"):
            change(at("2026-11-20 12:00"), -HOUR)
    with pytest.raises(ValueError, match="before the start"):
        HISTORY.elapsed(at("2026-11-20 12:00"), at("2026-11-20 11:00"))

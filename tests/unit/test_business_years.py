"""Business time is kept by years of UTC; nobody may notice where one ends, nor where all dates do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.domain.business_hours import BusinessCalendar
from bot.domain.calendar_history import CalendarHistory

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = dict.fromkeys(WEEK, (("09:00", "17:00"),))
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
office = BusinessCalendar("UTC", OFFICE)
always = BusinessCalendar("Asia/Kolkata", dict.fromkeys(WEEK, (("00:00", "24:00"),)))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestTurnOfTheYear:
    def test_what_is_used_up_at_the_year_s_last_closing_is_due_then(self) -> None:
        assert office.add(utc("2026-12-31 09:00"), 8 * HOUR) == utc("2026-12-31 17:00")
        assert office.add(utc("2026-12-30 09:00"), 16 * HOUR) == utc("2026-12-31 17:00")
        assert office.add(utc("2025-12-31 16:00"), HOUR + 365 * 8 * HOUR) == utc("2026-12-31 17:00")

    def test_a_moment_more_is_due_after_the_first_opening_of_the_next(self) -> None:
        assert office.add(utc("2026-12-31 09:00"), 8 * HOUR + MOMENT) == utc("2027-01-01 09:00") + MOMENT

    def test_going_back_the_first_opening_of_a_year_is_the_last_that_will_do(self) -> None:
        assert office.subtract(utc("2027-01-01 17:00"), 8 * HOUR) == utc("2027-01-01 09:00")
        assert office.subtract(utc("2027-01-02 17:00"), 16 * HOUR) == utc("2027-01-01 09:00")
        assert office.subtract(utc("2027-01-01 17:00"), 8 * HOUR + MOMENT) == utc("2026-12-31 17:00") - MOMENT

    def test_a_day_that_lies_in_both_years_of_utc_counts_once(self) -> None:
        begin = utc("2026-12-25 00:00")
        for minutes in range(0, 20 * 24 * 60, 95):
            at = begin + timedelta(minutes=minutes)
            assert always.elapsed(begin, at) == at - begin
            assert always.add(begin, at - begin) == at
            assert always.subtract(at, at - begin) == begin
            assert always.is_open(at)

    def test_every_interval_begins_where_the_last_one_ended(self) -> None:
        found = list(islice(always.intervals(utc("2026-12-25 12:00")), 400))
        assert all(one[1] == other[0] for one, other in pairwise(found))
        back = list(islice(always.intervals_before(utc("2027-01-05 12:00")), 400))
        assert all(one[0] == other[1] for one, other in pairwise(back))

    def test_a_date_that_a_zone_left_out_at_the_turn_of_the_year_counts_in_the_next(self) -> None:
        """The Philippines went from 30 December 1844 to 1 January 1845."""
        calendar = BusinessCalendar("Asia/Manila", {}, shifts={"1844-12-31": [("10:00", "11:00")]})
        local = ZoneInfo("Asia/Manila")
        [(opens, closes)] = calendar.intervals(utc("1800-01-01 00:00"))
        assert (opens.astimezone(local).date().isoformat(), closes - opens) == ("1845-01-01", HOUR)

    def test_more_years_than_are_kept_are_answered_for_all_the_same(self) -> None:
        assert office.elapsed(utc("1970-01-01 00:00"), utc("2026-01-01 00:00")) == 20_454 * 8 * HOUR


EARLIEST = datetime.min.replace(tzinfo=timezone(14 * HOUR))
LATEST = datetime.max.replace(tzinfo=timezone(-12 * HOUR))


class TestEndsOfAllDates:
    @pytest.mark.parametrize("calendar", [office, CalendarHistory([(utc("2026-01-01 00:00"), office)])])
    @pytest.mark.parametrize("at", [EARLIEST, LATEST])
    def test_an_instant_that_utc_has_no_date_for_is_refused(
        self, calendar: BusinessCalendar | CalendarHistory, at: datetime
    ) -> None:
        asked: list[Callable[[], object]] = [
            lambda: calendar.add(at, timedelta()),
            lambda: calendar.subtract(at, timedelta()),
            lambda: calendar.elapsed(at, at),
            lambda: calendar.is_open(at),
            lambda: next(calendar.intervals(at), None),
            lambda: next(calendar.intervals_before(at), None),
        ]
        for ask in asked:
            with pytest.raises(ValueError, match="years 1 to 9999"):
                ask()

    def test_a_history_of_such_an_instant_is_refused(self) -> None:
        with pytest.raises(ValueError, match="years 1 to 9999"):
            CalendarHistory([(LATEST, office)])

    def test_a_shift_on_the_first_or_last_of_all_dates_breaks_nothing(self) -> None:
        ends = {"0001-01-01": [("00:00", "24:00")], "2026-11-20": [("09:00", "10:00")]}
        first = BusinessCalendar("Pacific/Kiritimati", {}, shifts=ends)
        assert first.subtract(utc("2026-11-20 12:00"), HOUR) == utc("2026-11-19 19:00")
        last = BusinessCalendar("Pacific/Pago_Pago", {}, shifts={"9999-12-31": [("00:00", "24:00")]})
        assert not last.is_open(utc("9999-12-31 23:00"))
        assert list(last.intervals(utc("9998-01-01 00:00"))) == []

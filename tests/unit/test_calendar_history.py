"""Calendars that follow one another: each counts in its own time."""

from datetime import datetime, timedelta

import pytest

from bot.domain.business_hours import BusinessCalendar
from bot.domain.calendar_history import CalendarHistory
from bot.domain.calendar_spec import CalendarSpec, spec_from
from tests.unit.sla_story import CALENDAR, HOUR, OFFICE, ZONE, at

LATE = BusinessCalendar(ZONE, {day: [("12:00", "20:00")] for day in OFFICE})
HISTORY = CalendarHistory([(at("mon 09:00"), CALENDAR), (at("wed 14:00"), LATE)])


def test_time_before_the_change_goes_by_the_former_calendar() -> None:
    assert HISTORY.elapsed(at("mon 00:00"), at("wed 14:00")) == 21 * HOUR
    assert HISTORY.add(at("mon 16:00"), 2 * HOUR) == at("tue 10:00")


def test_time_after_it_goes_by_the_new_one() -> None:
    assert HISTORY.elapsed(at("wed 14:00"), at("fri 00:00")) == 14 * HOUR
    assert HISTORY.add(at("wed 18:00"), 3 * HOUR) == at("thu 13:00")


def test_time_across_it_is_the_sum_of_both() -> None:
    assert HISTORY.elapsed(at("wed 09:00"), at("wed 20:00")) == 11 * HOUR
    assert HISTORY.add(at("wed 13:00"), 2 * HOUR) == at("wed 15:00")
    assert HISTORY.subtract(at("wed 15:00"), 2 * HOUR) == at("wed 13:00")


def test_the_first_calendar_counts_before_its_instant_too() -> None:
    assert HISTORY.elapsed(at("2026-11-13 00:00"), at("2026-11-14 00:00")) == 8 * HOUR
    assert HISTORY.subtract(at("mon 10:00"), 2 * HOUR) == at("2026-11-13 16:00")


@pytest.mark.parametrize(
    ("when", "is_open"), [("wed 09:00", True), ("wed 19:00", True), ("thu 09:00", False), ("tue 19:00", False)]
)
def test_it_is_open_by_the_calendar_of_the_time(when: str, is_open: bool) -> None:
    assert HISTORY.is_open(at(when)) is is_open


def test_a_change_in_the_middle_of_an_open_time_has_no_seam() -> None:
    same = CalendarHistory([(at("mon 09:00"), CALENDAR), (at("tue 12:00"), BusinessCalendar(ZONE, OFFICE))])
    for start, end in (("mon 10:00", "thu 10:00"), ("tue 12:00", "wed 09:00"), ("tue 11:00", "tue 12:00")):
        assert same.elapsed(at(start), at(end)) == CALENDAR.elapsed(at(start), at(end))
        assert same.add(at(start), 5 * HOUR) == CALENDAR.add(at(start), 5 * HOUR)
        assert same.subtract(at(end), 5 * HOUR) == CALENDAR.subtract(at(end), 5 * HOUR)


def test_going_back_is_going_forth_in_reverse() -> None:
    start, end = at("mon 08:00"), at("next wed 12:00")
    forth = [(max(a, start), min(b, end)) for a, b in _until(end, start)]
    back = []
    for opens, closes in HISTORY.intervals_before(end):
        if closes <= start:
            break
        back.append((max(opens, start), closes))
    assert back[::-1] == forth


def _until(end: datetime, start: datetime) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for opens, closes in HISTORY.intervals(start):
        if opens >= end:
            return found
        found.append((opens, closes))
    raise AssertionError("the calendar ended")


def test_its_version_is_that_of_the_calendar_that_counts_now() -> None:
    assert HISTORY.version == LATE.version != CALENDAR.version


def test_one_without_calendars_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CalendarHistory([])


@pytest.mark.parametrize("step", [timedelta(), -HOUR])
def test_instants_that_do_not_rise_are_refused(step: timedelta) -> None:
    with pytest.raises(ValueError, match="rise"):
        CalendarHistory([(at("mon 09:00"), CALENDAR), (at("mon 09:00") + step, LATE)])


class TestSpec:
    SPEC = CalendarSpec(
        zone="Europe/Lisbon",
        hours={"mon": [("09:00", "12:00"), ("13:00", "24:00")]},
        shifts={"2026-12-24": [("09:00", "13:00")]},
        breaks={"2026-11-16": [("10:00", "11:00")]},
        holidays=["2026-12-25"],
    )

    def test_what_is_kept_is_the_same_calendar_when_read_again(self) -> None:
        again = spec_from(self.SPEC.text())
        assert again.calendar().version == self.SPEC.calendar().version
        assert again.text() == self.SPEC.text()

    def test_the_order_in_which_days_are_named_makes_no_other_calendar(self) -> None:
        one = CalendarSpec(hours={"mon": [("09:00", "17:00")], "tue": [("09:00", "17:00")]})
        two = CalendarSpec(hours={"tue": [("09:00", "17:00")], "mon": [("09:00", "17:00")]})
        assert one.text() == two.text()

    def test_the_order_in_which_holidays_are_named_makes_no_other_calendar(self) -> None:
        one = CalendarSpec(holidays=["2026-12-25", "2026-12-26"])
        two = CalendarSpec(holidays=["2026-12-26", "2026-12-25"])
        assert one.text() == two.text()

    def test_without_settings_the_team_is_in_berlin_from_nine_to_five(self) -> None:
        assert CalendarSpec().calendar().version == CALENDAR.version

    def test_what_cannot_be_used_is_refused(self) -> None:
        with pytest.raises(ValueError, match="Mars"):
            CalendarSpec(zone="Mars/Olympus").calendar()

"""What a calendar is made of: one date's spans in UTC, and what is refused however odd it is."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.business_days import BusinessDays, Spans
from bot.domain.instants import instant_of

BERLIN = "Europe/Berlin"
MONDAYS: Mapping[str, Spans] = {"mon": [("09:00", "17:00")]}
NONE: Mapping[str, Spans] = {}


def days(
    zone: str = BERLIN,
    hours: Mapping[str, Spans] = NONE,
    *,
    shifts: Mapping[str, Spans] = NONE,
    breaks: Mapping[str, Spans] = NONE,
    holidays: Collection[str] = (),
) -> BusinessDays:
    return BusinessDays(zone, hours, shifts=shifts, breaks=breaks, holidays=holidays)


def opened(calendar: BusinessDays, day: str) -> list[tuple[str, str]]:
    """The spans of a date, as hours and minutes of UTC."""
    return [
        (f"{instant_of(opens):%d %H:%M}", f"{instant_of(closes):%d %H:%M}")
        for opens, closes in calendar.of(date.fromisoformat(day))
    ]


class TestOfADate:
    def test_spans_are_told_in_utc_and_those_that_touch_are_one(self) -> None:
        calendar = days(hours={"mon": [("13:00", "17:00"), ("09:00", "11:00"), ("10:30", "12:00"), ("12:00", "12:30")]})
        assert opened(calendar, "2026-11-16") == [("16 08:00", "16 11:30"), ("16 12:00", "16 16:00")]
        assert opened(calendar, "2026-11-17") == []

    def test_a_span_that_a_clock_change_makes_empty_is_left_out(self) -> None:
        calendar = days(shifts={"2026-03-29": [("02:30", "03:30"), ("02:45", "03:15"), ("09:00", "10:00")]})
        assert opened(calendar, "2026-03-29") == [("29 07:00", "29 08:00")]

    def test_a_break_that_covers_all_leaves_nothing(self) -> None:
        calendar = days(hours=MONDAYS, breaks={"2026-11-16": [("00:00", "24:00")]})
        assert opened(calendar, "2026-11-16") == []
        assert opened(calendar, "2026-11-23") == [("23 08:00", "23 16:00")]

    def test_the_end_of_a_day_before_a_midnight_that_is_skipped_moves_on_by_the_gap(self) -> None:
        calendar = days("America/Sao_Paulo", shifts={"2018-11-03": [("23:00", "24:00")]})
        assert opened(calendar, "2018-11-03") == [("04 02:00", "04 03:00")]


class TestBounds:
    """Where a calendar ends is known, so that nobody searches a thousand years of nothing."""

    def test_weekly_hours_have_no_end(self) -> None:
        assert days(hours=MONDAYS, shifts={"2026-11-20": [("09:00", "10:00")]}).bounds() == (date.min, date.max)

    def test_shifts_alone_end_with_the_last_that_is_worked(self) -> None:
        worked: Spans = [("09:00", "10:00")]
        calendar = days(shifts={"2019-01-01": [], "2020-02-03": worked, "2021-05-06": worked, "2025-01-01": []})
        assert calendar.bounds() == (date(2020, 2, 3), date(2021, 5, 6))


class TestWrongKinds:
    @pytest.mark.parametrize(
        "zone", ["", " ", ".", "..", "../x", "/etc/passwd", "Europe", "Europe/", "Europe/Berlin/x", "a\0b", "\ud800"]
    )
    def test_any_text_that_names_no_zone_is_refused(self, zone: str) -> None:
        with pytest.raises(ValueError, match="no known time zone"):
            days(zone, MONDAYS)

    @pytest.mark.parametrize("zone", [None, 5, ["Europe/Berlin"], b"UTC"])
    def test_what_is_no_text_is_no_zone(self, zone: Any) -> None:
        with pytest.raises(ValueError, match="no known time zone"):
            days(zone, MONDAYS)

    @pytest.mark.parametrize("time", [None, 9, 9.5, b"09:00", ["09:00"]])
    def test_what_is_no_text_is_no_time(self, time: Any) -> None:
        for span in [(time, "17:00"), ("09:00", time)]:
            with pytest.raises(ValueError, match=r"the hours of mon: .* is no time"):
                days(hours={"mon": [span]})

    @pytest.mark.parametrize("spans", [None, 9, "09:00", [None], [9], [("09:00",)], [("09:00", "10:00", "11:00")]])
    def test_what_is_no_list_of_pairs_is_no_spans(self, spans: Any) -> None:
        makings: list[tuple[str, Callable[[], object]]] = [
            ("the hours of mon", lambda: days(hours={"mon": spans})),
            ("the shift of 2026-11-20", lambda: days(hours=MONDAYS, shifts={"2026-11-20": spans})),
            ("the break of 2026-11-20", lambda: days(hours=MONDAYS, breaks={"2026-11-20": spans})),
        ]
        for whose, make in makings:
            with pytest.raises(ValueError, match=rf"{whose}: .* is no list of spans"):
                make()

    @pytest.mark.parametrize("day", [None, 20261120, date(2026, 11, 20), ("2026-11-20",)])
    def test_what_is_no_text_is_no_date(self, day: Any) -> None:
        with pytest.raises(ValueError, match="is no date"):
            days(hours=MONDAYS, holidays=[day])

    @pytest.mark.parametrize("day", [0, None])
    def test_what_is_no_text_is_no_weekday(self, day: Any) -> None:
        with pytest.raises(ValueError, match="is no weekday"):
            days(hours={day: []})


@pytest.mark.parametrize("year", [2, 9998])
def test_days_at_either_end_of_all_dates_have_spans(year: int) -> None:
    calendar = days("Pacific/Kiritimati", {"mon": [("00:00", "24:00")]})
    first = date(year, 1, 1)
    monday = first.replace(day=1 + (7 - first.weekday()) % 7)
    [(opens, closes)] = calendar.of(monday)
    assert instant_of(opens) < datetime(year, 2, 1, tzinfo=UTC)
    assert closes > opens

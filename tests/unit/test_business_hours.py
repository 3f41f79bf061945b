"""Business time: each rule of facts/sla.md, "Instants" and "Calendar"."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from bot.domain.business_hours import BusinessCalendar

Spans = Sequence[tuple[str, str]]

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = (*WORKDAYS, "sat", "sun")
OFFICE: Mapping[str, Spans] = {day: [("09:00", "17:00")] for day in WORKDAYS}
ALWAYS: Mapping[str, Spans] = {day: [("00:00", "24:00")] for day in WEEK}
BERLIN = "Europe/Berlin"
NAIVE = datetime(2026, 11, 16, 9)  # noqa: DTZ001 - what is refused

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = timedelta()


def at(text: str, zone: str = BERLIN, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def daily(*spans: tuple[str, str]) -> Mapping[str, Spans]:
    return dict.fromkeys(WEEK, spans)


office = BusinessCalendar(BERLIN, OFFICE)


class TestAdd:
    def test_time_outside_hours_does_not_count(self) -> None:
        assert office.add(at("2026-11-20 16:00"), hours(4)) == at("2026-11-23 12:00")

    def test_what_is_used_up_at_closing_time_is_due_at_closing_time(self) -> None:
        assert office.add(at("2026-11-20 09:00"), hours(8)) == at("2026-11-20 17:00")
        assert office.add(at("2026-11-20 08:00"), hours(8)) == at("2026-11-20 17:00")

    def test_one_microsecond_more_is_due_after_the_next_opening(self) -> None:
        more = hours(8) + timedelta(microseconds=1)
        assert office.add(at("2026-11-20 09:00"), more) == at("2026-11-23 09:00:00.000001")

    @pytest.mark.parametrize("when", ["2026-11-20 12:00", "2026-11-20 17:00", "2026-11-21 12:00"])
    def test_nothing_is_used_up_at_once(self, when: str) -> None:
        assert office.add(at(when), NOTHING) == at(when)
        assert office.subtract(at(when), NOTHING) == at(when)

    @pytest.mark.parametrize(
        ("days", "due"), [(1, "2026-11-19 10:30"), (3, "2026-11-23 10:30"), (5, "2026-11-25 10:30")]
    )
    def test_a_business_day_is_eight_business_hours(self, days: int, due: str) -> None:
        assert office.add(at("2026-11-18 10:30"), hours(8 * days)) == at(due)

    def test_seconds_and_microseconds_are_kept(self) -> None:
        assert office.add(at("2026-11-20 16:59:59.999999"), HOUR) == at("2026-11-23 09:59:59.999999")

    def test_years_are_crossed(self) -> None:
        year = office.elapsed(at("2026-06-01 00:00"), at("2029-06-01 00:00"))
        assert office.add(at("2026-06-01 00:00"), year) == at("2029-05-31 17:00")


class TestSubtract:
    def test_it_goes_back_over_closed_time(self) -> None:
        assert office.subtract(at("2026-11-23 12:00"), hours(4)) == at("2026-11-20 16:00")

    def test_of_all_instants_that_would_do_it_is_the_last(self) -> None:
        assert office.subtract(at("2026-11-23 12:00"), hours(3)) == at("2026-11-23 09:00")
        assert office.subtract(at("2026-11-22 12:00"), hours(8)) == at("2026-11-20 09:00")

    def test_years_are_crossed(self) -> None:
        year = office.elapsed(at("2026-06-01 00:00"), at("2029-06-01 00:00"))
        assert office.subtract(at("2029-06-01 00:00"), year) == at("2026-06-01 09:00")


class TestElapsed:
    def test_only_open_time_counts(self) -> None:
        assert office.elapsed(at("2026-11-20 16:00"), at("2026-11-23 09:30")) == hours(1.5)
        assert office.elapsed(at("2026-11-20 18:00"), at("2026-11-23 08:00")) == NOTHING

    def test_it_is_exact_to_the_microsecond(self) -> None:
        found = office.elapsed(at("2026-11-20 16:59:59.999998"), at("2026-11-23 09:00:00.000001"))
        assert found == timedelta(microseconds=3)

    def test_an_instant_lies_no_time_after_itself(self) -> None:
        assert office.elapsed(at("2026-11-20 12:00"), at("2026-11-20 12:00")) == NOTHING

    def test_an_ordinary_year_has_its_working_days(self) -> None:
        assert office.elapsed(at("2026-01-01 00:00"), at("2027-01-01 00:00")) == 261 * hours(8)


class TestOpen:
    @pytest.mark.parametrize(
        ("when", "is_open"),
        [
            ("2026-11-20 08:59:59.999999", False),
            ("2026-11-20 09:00", True),
            ("2026-11-20 16:59:59.999999", True),
            ("2026-11-20 17:00", False),
            ("2026-11-21 12:00", False),
        ],
    )
    def test_opening_time_is_open_and_closing_time_is_not(self, when: str, *, is_open: bool) -> None:
        assert office.is_open(at(when)) is is_open


class TestIntervals:
    def test_the_first_is_what_is_left_of_the_one_under_way(self) -> None:
        assert list(islice(office.intervals(at("2026-11-20 12:00")), 2)) == [
            (at("2026-11-20 12:00"), at("2026-11-20 17:00")),
            (at("2026-11-23 09:00"), at("2026-11-23 17:00")),
        ]

    def test_going_back_the_first_is_what_has_passed_of_the_one_under_way(self) -> None:
        assert list(islice(office.intervals_before(at("2026-11-23 12:00")), 2)) == [
            (at("2026-11-23 09:00"), at("2026-11-23 12:00")),
            (at("2026-11-20 09:00"), at("2026-11-20 17:00")),
        ]

    def test_none_is_empty(self) -> None:
        assert next(office.intervals(at("2026-11-20 17:00")))[0] == at("2026-11-23 09:00")
        assert next(office.intervals_before(at("2026-11-23 09:00")))[1] == at("2026-11-20 17:00")

    def test_the_turn_of_the_year_is_passed_in_both_directions(self) -> None:
        late = BusinessCalendar("America/New_York", daily(("09:00", "24:00")))
        eve = (at("2026-12-31 09:00", "America/New_York"), at("2027-01-01 00:00", "America/New_York"))
        assert next(late.intervals(eve[0])) == eve
        assert next(late.intervals(utc("2027-01-01 03:00"))) == (utc("2027-01-01 03:00"), eve[1])
        assert next(late.intervals_before(eve[1])) == eve

    def test_two_iterations_do_not_disturb_each_other(self) -> None:
        first, second = office.intervals(at("2026-11-20 12:00")), office.intervals(at("2029-11-20 12:00"))
        found = []
        for _ in range(600):
            found.append(next(first))
            next(second)
        assert found == list(islice(office.intervals(at("2026-11-20 12:00")), 600))


class TestResults:
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
    def test_every_result_is_utc_whatever_the_zone_of_the_question(self, zone: str) -> None:
        asked = at("2026-11-20 12:00").astimezone(ZoneInfo(zone))
        found = [office.add(asked, HOUR), office.subtract(asked, HOUR), office.add(asked, NOTHING)]
        found += [*next(office.intervals(asked)), *next(office.intervals_before(asked))]
        assert [one.tzinfo for one in found] == [UTC] * 7
        assert found[0] == at("2026-11-20 13:00")

    def test_an_ambiguous_instant_of_a_question_is_taken_as_it_is_meant(self) -> None:
        always = BusinessCalendar(BERLIN, ALWAYS)
        first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(BERLIN), fold=fold) for fold in (0, 1))
        assert always.elapsed(first, second) == HOUR


class TestDates:
    def test_a_shift_replaces_the_hours_of_its_date(self) -> None:
        calendar = BusinessCalendar(
            BERLIN, OFFICE, shifts={"2026-12-24": [("10:00", "13:00")], "2026-12-26": [("10:00", "11:00")]}
        )
        assert calendar.elapsed(at("2026-12-24 00:00"), at("2026-12-25 00:00")) == hours(3)
        assert calendar.elapsed(at("2026-12-26 00:00"), at("2026-12-27 00:00")) == HOUR

    def test_an_empty_shift_closes_its_date(self) -> None:
        calendar = BusinessCalendar(BERLIN, OFFICE, shifts={"2026-12-24": []})
        assert not calendar.is_open(at("2026-12-24 12:00"))

    def test_a_holiday_counts_more_than_a_shift(self) -> None:
        calendar = BusinessCalendar(
            BERLIN, OFFICE, shifts={"2026-12-24": [("09:00", "13:00")]}, holidays=["2026-12-24"]
        )
        assert calendar.add(at("2026-12-23 16:00"), hours(2)) == at("2026-12-25 10:00")

    def test_a_break_is_cut_out_of_hours_and_of_shifts(self) -> None:
        cut: Mapping[str, Spans] = {day: [("12:00", "13:00")] for day in ("2026-11-20", "2026-11-21", "2026-11-22")}
        calendar = BusinessCalendar(BERLIN, OFFICE, shifts={"2026-11-21": [("12:30", "14:00")]}, breaks=cut)
        assert list(islice(calendar.intervals(at("2026-11-20 00:00")), 3)) == [
            (at("2026-11-20 09:00"), at("2026-11-20 12:00")),
            (at("2026-11-20 13:00"), at("2026-11-20 17:00")),
            (at("2026-11-21 13:00"), at("2026-11-21 14:00")),
        ]

    def test_breaks_may_overlap_and_reach_beyond_the_hours(self) -> None:
        cut = [("08:00", "10:00"), ("09:30", "11:00"), ("16:00", "24:00")]
        calendar = BusinessCalendar(BERLIN, OFFICE, breaks={"2026-11-20": cut})
        assert next(calendar.intervals(at("2026-11-20 00:00"))) == (at("2026-11-20 11:00"), at("2026-11-20 16:00"))

    def test_a_holiday_is_one_of_the_calendar_s_own_zone(self) -> None:
        calendar = BusinessCalendar("Asia/Tokyo", ALWAYS, holidays=["2026-11-20"])
        closed = [at(f"2026-11-{day} 00:00", "Asia/Tokyo") for day in (20, 21)]
        assert [calendar.is_open(each) for each in closed] == [False, True]
        assert calendar.elapsed(utc("2026-11-18 00:00"), utc("2026-11-23 00:00")) == hours(4 * 24)


class TestSpans:
    def test_a_day_may_have_several(self) -> None:
        calendar = BusinessCalendar(BERLIN, daily(("14:00", "18:00"), ("09:00", "12:00")))
        assert calendar.add(at("2026-11-20 11:00"), hours(2)) == at("2026-11-20 15:00")
        assert not calendar.is_open(at("2026-11-20 13:00"))

    @pytest.mark.parametrize(
        "spans",
        [[("09:00", "12:00"), ("12:00", "17:00")], [("10:00", "17:00"), ("09:00", "16:00"), ("11:00", "12:00")]],
    )
    def test_those_that_overlap_or_touch_are_one(self, spans: Spans) -> None:
        calendar = BusinessCalendar(BERLIN, {"fri": spans})
        assert next(calendar.intervals(at("2026-11-20 00:00"))) == (at("2026-11-20 09:00"), at("2026-11-20 17:00"))
        assert calendar.version == BusinessCalendar(BERLIN, {"fri": [("09:00", "17:00")]}).version

    def test_twenty_four_is_the_end_of_the_day(self) -> None:
        calendar = BusinessCalendar(BERLIN, {"fri": [("22:00", "24:00")], "sat": [("00:00", "01:30")]})
        assert calendar.elapsed(at("2026-11-20 00:00"), at("2026-11-22 00:00")) == hours(3.5)
        assert calendar.add(at("2026-11-20 21:00"), hours(2)) == at("2026-11-21 00:00")
        assert calendar.is_open(at("2026-11-21 00:00"))

    def test_round_the_clock_is_plain_time(self) -> None:
        calendar = BusinessCalendar(BERLIN, ALWAYS)
        start = at("2026-01-31 13:37:01.5")
        assert calendar.add(start, timedelta(days=400, seconds=1)) == start + timedelta(days=400, seconds=1)
        assert calendar.subtract(start, timedelta(days=400)) == start - timedelta(days=400)
        assert calendar.elapsed(start, start + timedelta(days=1000)) == timedelta(days=1000)


class TestClockChanges:
    """Each with the instants in UTC, so that nothing is taken from the zone twice."""

    def test_a_spring_day_in_berlin_has_23_hours_and_an_autumn_day_25(self) -> None:
        always = BusinessCalendar(BERLIN, ALWAYS)
        assert always.elapsed(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == hours(23)
        assert always.elapsed(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == hours(25)
        assert always.add(at("2026-10-24 20:00"), hours(24)) == at("2026-10-25 19:00")

    def test_office_hours_keep_their_wall_clock_time(self) -> None:
        calendar = BusinessCalendar(BERLIN, daily(("09:00", "17:00")))
        assert calendar.add(utc("2026-03-28 15:00"), hours(2)) == utc("2026-03-29 08:00")
        assert calendar.add(utc("2026-10-24 14:00"), hours(2)) == utc("2026-10-25 09:00")

    @pytest.mark.parametrize(
        ("spans", "expected"),
        [
            ([("01:00", "02:30")], [("00:00", "01:30")]),
            ([("02:30", "04:00")], [("01:30", "02:00")]),
            ([("02:00", "03:00")], []),
            ([("02:30", "03:30")], []),
            ([("02:15", "02:45")], [("01:15", "01:45")]),
            ([("02:30", "02:45"), ("03:00", "03:15")], [("01:00", "01:15"), ("01:30", "01:45")]),
            ([("02:00", "02:45"), ("03:30", "04:00")], [("01:00", "02:00")]),
        ],
    )
    def test_a_skipped_time_moves_on_by_the_gap_and_an_empty_span_vanishes(self, spans: Spans, expected: Spans) -> None:
        calendar = BusinessCalendar(BERLIN, {}, shifts={"2026-03-29": spans})
        expected_in_utc = [(utc(f"2026-03-29 {start}"), utc(f"2026-03-29 {end}")) for start, end in expected]
        assert list(calendar.intervals(utc("2026-03-01 00:00"))) == expected_in_utc

    @pytest.mark.parametrize(
        ("span", "start", "end"),
        [
            (("02:15", "02:45"), "00:15", "00:45"),
            (("01:00", "02:30"), "2026-10-24T23:00", "00:30"),
            (("02:30", "03:00"), "00:30", "02:00"),
            (("03:00", "04:00"), "02:00", "03:00"),
        ],
    )
    def test_an_ambiguous_time_is_its_first_occurrence(self, span: tuple[str, str], start: str, end: str) -> None:
        calendar = BusinessCalendar(BERLIN, {"sun": [span]})
        begin = utc(start if "T" in start else f"2026-10-25 {start}")
        assert next(calendar.intervals(utc("2026-10-24 12:00"))) == (begin, utc(f"2026-10-25 {end}"))

    @pytest.mark.parametrize(
        ("zone", "day", "length"),
        [
            ("America/Sao_Paulo", "2018-11-04", 23),  # 00:00 is skipped
            ("America/Sao_Paulo", "2018-02-17", 25),  # 24:00 goes back to 23:00
            ("Asia/Beirut", "2026-03-29", 23),
            ("Asia/Beirut", "2026-10-24", 25),
            ("Africa/Cairo", "2026-04-24", 23),
            ("Africa/Cairo", "2026-10-29", 25),
            ("Australia/Lord_Howe", "2026-10-04", 23.5),
            ("Australia/Lord_Howe", "2026-04-05", 24.5),
            ("America/St_Johns", "2010-11-06", 24),  # 00:01 goes back to 23:01: of its two ends it has the first
            ("America/St_Johns", "2010-11-07", 25),
        ],
    )
    def test_a_day_that_is_open_throughout_is_as_long_as_it_is(self, zone: str, day: str, length: float) -> None:
        calendar = BusinessCalendar(zone, {}, shifts={day: [("00:00", "24:00")]})
        [(opens, closes)] = calendar.intervals(utc("2000-01-01 00:00"))
        assert closes - opens == hours(length)

    def test_hours_at_a_midnight_that_does_not_exist_begin_at_one(self) -> None:
        calendar = BusinessCalendar("America/Sao_Paulo", daily(("00:00", "02:00")))
        assert next(calendar.intervals(utc("2018-11-04 00:00"))) == (utc("2018-11-04 03:00"), utc("2018-11-04 04:00"))

    def test_a_change_of_half_an_hour_moves_by_half_an_hour(self) -> None:
        calendar = BusinessCalendar("Australia/Lord_Howe", daily(("02:15", "03:00")))
        # 02:00 becomes 02:30, at +11: 02:15 does not exist and is 02:45.
        assert next(calendar.intervals(utc("2026-10-03 15:00"))) == (utc("2026-10-03 15:45"), utc("2026-10-03 16:00"))

    def test_a_date_that_a_zone_left_out_adds_its_spans_to_the_next(self) -> None:
        shifts: Mapping[str, Spans] = {"2011-12-30": [("15:00", "16:00")], "2011-12-31": [("09:00", "10:00")]}
        calendar = BusinessCalendar("Pacific/Apia", {}, shifts=shifts)
        assert list(calendar.intervals(utc("2011-12-01 00:00"))) == [
            (at("2011-12-31 09:00", "Pacific/Apia"), at("2011-12-31 10:00", "Pacific/Apia")),
            (at("2011-12-31 15:00", "Pacific/Apia"), at("2011-12-31 16:00", "Pacific/Apia")),
        ]

    def test_a_date_that_a_zone_left_out_is_not_counted_twice(self) -> None:
        calendar = BusinessCalendar("Pacific/Apia", daily(("09:00", "17:00")))
        start, end = at("2011-12-29 00:00", "Pacific/Apia"), at("2012-01-01 00:00", "Pacific/Apia")
        assert calendar.elapsed(start, end) == hours(16)


class TestRefused:
    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: BusinessCalendar(BERLIN, {}), "no hours"),
            (lambda: BusinessCalendar(BERLIN, {"mon": []}), "no hours"),
            (lambda: BusinessCalendar(BERLIN, {}, shifts={"2026-11-20": []}), "no hours"),
            (lambda: BusinessCalendar("Europe/Nowhere", OFFICE), "“Europe/Nowhere” is no known time zone"),
            (lambda: BusinessCalendar("", OFFICE), "no known time zone"),
            (lambda: BusinessCalendar("../etc/passwd", OFFICE), "no known time zone"),
            (lambda: BusinessCalendar("Europe", OFFICE), "no known time zone"),
            (lambda: BusinessCalendar(BERLIN, {"Mon": [("09:00", "17:00")]}), "“Mon” is no weekday"),
            (lambda: BusinessCalendar(BERLIN, {"monday": []}), "“monday” is no weekday"),
            (lambda: BusinessCalendar(BERLIN, {"tue": [("17:00", "09:00")]}), "hours of tue: 17:00 to 09:00"),
            (lambda: BusinessCalendar(BERLIN, {"tue": [("09:00", "09:00")]}), "hours of tue: 09:00 to 09:00"),
            (lambda: BusinessCalendar(BERLIN, {"tue": [("24:00", "24:00")]}), "does not begin before it ends"),
            (lambda: BusinessCalendar(BERLIN, OFFICE, shifts={"20.11.2026": []}), "“20.11.2026” is no date"),
            (
                lambda: BusinessCalendar(BERLIN, OFFICE, shifts={"2026-11-20": [("9", "10:00")]}),
                "shift of 2026-11-20: “9”",
            ),
            (
                lambda: BusinessCalendar(BERLIN, OFFICE, breaks={"2026-11-20": [("10:00", "9")]}),
                "break of 2026-11-20: “9”",
            ),
            (lambda: BusinessCalendar(BERLIN, OFFICE, breaks={"2026-11-20": [("11:00", "10:00")]}), "11:00 to 10:00"),
            (lambda: BusinessCalendar(BERLIN, OFFICE, breaks={"2026-13-01": []}), "“2026-13-01” is no date"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, make: Callable[[], object], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            make()

    @pytest.mark.parametrize(
        "text",
        ["", "9:00", "09:0", "09.00", "24:01", "25:00", "09:60", "-1:00", "09:00:00", " 09:00", "09:00\n", "0٩:00"],
    )
    def test_a_malformed_time_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="is no time"):
            BusinessCalendar(BERLIN, {"mon": [(text, "24:00")]})

    @pytest.mark.parametrize(
        "text", ["", "20261120", "2026-11-31", "2026-W47-5", "2026-11-2", "2026-11-20\n", "2026-11-20T00:00"]
    )
    def test_a_malformed_date_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="is no date"):
            BusinessCalendar(BERLIN, OFFICE, holidays=[text])

    def test_an_instant_without_a_zone_is_refused_at_once(self) -> None:
        aware = at("2026-11-20 12:00")
        asked: list[Callable[[], object]] = [
            lambda: office.add(NAIVE, HOUR),
            lambda: office.add(NAIVE, NOTHING),
            lambda: office.subtract(NAIVE, HOUR),
            lambda: office.elapsed(NAIVE, aware),
            lambda: office.elapsed(aware, NAIVE),
            lambda: office.is_open(NAIVE),
            lambda: office.intervals(NAIVE),
            lambda: office.intervals_before(NAIVE),
        ]
        for ask in asked:
            with pytest.raises(ValueError, match="needs a time zone"):
                ask()

    def test_a_negative_duration_is_refused(self) -> None:
        for ask in (office.add, office.subtract):
            with pytest.raises(ValueError, match="negative"):
                ask(at("2026-11-20 12:00"), -timedelta(microseconds=1))

    def test_an_end_before_the_start_is_refused(self) -> None:
        with pytest.raises(ValueError, match="before the start"):
            office.elapsed(at("2026-11-20 12:00"), at("2026-11-20 11:59"))


class TestHorizon:
    short = BusinessCalendar(BERLIN, {}, shifts={"2020-02-03": [("09:00", "11:00")]})

    def test_behind_the_last_shift_nothing_is_found_and_nothing_is_searched(self) -> None:
        assert list(self.short.intervals(at("2020-02-03 10:00"))) == [(at("2020-02-03 10:00"), at("2020-02-03 11:00"))]
        assert list(self.short.intervals(at("2026-11-20 12:00"))) == []
        assert not self.short.is_open(at("2026-11-20 12:00"))
        assert self.short.elapsed(at("1970-01-01 00:00"), at("2400-01-01 00:00")) == hours(2)
        with pytest.raises(ValueError, match="not so much business time left"):
            self.short.add(at("2020-02-03 10:00"), hours(1.5))

    def test_before_the_first_shift_nothing_is_found_either(self) -> None:
        assert list(self.short.intervals_before(at("2020-02-03 10:00"))) == [
            (at("2020-02-03 09:00"), at("2020-02-03 10:00"))
        ]
        assert list(self.short.intervals_before(at("1999-01-01 00:00"))) == []
        with pytest.raises(ValueError, match="not so much business time before"):
            self.short.subtract(at("2026-11-20 12:00"), hours(2.5))

    def test_a_shift_far_ahead_is_found(self) -> None:
        far = BusinessCalendar(BERLIN, {}, shifts={"2150-02-03": [("09:00", "11:00")]})
        assert far.add(at("2026-11-20 12:00"), HOUR) == at("2150-02-03 10:00")
        assert far.subtract(at("2400-11-20 12:00"), HOUR) == at("2150-02-03 10:00")

    def test_at_the_ends_of_all_dates_nothing_breaks(self) -> None:
        first, last = (one.replace(tzinfo=UTC) for one in (datetime.min, datetime.max))  # noqa: DTZ901 - made aware here
        assert not office.is_open(first)
        assert not office.is_open(last)
        assert list(office.intervals(last)) == []
        assert list(office.intervals_before(first)) == []
        with pytest.raises(ValueError, match="left"):
            office.add(last, HOUR)
        with pytest.raises(ValueError, match="before"):
            office.subtract(first, HOUR)


class TestVersion:
    def test_the_same_content_has_the_same_version_however_it_is_written(self) -> None:
        shifts: Mapping[str, Spans] = {"2026-12-24": [("09:00", "10:00")], "2026-12-31": [("09:00", "11:00")]}
        one = BusinessCalendar(BERLIN, OFFICE, shifts=shifts, holidays=["2026-12-25", "2026-12-26"])
        other = BusinessCalendar(
            BERLIN,
            {day: tuple(OFFICE.get(day, ())) for day in reversed(WEEK)},
            shifts={day: shifts[day] for day in sorted(shifts, reverse=True)},
            breaks={"2026-12-01": []},
            holidays={"2026-12-26", "2026-12-25"},
        )
        assert one.version == other.version

    def test_it_stays_the_same_from_one_run_to_the_next(self) -> None:
        assert office.version == BusinessCalendar(BERLIN, OFFICE).version == "688a9c4a35a6"

    @pytest.mark.parametrize(
        "other",
        [
            BusinessCalendar("Europe/Paris", OFFICE),
            BusinessCalendar(BERLIN, {**OFFICE, "sat": [("09:00", "10:00")]}),
            BusinessCalendar(BERLIN, OFFICE, shifts={"2026-12-24": [("09:00", "13:00")]}),
            BusinessCalendar(BERLIN, OFFICE, shifts={"2026-12-24": []}),
            BusinessCalendar(BERLIN, OFFICE, breaks={"2026-12-24": [("09:00", "13:00")]}),
            BusinessCalendar(BERLIN, OFFICE, holidays=["2026-12-24"]),
        ],
    )
    def test_any_difference_gives_another(self, other: BusinessCalendar) -> None:
        assert other.version != office.version


def test_what_was_handed_in_may_be_changed_afterwards() -> None:
    week = {"fri": [("09:00", "17:00")]}
    calendar = BusinessCalendar(BERLIN, week)
    week["fri"].clear()
    assert calendar.is_open(at("2026-11-20 12:00"))


def test_only_a_bounded_number_of_years_is_kept() -> None:
    calendar = BusinessCalendar(BERLIN, OFFICE)
    calendar.elapsed(at("1990-01-01 00:00"), at("2050-01-01 00:00"))
    assert calendar._years._year.cache_info().currsize == 32

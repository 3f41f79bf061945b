"""Business time agrees with an oracle that walks minute by minute, and keeps its laws, in any zone, over any change."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.business_hours import BusinessCalendar, BusinessTime
from bot.domain.calendar_history import CalendarHistory
from tests.property.business_oracle import MINUTE, WEEK, Described, Spans, open_minutes

CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/Berlin", date(2026, 12, 31)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 17)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Toronto", date(1919, 3, 30)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Asia/Kathmandu", date(2027, 1, 1)),
]
"""Where clocks change, at midnight or by half an hour or by a whole day too, and the turns of years."""

AROUND = 4
"""Days on either side of it that a question may be about; what is walked is longer by a day."""


def time_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Many at the times where clocks change, the others anywhere.
TIMES = st.one_of(st.sampled_from([0, 60, 90, 105, 120, 150, 165, 180, 1380, 1410, 1440]), st.integers(0, 1440))
SPANS = st.lists(
    st.tuples(TIMES, TIMES)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: (time_text(min(pair)), time_text(max(pair)))),
    max_size=3,
)


@st.composite
def described(draw: st.DrawFn, zone: str, day: date) -> Described:
    dates = st.integers(-AROUND, AROUND).map(lambda days: (day + timedelta(days=days)).isoformat())
    hours: Mapping[str, Spans] = draw(st.dictionaries(st.sampled_from(WEEK), SPANS, min_size=3))
    some = draw(st.sampled_from(WEEK))
    return Described(
        zone=zone,
        hours={**hours, some: [*hours.get(some, ()), ("09:00", "10:00")]},
        shifts=draw(st.dictionaries(dates, SPANS, max_size=3)),
        breaks=draw(st.dictionaries(dates, SPANS, max_size=3)),
        holidays=draw(st.frozensets(dates, max_size=2)),
    )


def made(what: Described) -> BusinessCalendar:
    return BusinessCalendar(what.zone, what.hours, shifts=what.shifts, breaks=what.breaks, holidays=what.holidays)


class Walked:
    """A few days, minute by minute. ``begin`` and ``end`` are far enough from the first and last that were walked."""

    def __init__(self, minutes: set[datetime], day: date) -> None:
        self.noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.begin, self.end = self.noon - timedelta(days=AROUND), self.noon + timedelta(days=AROUND)
        self.minutes = sorted(minutes)

    def within(self, start: datetime, end: datetime) -> list[datetime]:
        """The open minutes that begin in there; both are whole minutes."""
        return self.minutes[bisect_left(self.minutes, start) : bisect_left(self.minutes, end)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[BusinessTime, Walked]:
    """A calendar, or one that was changed for another at some minute, and its walk."""
    zone, day = draw(st.sampled_from(CHANGES))
    first, last = (day + timedelta(days=sign * (AROUND + 3)) for sign in (-1, 1))
    one = draw(described(zone, day))
    minutes = open_minutes(one, first, last)
    if draw(st.integers(0, 2)):
        return made(one), Walked(minutes, day)
    other = draw(described(*draw(st.sampled_from([(zone, day), ("Asia/Tokyo", day)]))))
    change = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(-2000, 2000)) * MINUTE
    history = CalendarHistory([(change - timedelta(days=90), made(one)), (change, made(other))])
    later = {minute for minute in open_minutes(other, first, last) if minute >= change}
    return history, Walked({minute for minute in minutes if minute < change} | later, day)


OFFSETS = st.integers(0, 2 * AROUND * 24 * 60)
SOONER_LATER = st.tuples(OFFSETS, OFFSETS).map(sorted)
DURATIONS = st.builds(timedelta, minutes=st.integers(0, 6000), microseconds=st.integers(0, 59_999_999))
SECONDS = st.builds(timedelta, microseconds=st.integers(0, 59_999_999))


@settings(max_examples=150, deadline=None)
@given(cases(), SOONER_LATER)
def test_as_many_minutes_pass_as_are_walked(case: tuple[BusinessTime, Walked], offsets: Sequence[int]) -> None:
    calendar, walked = case
    start, end = (walked.begin + offset * MINUTE for offset in offsets)
    between = walked.within(start, end)
    assert calendar.elapsed(start, end) == len(between) * MINUTE
    assert calendar.is_open(start) is (start in walked.within(start, start + MINUTE))
    for minutes in {1, len(between) // 2, len(between)} - {0}:
        if minutes <= len(between):
            assert calendar.add(start, minutes * MINUTE) == between[minutes - 1] + MINUTE
            assert calendar.subtract(end, minutes * MINUTE) == between[-minutes]


@settings(max_examples=80, deadline=None)
@given(cases(), SOONER_LATER, SECONDS)
def test_intervals_are_ascending_apart_and_the_minutes_that_are_walked(
    case: tuple[BusinessTime, Walked], offsets: Sequence[int], seconds: timedelta
) -> None:
    calendar, walked = case
    start, end = (walked.begin + offset * MINUTE for offset in offsets)
    found = list(takewhile(lambda one: one[0] < end, calendar.intervals(start)))
    back = list(takewhile(lambda one: one[1] > start, calendar.intervals_before(end)))
    for some in (found, back[::-1]):
        assert all(opens < closes for opens, closes in some)
        assert all(one[1] <= other[0] for one, other in pairwise(some))
        cut = [(max(opens, start), min(closes, end)) for opens, closes in some]
        assert [minute for opens, closes in cut for minute in minutes_of(opens, closes)] == walked.within(start, end)
    inside = start + seconds
    assert all(opens >= inside for opens, _ in takewhile(lambda one: one[0] < end, calendar.intervals(inside)))


def minutes_of(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * MINUTE for number in range((end - start) // MINUTE)]


@settings(max_examples=150, deadline=None)
@given(cases(), OFFSETS, SECONDS, DURATIONS)
def test_adding_and_measuring_are_each_other_s_inverse(
    case: tuple[BusinessTime, Walked], offset: int, seconds: timedelta, duration: timedelta
) -> None:
    calendar, walked = case
    at = walked.begin + offset * MINUTE + seconds
    due = calendar.add(at, duration)
    assert calendar.elapsed(at, due) == duration
    since = calendar.subtract(at, duration)
    assert calendar.elapsed(since, at) == duration
    if duration:  # the earliest, and the latest: a moment nearer is not enough
        moment = timedelta(microseconds=1)
        assert calendar.elapsed(at, due - moment) < duration
        assert calendar.elapsed(since + moment, at) < duration
    assert calendar.add(since, duration) <= at
    assert calendar.subtract(due, duration) >= at


@settings(max_examples=80, deadline=None)
@given(cases(), SOONER_LATER, SECONDS, DURATIONS, DURATIONS)
def test_later_starts_and_longer_durations_are_never_due_earlier(
    case: tuple[BusinessTime, Walked], offsets: Sequence[int], seconds: timedelta, one: timedelta, more: timedelta
) -> None:
    calendar, walked = case
    sooner, later = walked.begin + offsets[0] * MINUTE, walked.begin + offsets[1] * MINUTE + seconds
    assert calendar.add(sooner, one) <= calendar.add(later, one) <= calendar.add(later, one + more)
    assert calendar.subtract(sooner, one) <= calendar.subtract(later, one)
    assert calendar.add(calendar.add(sooner, one), more) == calendar.add(sooner, one + more)


@settings(max_examples=80, deadline=None)
@given(cases(), st.lists(OFFSETS, min_size=3, max_size=3).map(sorted), SECONDS)
def test_parts_of_a_stretch_add_up_to_the_whole(
    case: tuple[BusinessTime, Walked], offsets: Sequence[int], seconds: timedelta
) -> None:
    calendar, walked = case
    start, middle, end = (walked.begin + offset * MINUTE + seconds for offset in offsets)
    whole = calendar.elapsed(start, end)
    assert calendar.elapsed(start, middle) + calendar.elapsed(middle, end) == whole
    assert timedelta() <= whole <= end - start


@settings(max_examples=60, deadline=None)
@given(cases(), SOONER_LATER, SECONDS, DURATIONS)
def test_a_calendar_s_short_cuts_give_what_its_intervals_give(
    case: tuple[BusinessTime, Walked], offsets: Sequence[int], seconds: timedelta, duration: timedelta
) -> None:
    calendar, walked = case
    start, end = walked.begin + offsets[0] * MINUTE, walked.begin + offsets[1] * MINUTE + seconds
    assert calendar.add(start, duration) == BusinessTime.add(calendar, start, duration)
    assert calendar.subtract(end, duration) == BusinessTime.subtract(calendar, end, duration)
    assert calendar.elapsed(start, end) == BusinessTime.elapsed(calendar, start, end)
    assert calendar.is_open(end) is BusinessTime.is_open(calendar, end)

"""Which days ``supportbot report`` is about."""

from datetime import date

import pytest

from bot.domain.errors import CommandError
from bot.domain.report_period import Period, last_full_week, period_of

TODAY = date(2026, 11, 25)  # a Wednesday


def asked(first: str = "", last: str = "") -> tuple[date, date]:
    period = period_of(first, last, today=TODAY)
    return period.since, period.until


def test_both_days_are_in_it() -> None:
    assert asked("2026-11-16", "2026-11-22") == (date(2026, 11, 16), date(2026, 11, 23))


def test_a_single_day_can_be_asked_for() -> None:
    assert asked("2026-11-16", "2026-11-16") == (date(2026, 11, 16), date(2026, 11, 17))


def test_without_days_it_is_the_last_full_week() -> None:
    assert asked() == (date(2026, 11, 16), date(2026, 11, 23))


def test_a_week_is_over_on_monday_and_not_on_sunday() -> None:
    over = Period(since=date(2026, 11, 16), until=date(2026, 11, 23))
    assert last_full_week(date(2026, 11, 23)) == over
    assert last_full_week(date(2026, 11, 22)) == Period(since=date(2026, 11, 9), until=date(2026, 11, 16))


def test_a_first_day_alone_means_up_to_today() -> None:
    assert asked("2026-11-20") == (date(2026, 11, 20), date(2026, 11, 26))


def test_a_last_day_alone_means_the_seven_days_that_end_with_it() -> None:
    assert asked(last="2026-11-22") == (date(2026, 11, 16), date(2026, 11, 23))


def test_days_to_come_may_be_in_it_but_not_be_all() -> None:
    assert asked("2026-11-23", "2026-11-30") == (date(2026, 11, 23), date(2026, 12, 1))
    with pytest.raises(CommandError, match="2026-11-26 is yet to come"):
        asked("2026-11-26", "2026-11-30")
    with pytest.raises(CommandError, match="yet to come"):
        asked("2026-12-01")


@pytest.mark.parametrize("text", ["20261116", "2026-W47-1", "16.11.2026", "2026-02-30", "yesterday", "２０２６-11-16"])
def test_a_malformed_date_is_named_with_its_option(text: str) -> None:
    with pytest.raises(CommandError, match=f'--from "{text}" is no date.*year-month-day'):
        asked(text)
    with pytest.raises(CommandError, match=f'--to "{text}" is no date'):
        asked("2026-11-16", text)


def test_days_the_wrong_way_round_are_named() -> None:
    with pytest.raises(CommandError, match="--from 2026-11-22 is after --to 2026-11-16"):
        asked("2026-11-22", "2026-11-16")


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", ""), ("", "0001-01-03"), ("2000-01-01", "9999-12-31")])
def test_what_no_calendar_can_hold_is_refused_in_words(first: str, last: str) -> None:
    with pytest.raises(CommandError, match=r"too long ago|more than ten years"):
        asked(first, last)


def test_ten_years_are_possible() -> None:
    since, until = asked("2016-11-25", "2026-11-24")
    assert (until - since).days == 3652


def test_a_period_is_not_backwards() -> None:
    with pytest.raises(ValueError, match="is after"):
        Period(since=date(2026, 11, 17), until=date(2026, 11, 16))

"""Durations, instants, shares and links, as the board says them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.web.board_words import cut, moment, percent, span, stamp, web_link

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)  # a Tuesday, 11:30 in Berlin


@pytest.mark.parametrize(
    ("seconds", "clock", "business"),
    [
        (0, "under 1 min", "under 1 min"),
        (59, "under 1 min", "under 1 min"),
        (60, "1 min", "1 min"),
        (3599, "59 min", "59 min"),
        (3600, "1 h", "1 h"),
        (4859, "1 h 20 min", "1 h 20 min"),
        (-4860, "1 h 21 min", "1 h 21 min"),
        (86399, "23 h 59 min", "23 h 59 min"),
        (86400, "1 d", "24 h"),
        (100_000, "1 d 3 h", "27 h"),
        (100_000_000, "1,157 d 9 h", "27,777 h"),
    ],
)
def test_a_duration_is_rounded_down_and_business_time_has_no_days(seconds: int, clock: str, business: str) -> None:
    assert span(timedelta(seconds=seconds)) == clock
    assert span(timedelta(seconds=seconds), business=True) == business


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-07-14T11:00+02:00", "today 11:00"),
        ("2026-07-13T22:30+00:00", "today 00:30"),
        ("2026-07-13T21:59+00:00", "yesterday 23:59"),
        ("2026-07-15T09:00+02:00", "tomorrow 09:00"),
        ("2026-07-20T11:00+02:00", "Mon 11:00"),
        ("2026-07-21T11:00+02:00", "Tue 21 Jul 11:00"),
        ("2026-07-07T11:00+02:00", "Tue 7 Jul 11:00"),
        ("2027-01-01T11:00+01:00", "Fri 1 Jan 2027 11:00"),
    ],
)
def test_an_instant_is_as_short_as_it_is_clear(at: str, text: str) -> None:
    assert moment(datetime.fromisoformat(at), NOW, BERLIN).text == text


def test_an_instant_is_there_for_machines_too_with_its_offset() -> None:
    assert moment(NOW, NOW, BERLIN).iso == "2026-07-14T11:30:00+02:00"
    assert stamp(NOW, BERLIN).text == "Tue 14 Jul 11:30"


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0 %"), (0.001, "under 1 %"), (0.925, "92 %"), (0.9999, "over 99 %"), (1, "100 %")],
)
def test_only_all_of_them_are_a_hundred_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_long_and_broken_texts_become_one_line() -> None:
    assert cut("a\n\n  b\tc", 10) == "a b c"
    assert cut("abcdef", 5) == "abcd…"
    assert len(cut("x" * 1_000_000, 180)) == 180


@pytest.mark.parametrize("address", ["https://desk.example.org/conversation/7?a=b#c", "http://127.0.0.1:8080/x"])
def test_what_a_browser_may_open_stays(address: str) -> None:
    assert web_link(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "JAVASCRIPT://x/%0aalert(1)",
     "data:text/html,x", "//evil.example", "/relative", "https:", "https://", "ftp://x/y", "http://[::1",
     "https://a b/", "https://a/\n", "vbscript:x", "file:///etc/passwd"],
)  # fmt: skip
def test_anything_else_is_no_link(address: str) -> None:
    assert web_link(address) == ""

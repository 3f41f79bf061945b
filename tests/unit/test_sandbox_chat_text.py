"""Discord's markup in the terminal: as people see it, with distances by the time of the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.chat_text import as_read

NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


def stamp(after: timedelta, style: str = ":R") -> str:
    """A time as it stands in a message."""
    return f"<t:{int((NOW + after).timestamp())}{style}>"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(minutes=59, seconds=50), "in 1 hour"),
        (timedelta(minutes=24), "in 24 minutes"),
        (timedelta(seconds=3), "in 1 minute"),
        (timedelta(days=3), "in 3 days"),
        (-timedelta(minutes=5), "5 minutes ago"),
    ],
)
def test_a_distance_is_counted_from_the_time_of_the_sandbox(after: timedelta, words: str) -> None:
    assert as_read(f"due {stamp(after)}.", {}, NOW) == f"due {words}."


@pytest.mark.parametrize("style", ["", ":f", ":F"])
def test_a_moment_is_told_in_utc(style: str) -> None:
    assert as_read(stamp(timedelta(hours=4), style), {}, NOW) == "Wed 13:00 UTC"


def test_mentions_bear_names_and_marks_are_gone() -> None:
    text = "<@&7> ticket **#12** of <@8> and <@9>\n> It fails\n\nPlease check."
    names = {7: "On call", 8: "Mia"}
    assert as_read(text, names, NOW) == "@On call ticket #12 of @Mia and @somebody It fails Please check."


def test_a_long_link_is_cut_and_a_short_one_is_not() -> None:
    short = "https://help.example/12"
    assert as_read(short, {}, NOW) == short
    assert as_read(f"{short}/{'9' * 40}/{'8' * 40}", {}, NOW) == "https://help.example/12/99999999999999…"

"""What a request looks like before a person has triaged it."""

import pytest

from bot.domain.sla_policy import Priority
from bot.domain.suggestion import suggest

WORDS = ("data loss", "cannot log in", "can't log in", "outage")


@pytest.mark.parametrize(
    "text", ["We have a data loss!", "DATA LOSS", "data\n  loss", "a\N{NO-BREAK SPACE}data\N{NO-BREAK SPACE}loss"]
)
def test_words_of_the_settings_make_it_critical_in_any_case_and_spacing(text: str) -> None:
    found = suggest(text, WORDS)
    assert (found.priority, found.is_critical, found.word, found.label) == (Priority.P0, True, "data loss", "bug")


@pytest.mark.parametrize("apostrophe", ["'", "\N{RIGHT SINGLE QUOTATION MARK}"])
@pytest.mark.parametrize("written", ["can't log in", "can\N{RIGHT SINGLE QUOTATION MARK}t log in"])
def test_either_apostrophe_will_do_in_the_text_and_in_the_settings(apostrophe: str, written: str) -> None:
    assert suggest(f"I can{apostrophe}t log in", [written]).is_critical


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_word_in_the_settings_hides_no_other(empty: str) -> None:
    assert suggest("There is an outage", [empty, "outage"]).word == "outage"
    assert not suggest("How do I log in?", [empty]).is_critical


def test_without_such_words_it_is_p2() -> None:
    found = suggest("The export fails with an error", WORDS)
    assert (found.priority, found.is_critical, found.word) == (Priority.P2, False, "")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The export fails", "bug"),
        ("It doesn\N{RIGHT SINGLE QUOTATION MARK}t work", "bug"),
        ("Could you add dark mode?", "feature"),
        ("It would be nice to sort", "feature"),
        ("How do I invite somebody?", "question"),
        ("", "question"),
    ],
)
def test_the_label_is_guessed_from_the_words(text: str, label: str) -> None:
    assert suggest(text, WORDS).label == label


def test_an_error_weighs_more_than_a_wish() -> None:
    assert suggest("I wish the crash were gone", WORDS).label == "bug"


def test_the_first_word_found_is_named_as_the_settings_write_it() -> None:
    assert suggest("an outage with data loss", ["Outage", "data loss"]).word == "Outage"


def test_no_words_no_alarm() -> None:
    assert not suggest("data loss", ()).is_critical


def test_what_stands_far_below_is_not_looked_at() -> None:
    assert suggest("x " * 49_000 + "outage", WORDS).is_critical
    assert not suggest("x " * 50_000 + "outage", WORDS).is_critical

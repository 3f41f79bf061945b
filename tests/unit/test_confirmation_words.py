"""What counts as an answer to the question whether it is solved, and what as thanks."""

import pytest

from bot.domain.confirmation import LONGEST_THANKS, Answer, choices, is_thanks, read_choice, read_reaction, read_words
from bot.domain.ids import LinkId

THANKS = ("thanks", "thank you", "thx", "danke")


@pytest.mark.parametrize(
    "words", ["yes", "Yes!", "Yes, thanks!", "yes thank you so much", "Ja", "Solved", "👍🏽", "✅"]
)
def test_a_short_yes_is_one(words: str) -> None:
    assert read_words(words, THANKS) is Answer.YES


@pytest.mark.parametrize("words", ["no", "No.", "nein", "nope", "❌", "👎🏿"])
def test_a_short_no_is_one(words: str) -> None:
    assert read_words(words, THANKS) is Answer.NO


@pytest.mark.parametrize(
    "words",
    [
        "",
        "?",
        "yes but the import fails now",
        "yes, and who pays for this",
        "no it still fails",
        "not yet",
        "no thanks",
        "thanks",
        "is it solved",
        "yesterday",
        "noted",
    ],
)
def test_whatever_says_more_or_less_is_a_message(words: str) -> None:
    assert read_words(words, THANKS) is None


@pytest.mark.parametrize(
    ("emoji", "answer"),
    [
        ("✅", Answer.YES),
        ("👍", Answer.YES),
        ("👍🏾", Answer.YES),
        ("✔️", Answer.YES),
        ("❌", Answer.NO),
        ("👎", Answer.NO),
        ("❤️", None),
        ("👀", None),
    ],
)
def test_reactions_of_any_skin_or_style_are_read(emoji: str, answer: Answer | None) -> None:
    assert read_reaction(emoji) is answer


@pytest.mark.parametrize(
    "words", ["Thanks", "Thank you!", "thanks a lot, that helped", "Danke", "ok thx", "Thanks Lea", "Many thanks 👍"]
)
def test_thanks_and_courtesies_ask_for_nothing(words: str) -> None:
    assert is_thanks(words, THANKS)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "hello",
        "ok",
        "thanks but it fails again",
        "Thanks, but no",
        "thanks, still broken",
        "Thanks. When is the next release?",
        "thanks it crashes",
        "Danke, geht aber noch immer nicht",
        "thanks the export shows wrong numbers",
        "thankless task",
        "thanks " + "a lot " * 12,
    ],
)
def test_thanks_that_say_more_are_read_by_somebody(words: str) -> None:
    assert not is_thanks(words, THANKS)


def test_the_phrases_of_thanks_are_those_of_the_settings() -> None:
    assert is_thanks("merci", ("merci",))
    assert not is_thanks("merci", THANKS)


def test_long_thanks_are_no_thanks() -> None:
    words = "thanks " * 20
    assert len(words) > LONGEST_THANKS
    assert not is_thanks(words, THANKS)


def test_a_button_holds_its_answer_and_ticket() -> None:
    assert [read_choice(one.choice) for one in choices(LinkId("a:b"))] == [
        (Answer.YES, LinkId("a:b")),
        (Answer.NO, LinkId("a:b")),
    ]


@pytest.mark.parametrize("choice", ["", "solved", "solved:yes", "solved:yes:", "solved:maybe:l", "other:yes:l"])
def test_other_buttons_are_none_of_these(choice: str) -> None:
    assert read_choice(choice) is None

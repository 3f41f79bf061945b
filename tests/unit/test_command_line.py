"""Typed text becomes a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import parse, usage
from bot.domain.commands import CATALOGUE, CLOSE, TRIAGE
from bot.domain.triage import Checked, Mistake, check


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("!triage bug P1", {"label": "bug", "priority": "P1"}),
        ("!triage 1234 bug P1", {"ticket": "1234", "label": "bug", "priority": "P1"}),
        ("!triage #1234 bug P1", {"ticket": "#1234", "label": "bug", "priority": "P1"}),
        (
            "  !Triage  1234   question P2  asked  twice ",
            {"ticket": "1234", "label": "question", "priority": "P2", "note": "asked  twice"},
        ),
        ("!triage", {}),
        ("!help", {}),
        ("!close 12 duplicate", {"ticket": "12", "reason": "duplicate"}),
        ("!close duplicate of 12", {"reason": "duplicate", "surplus": "of 12"}),
    ],
)
def test_a_typed_command_is_read(text: str, options: dict[str, str]) -> None:
    typed = parse(text)
    assert typed is not None
    assert typed.options == options


@pytest.mark.parametrize(
    "text", ["", "!", "! triage", "!important: the export fails", "please !triage", "triage bug P1"]
)
def test_what_is_no_known_command_is_an_ordinary_message(text: str) -> None:
    assert parse(text) is None


@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    parse("!triage " + text)
    parse(text)


def test_the_usage_names_options_in_typed_order() -> None:
    assert usage(TRIAGE) == "!triage [ticket] bug|feature|question P0|P1|P2 [note]"
    assert usage(CLOSE) == "!close [ticket] not-a-request|answered|duplicate"


def test_choices_are_taken_in_any_case_and_kept_in_theirs() -> None:
    checked = check(TRIAGE, {"label": "BUG", "priority": "p0", "ticket": "#0012"})
    assert checked == Checked(values={"label": "bug", "priority": "P0"}, ticket=12)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, "label"),
        ({"label": "bug"}, "priority"),
        ({"label": "P1", "priority": "bug"}, "label"),
        ({"label": "bug", "priority": "P1", "ticket": "twelve"}, "ticket"),
        ({"label": "bug", "priority": "P1", "ticket": "١٢"}, "ticket"),
        ({"label": "bug", "priority": "P1", "surplus": "x"}, "surplus"),
    ],
)
def test_a_mistake_names_the_option(options: dict[str, str], wrong: str) -> None:
    mistake = check(TRIAGE, options)
    assert isinstance(mistake, Mistake)
    assert mistake.option == wrong


@pytest.mark.parametrize("command", CATALOGUE, ids=lambda command: command.name)
def test_every_command_can_be_typed_and_shown_by_discord(command: object) -> None:
    """Names lower case and at most 32 characters, descriptions at most 100, required options first
    (facts/discord.md).
    """
    assert command in CATALOGUE
    for entry in CATALOGUE:
        assert entry.name == entry.name.lower()
        assert len(entry.name) <= 32
        assert 0 < len(entry.description) <= 100
        assert set(entry.typed) == {option.name for option in entry.options}
        required = [option.required for option in entry.options]
        assert required == sorted(required, reverse=True)
        assert all(0 < len(option.description) <= 100 for option in entry.options)
        assert all(len(choice.label) <= 100 for option in entry.options for choice in option.choices)

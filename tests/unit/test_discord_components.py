"""Menus, buttons and forms as Discord gets them: complete where its limits allow, and never beyond them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from adapters.discord.components import marks_of, rows_of
from adapters.discord.forms import command_and_ticket, filled_in, modal_of
from adapters.discord.parts import parts_of
from bot.domain.chat import ChatAddress, ChatChoice, ChatLink, ChatMenu, MenuOption, OutgoingMessage, Platform
from bot.domain.commands import TRIAGE, Choice, Command, CommandForm, Option, OptionKind, Permission
from bot.domain.richtext import from_plain
from sandbox.discord.component_checks import form_faults, row_faults

TAKE = ChatChoice(choice="card:take:7", label="Take", emoji="🙋")
DESK = ChatLink(label="Open", url="https://desk.example.org/7")


def menu(name: str = "label", count: int = 2, **changes: Any) -> ChatMenu:
    options = tuple(MenuOption(value=f"v{number}", label=f"Value {number}") for number in range(count))
    return ChatMenu(choice=f"card:{name}:7", placeholder="Choose", options=options, **changes)


def rows(shown: Sequence[Any]) -> list[list[Mapping[str, Any]]]:
    assert list(row_faults([dict(row) for row in shown])) == []
    return [row["components"] for row in shown]


def test_each_menu_has_a_row_and_choices_and_links_share_one() -> None:
    label, priority, buttons = rows(rows_of(menus=(menu(), menu("priority")), choices=(TAKE,), links=(DESK,)))
    assert label == [
        {
            "type": 3,
            "custom_id": "card:label:7",
            "placeholder": "Choose",
            "options": [{"label": "Value 0", "value": "v0"}, {"label": "Value 1", "value": "v1"}],
        }
    ]
    assert [each["custom_id"] for each in priority] == ["card:priority:7"]
    take, desk = buttons
    assert (take["custom_id"], take["style"], take["emoji"]) == ("card:take:7", 2, {"name": "🙋"})
    assert desk == {"type": 2, "style": 5, "url": DESK.url, "label": "Open"}


def test_what_was_chosen_is_shown_as_chosen() -> None:
    (shown,) = rows(rows_of(menus=(menu(chosen="v1"),)))
    assert [option.get("default", False) for option in shown[0]["options"]] == [False, True]
    (shown,) = rows(rows_of(menus=(menu(chosen="gone"),)))
    assert not any("default" in option for option in shown[0]["options"])


def test_limits_are_kept_and_what_cannot_be_shown_is_left_out() -> None:
    many = [ChatChoice(choice=f"c{number}", label="x" * 90, emoji="") for number in range(12)]
    assert [len(row) for row in rows(rows_of(choices=many))] == [5, 5, 2]
    assert len(rows(rows_of(menus=[menu(str(number)) for number in range(4)], choices=many))) == 5
    (full,) = rows(rows_of(menus=(menu(count=30),)))
    assert len(full[0]["options"]) == 25
    wide = ChatMenu(choice="c", placeholder="p" * 200, options=(MenuOption(value="v", label="l" * 200),))
    assert rows(rows_of(menus=(wide, menu(count=0))))
    odd = (ChatLink(label="x" * 90, url="https://x.org"), ChatLink(label="l", url="javascript:x"))
    long = ChatLink(label="l", url="https://x.org/" + "y" * 600)
    assert [len(row) for row in rows(rows_of(links=(*odd, long)))] == [1]


def test_the_last_part_alone_has_menus_and_buttons_and_the_first_alone_pings() -> None:
    message = OutgoingMessage(
        delivery_id="d",
        address=ChatAddress(platform=Platform.DISCORD, room="20"),
        text=from_plain("word " * 1000),
        menus=(menu(),),
        choices=(TAKE,),
        links=(DESK,),
        pages=("role:8", "@tom:x.org", "user:9"),
    )
    parts = parts_of(message)
    assert [len(part.components) for part in parts] == [0, 0, 2]
    assert parts[0].content.startswith("<@&8> <@9> word")
    assert [bool(part.pings.targets) for part in parts] == [True, False, False]
    assert all(len(part.content) <= 2000 for part in parts)


def test_a_message_of_ours_is_told_by_its_ids_and_links() -> None:
    shown = rows_of(menus=(menu(),), choices=(TAKE,), links=(DESK,))
    assert marks_of(shown) == {"card:label:7", "card:take:7", DESK.url}
    assert marks_of([]) == frozenset()


def form(*options: Option, title: str = "Triage", **presets: str) -> dict[str, Any]:
    command = Command(name="triage", description="d", permission=Permission.TRIAGER, options=options)
    return modal_of(CommandForm(command=command, title=title, ticket="7", options=options, presets=presets)).to_dict()


async def test_a_form_has_a_menu_for_choices_and_a_field_for_words() -> None:
    options = [option for option in TRIAGE.options if option.name != "ticket"]
    shown = form(*options, label="feature", note="why not")
    assert (shown["title"], shown["custom_id"]) == ("Triage", "form:triage:7")
    assert list(form_faults(shown["components"])) == []
    assert [field["label"] for field in shown["components"]] == ["Label", "Priority", "Note"]
    label, priority, note = (field["component"] for field in shown["components"])
    assert [each["value"] for each in label["options"] if each.get("default")] == ["feature"]
    assert not any(each.get("default") for each in priority["options"])
    assert (label["required"], priority["required"], note["required"]) == (True, True, False)
    assert (note["type"], note["style"], note["value"]) == (4, 2, "why not")


async def test_a_form_keeps_discords_limits() -> None:
    choices = tuple(Choice(value=f"v{number}", label="l" * 200) for number in range(40))
    wide = [
        Option(name=f"o{number}", description="d" * 200, kind=OptionKind.CHOICE, choices=choices) for number in range(7)
    ]
    shown = form(*wide, title="t" * 99)
    assert (len(shown["title"]), len(shown["components"])) == (45, 5)
    assert list(form_faults(shown["components"])) == []
    assert shown["components"][0]["component"]["min_values"] == 0


def test_what_comes_back_names_command_ticket_and_what_was_filled_in() -> None:
    fields = [
        {"type": 18, "id": 1, "component": {"type": 3, "id": 2, "custom_id": "label", "values": ["bug"]}},
        {"type": 18, "id": 3, "component": {"type": 3, "id": 4, "custom_id": "priority", "values": []}},
        {"type": 1, "id": 5, "components": [{"type": 4, "id": 6, "custom_id": "note", "value": "why"}]},
        {"type": 18, "id": 7, "component": {"type": 4, "id": 8, "custom_id": "more", "value": ""}},
    ]
    data = {"custom_id": "form:triage:7", "components": fields}
    assert filled_in(data) == {"label": "bug", "note": "why", "ticket": "7"}


@pytest.mark.parametrize(
    ("custom_id", "named"),
    [("form:triage:7", ("triage", "7")), ("form:triage", None), ("", None), ("card:take:7", None), ("form::7", None)],
)
def test_only_our_own_forms_are_ours(custom_id: str, named: tuple[str, str] | None) -> None:
    assert command_and_ticket(custom_id) == named

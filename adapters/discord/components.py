"""Menus and buttons of a message as Discord's rows (API reference, "Component Reference").

What goes beyond Discord's limits is left out or cut: a message without its sixth row is better than none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.chat import ChatChoice, ChatLink, ChatMenu

Json = Mapping[str, Any]

_ROW, _BUTTON, _SELECT = 1, 2, 3
_GREY, _LINK = 2, 5
_MOST_ROWS = 5
_BUTTONS_IN_A_ROW = 5
_MOST_OPTIONS = 25
_BUTTON_LABEL_LIMIT = 80
_OPTION_LIMIT = 100
_PLACEHOLDER_LIMIT = 150
_URL_LIMIT = 512
_OPENABLE = ("http://", "https://")


def rows_of(
    *, menus: Sequence[ChatMenu] = (), choices: Sequence[ChatChoice] = (), links: Sequence[ChatLink] = ()
) -> list[Json]:
    """A row for each menu, then choices and links together, five in a row."""
    rows = [[_menu(menu)] for menu in menus if menu.options]
    buttons = [*map(_button, choices), *(_link(link) for link in links if _can_be_opened(link.url))]
    rows += [buttons[at : at + _BUTTONS_IN_A_ROW] for at in range(0, len(buttons), _BUTTONS_IN_A_ROW)]
    return [{"type": _ROW, "components": row} for row in rows[:_MOST_ROWS]]


def options_of(entries: Iterable[tuple[str, str]], chosen: str) -> list[Json]:
    """The entries of a menu from values and labels, with the chosen one preset."""
    options: list[Json] = []
    for value, label in entries:
        option = {"label": label[:_OPTION_LIMIT] or value, "value": value}
        options.append({**option, "default": True} if value == chosen else option)
    return options[:_MOST_OPTIONS]


def marks_of(components: Sequence[Json]) -> frozenset[str]:
    """By what a message of ours can be told when it reads otherwise: its buttons' and menus' ids, and its links."""
    found: set[str] = set()
    for component in components:
        found |= marks_of(component.get("components") or ())
        found |= {str(component[name]) for name in ("custom_id", "url") if component.get(name)}
    return frozenset(found)


def _menu(menu: ChatMenu) -> Json:
    return {
        "type": _SELECT,
        "custom_id": menu.choice,
        "placeholder": menu.placeholder[:_PLACEHOLDER_LIMIT],
        "options": options_of(((option.value, option.label) for option in menu.options), menu.chosen),
    }


def _button(choice: ChatChoice) -> Json:
    button = {"type": _BUTTON, "style": _GREY, "custom_id": choice.choice, "label": choice.label[:_BUTTON_LABEL_LIMIT]}
    return {**button, "emoji": {"name": choice.emoji}} if choice.emoji else button


def _link(link: ChatLink) -> Json:
    return {"type": _BUTTON, "style": _LINK, "url": link.url, "label": link.label[:_BUTTON_LABEL_LIMIT]}


def _can_be_opened(url: str) -> bool:
    return url.startswith(_OPENABLE) and len(url) <= _URL_LIMIT

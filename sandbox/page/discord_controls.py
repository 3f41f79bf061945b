"""The controls below a message in Discord as the page shows them: buttons, menus, and buttons that are links."""

from typing import Any

from sandbox.discord import Message

Json = dict[str, Any]

BUTTON, MENU = 2, 3
PLAIN = 2


def controls(message: Message) -> list[list[Json]]:
    """Row by row; what the page cannot draw is left out."""
    rows = [[_control(each) for each in row.get("components", [])] for row in message.components]
    return [[each for each in row if each] for row in rows]


def _control(component: Json) -> Json:
    if component.get("type") == MENU:
        return _menu(component)
    if component.get("type") == BUTTON:
        return _button(component)
    return {}


def _button(component: Json) -> Json:
    emoji = str((component.get("emoji") or {}).get("name") or "")
    return {
        "id": str(component.get("custom_id") or ""),
        "label": " ".join(filter(None, (emoji, str(component.get("label") or "")))),
        "style": int(component.get("style") or PLAIN),
        "href": str(component.get("url") or ""),
        "disabled": bool(component.get("disabled")),
    }


def _menu(component: Json) -> Json:
    options = [{"value": str(each["value"]), "label": str(each["label"])} for each in component.get("options", [])]
    chosen = [str(each["value"]) for each in component.get("options", []) if each.get("default")]
    return {
        "id": str(component.get("custom_id") or ""),
        "placeholder": str(component.get("placeholder") or "Make a selection"),
        "options": options,
        "chosen": chosen[0] if chosen else "",
        "disabled": bool(component.get("disabled")),
    }

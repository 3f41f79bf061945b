"""Discord's limits of rows, buttons, menus and form fields (API reference, "Component Reference")."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

ROW, BUTTON, SELECT, TEXT_INPUT, LABEL = 1, 2, 3, 4, 18
LINK_STYLE = 5


def row_faults(components: list[Json]) -> Iterator[str]:
    """What Discord would refuse in the rows of a message."""
    if len(components) > 5:
        yield "more than 5 rows"
    for row in components:
        inner = row.get("components") or []
        if row.get("type") != ROW or not inner:
            yield "something that is no row, or an empty row"
        kinds = {each.get("type") for each in inner}
        if len(inner) > (5 if kinds == {BUTTON} else 1):
            yield "a row with more than 5 buttons, or with a menu and something else"
        for each in inner:
            yield from _button_faults(each) if each.get("type") == BUTTON else _select_faults(each)
    yield from _id_faults([each for row in components for each in row.get("components") or []])


def form_faults(components: list[Json]) -> Iterator[str]:
    """What Discord would refuse in the fields of a form; a field in a plain row is an older way."""
    fields = []
    for outer in components:
        if outer.get("type") == LABEL:
            yield from _length_fault("label", outer.get("label"), 1, 45)
            yield from _length_fault("description", outer.get("description"), 0, 100)
            fields.append(outer.get("component") or {})
        elif outer.get("type") == ROW:
            fields += outer.get("components") or []
    for field in fields:
        yield from _field_faults(field) if field.get("type") == TEXT_INPUT else _select_faults(field)
    yield from _id_faults(fields)


def _button_faults(button: Json) -> Iterator[str]:
    yield from _length_fault("button label", button.get("label"), 0, 80)
    is_link = button.get("style") == LINK_STYLE
    if bool(button.get("url")) != is_link or bool(button.get("custom_id")) == is_link:
        yield "a link button needs a url and no custom_id, any other the opposite"
    if is_link and not str(button.get("url")).startswith(("http://", "https://", "discord://")):
        yield "a link button's scheme"
    yield from _length_fault("url", button.get("url"), 0, 512)


def _select_faults(select: Json) -> Iterator[str]:
    if select.get("type") != SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= 25:
        yield f"a menu of {len(options)} options"
    if len({option.get("value") for option in options}) != len(options):
        yield "two options with one value"
    if sum(bool(option.get("default")) for option in options) > int(select.get("max_values") or 1):
        yield "more defaults than may be chosen"
    yield from _length_fault("placeholder", select.get("placeholder"), 0, 150)
    for option in options:
        yield from _length_fault("option label", option.get("label"), 1, 100)
        yield from _length_fault("option value", option.get("value"), 1, 100)


def _field_faults(field: Json) -> Iterator[str]:
    yield from _length_fault("value", field.get("value"), 0, 4000)
    yield from _length_fault("placeholder", field.get("placeholder"), 0, 100)
    if not 1 <= int(field.get("max_length") or 4000) <= 4000:
        yield "max_length of a text field"


def _id_faults(components: list[Json]) -> Iterator[str]:
    ids = [str(each["custom_id"]) for each in components if "custom_id" in each]
    if len(set(ids)) != len(ids):
        yield "one custom_id twice"
    for each in ids:
        yield from _length_fault("custom_id", each, 1, 100)


def _length_fault(name: str, text: Any, least: int, most: int) -> Iterator[str]:
    if not least <= len(str(text or "")) <= most:
        yield f"{name} of {len(str(text or ''))} characters"

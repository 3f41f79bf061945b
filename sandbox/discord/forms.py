"""What Discord's own forms make of a person's input: typed command options, pressed components, filled-in fields."""

from typing import Any

from sandbox.discord.component_checks import SELECT
from sandbox.discord.entities import Channel, Member, Role, User

Json = dict[str, Any]


def typed_options(declared: list[Json], given: dict[str, Any], *, focused: str | None) -> list[Json]:
    """The options as Discord's form sends them; ValueError for what the form would not let through."""
    by_name = {each["name"]: each for each in declared}
    if strange := given.keys() - by_name.keys():
        raise ValueError(f"unknown options: {', '.join(sorted(strange))}")
    missing = [each["name"] for each in declared if each.get("required") and each["name"] not in given]
    if missing and focused is None:
        raise ValueError(f"required options missing: {', '.join(missing)}")
    options = []
    for name, value in given.items():
        option = by_name[name]
        allowed = [choice["value"] for choice in option.get("choices") or []]
        if allowed and name != focused and value not in allowed:
            raise ValueError(f"{value!r} is no choice of {name!r}: {allowed}")
        plain = str(value.id) if isinstance(value, Member | Role | Channel | User) else value
        sent: Json = {"name": name, "type": option["type"], "value": plain}
        if name == focused:
            sent["focused"] = True
        options.append(sent)
    return options


def find_component(components: list[Json], custom_id: str) -> Json:
    """A component by its custom_id, however deep; LookupError when there is none."""
    for component in components:
        if component.get("custom_id") == custom_id:
            return component
        inner = [*component.get("components", []), *([component["accessory"]] if "accessory" in component else [])]
        try:
            return find_component(inner, custom_id)
        except LookupError:
            continue
    raise LookupError(f"no component {custom_id!r} on the message")


def choosable(component: Json, value: str) -> Json:
    """The menu, if this can be chosen in it; ValueError for what Discord's own menu does not offer."""
    if component["type"] != SELECT or component.get("disabled"):
        raise ValueError(f"{component.get('custom_id')!r} is no menu, or is disabled")
    offered = [option["value"] for option in component["options"]]
    if value not in offered:
        raise ValueError(f"{value!r} is not offered: {offered}")
    return component


def links_of(components: list[Json]) -> dict[str, str]:
    """The addresses that link buttons open, by label."""
    found: dict[str, str] = {}
    for component in components:
        found |= links_of(component.get("components") or [])
        if component.get("url"):
            found[component.get("label") or ""] = component["url"]
    return found


def field_names(components: list[Json]) -> set[str]:
    """The ids of a form's fields."""
    found: set[str] = set()
    for component in components:
        inner = [*component.get("components", []), *([component["component"]] if "component" in component else [])]
        found |= field_names(inner) | ({component["custom_id"]} if "custom_id" in component else set())
    return found


def filled_field(component: Json, values: dict[str, str]) -> Json:
    """A form's field with what was typed or chosen; ValueError for what Discord's own form does not let through."""
    filled: Json = {"type": component["type"], "id": component["id"]}
    if "component" in component:
        filled["component"] = filled_field(component["component"], values)
    if "components" in component:
        filled["components"] = [filled_field(each, values) for each in component["components"]]
    if "custom_id" in component:
        name = filled["custom_id"] = component["custom_id"]
        given = values.get(name, _preset(component))
        if component.get("required", True) and not given:
            raise ValueError(f"{name!r} must be filled in")
        if component["type"] == SELECT:
            filled["values"] = [given] if given and choosable(component, given) else []
        else:
            filled["value"] = given
            if len(given) > int(component.get("max_length") or 4000):
                raise ValueError(f"{name!r} takes {component.get('max_length') or 4000} characters")
    return filled


def _preset(component: Json) -> str:
    """What a field says before anybody touches it."""
    chosen = [option["value"] for option in component.get("options") or [] if option.get("default")]
    return str(component.get("value") or (chosen[0] if chosen else ""))

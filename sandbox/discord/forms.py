"""What Discord's own forms make of a person's input: typed command options, pressed components, filled-in fields."""

from typing import Any

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


def filled_field(component: Json, values: dict[str, str]) -> Json:
    """A form's field with what was typed into it."""
    filled: Json = {"type": component["type"], "id": component["id"]}
    if "component" in component:
        filled["component"] = filled_field(component["component"], values)
    if "components" in component:
        filled["components"] = [filled_field(each, values) for each in component["components"]]
    if "custom_id" in component:
        typed = values.get(component["custom_id"], component.get("value", ""))
        filled["custom_id"] = component["custom_id"]
        filled |= {"value": typed} if component["type"] == 4 else {"values": [typed]}
    return filled

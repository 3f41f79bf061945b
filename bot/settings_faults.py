"""How a fault in the settings is told: as a colleague would, with the key to edit and the way out.

Values are never repeated: a secret may have been pasted beside the wrong key.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.domain.errors import SettingsFault

_PLAIN = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text in quotes",
    "string_pattern_mismatch": "is not written as it should be",
    "tuple_type": "must be a list, in square brackets",
    "list_type": "must be a list, in square brackets",
    "dict_type": "must be a table of names and values",
    "model_attributes_type": "must be a table of names and values",
    "model_type": "must be a table of names and values",
    "too_short": "needs at least one entry",
}


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean X?``, or nothing where no known name is near."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def fault_of(error: ErrorDetails, settings: type[BaseModel]) -> SettingsFault:
    """One error of the model's validation, told for the operator."""
    names, entry = _place(error["loc"])
    return SettingsFault(key=".".join(names), problem=f"{entry}{_problem(error, settings)}")


def unknown_section(name: str, settings: type[BaseModel]) -> SettingsFault:
    """The fault of a heading, or of a key above the first heading, that there is none of."""
    near = nearest(name, settings.model_fields) or _elsewhere(name, settings)
    return SettingsFault(key=name, problem=f"is not a section{near}")


def _place(loc: Sequence[int | str]) -> tuple[list[str], str]:
    """The dotted key as far as a file has one, and ``entry 2: `` for what lies inside a list."""
    path = [part for part in loc if part != "[key]"]
    inside = next((index for index, part in enumerate(path) if isinstance(part, int)), None)
    if inside is None:
        return [str(part) for part in path], ""
    rest = "".join(f"{part} " for part in path[inside + 1 :])
    return [str(part) for part in path[:inside]], f"entry {int(path[inside]) + 1}: {rest}"


def _problem(error: ErrorDetails, settings: type[BaseModel]) -> str:
    context: Mapping[str, Any] = error.get("ctx") or {}
    match error["type"]:
        case "missing":
            return _missing(_field_at(settings, error["loc"]))
        case "extra_forbidden":
            return _unknown(error["loc"], settings)
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"must be one of {context['expected']}"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "greater_than_equal":
            return f"must be {context['ge']} or more"
        case "less_than_equal":
            return f"must be {context['le']} or less"
        case plain:
            return _PLAIN.get(plain, "cannot be used as it is")


def _missing(field: FieldInfo | None) -> str:
    said = f"; {field.description}" if field is not None and field.description else ""
    example = f", for example {field.examples[0]}" if field is not None and field.examples else ""
    return f"is missing{said}{example}"


def _unknown(loc: Sequence[int | str], settings: type[BaseModel]) -> str:
    model = _model_at(settings, loc[:-1])
    known = list(model.model_fields) if model is not None else []
    return f"is not a setting{nearest(str(loc[-1]), known) or _elsewhere(str(loc[-1]), settings)}"


def _elsewhere(key: str, settings: type[BaseModel]) -> str:
    """The section that has this key, for a line that slipped under the wrong heading."""
    for section, field in settings.model_fields.items():
        model = _model_of(field)
        if model is not None and key in model.model_fields:
            return f"; there is {section}.{key}"
    return ""


def _field_at(settings: type[BaseModel], loc: Sequence[int | str]) -> FieldInfo | None:
    model = _model_at(settings, loc[:-1])
    return model.model_fields.get(str(loc[-1])) if model is not None else None


def _model_at(settings: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = settings
    for part in loc:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if model is not None else None
        model = _model_of(field) if field is not None else None
    return model


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model a field holds, by itself, optionally, or in a list."""
    candidates: list[Any] = [field.annotation]
    while candidates:
        candidate = candidates.pop()
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
        candidates.extend(getattr(candidate, "__args__", ()))
    return None

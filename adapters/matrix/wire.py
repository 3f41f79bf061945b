"""Typed reading of untrusted JSON: what foreign servers put into events is not always what the specification says.

Each reader gives the value when it has the expected type and an empty one otherwise, so that a string where an object
belongs costs a field and never the sync loop (facts/matrix.md 3.2).
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def text_of(value: object, *path: str) -> str:
    """The string at `path`, or ""."""
    found = _walk(value, path)
    return found if isinstance(found, str) else ""


def number_of(value: object, *path: str) -> int | None:
    """The integer at `path`, or None."""
    found = _walk(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def object_of(value: object, *path: str) -> Json:
    """The object at `path`, or an empty one."""
    found = _walk(value, path)
    return found if isinstance(found, dict) else {}


def objects_of(value: object, *path: str) -> Iterator[Json]:
    """The objects in the list at `path`; other elements are left out."""
    found = _walk(value, path)
    if isinstance(found, list):
        yield from (element for element in found if isinstance(element, dict))


def flag_of(value: object, *path: str) -> bool:
    """Whether there is a true value at `path`."""
    return _walk(value, path) is True


def _walk(value: object, path: tuple[str, ...]) -> object:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value

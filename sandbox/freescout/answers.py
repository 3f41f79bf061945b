"""Answers as FreeScout gives them: bodies and status codes of the API module, and HTML where something else answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_PAGE = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, body (JSON when a dict, else text or bytes) and headers of one answer."""

    status: int
    body: Json | str | bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """The request is refused with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refused(message: str, path: str = "") -> RefusedError:
    """400 with the body of the real module, which differs from its documentation (facts 1.1)."""
    errors = [{"path": path, "message": message, "source": "JSON"}]
    return RefusedError(Answer(status=400, body={"message": "Error occurred", "_embedded": {"errors": errors}}))


def required(parameter: str, path: str | None = None) -> RefusedError:
    """400 for a missing parameter; the real message has back ticks round the name."""
    return refused(f"`{parameter}` parameter is required", path or parameter)


def module_missing(name: str) -> RefusedError:
    """400 for a route that needs a module this installation does not have."""
    return refused(f"{name} module is not installed or not activated")


def not_found() -> RefusedError:
    """404 for an object that is not there."""
    return RefusedError(Answer(status=404, body={"message": "Not Found", "_embedded": {"errors": []}}))


def html(status: int, title: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A page in place of JSON: the framework's, the proxy's or a login page."""
    return Answer(status=status, body=_PAGE.format(title=title), content_type="text/html", headers=headers or {})


def no_content() -> Answer:
    """204, the answer of PUT and DELETE."""
    return Answer(status=204)


def created(resource_id: int, body: Json | None) -> Answer:
    """201; `body` is None where the version answers with the Resource-ID header only."""
    return Answer(status=201, body=body, headers={"Resource-ID": str(resource_id)})


def listing(name: str, items: Sequence[Json], *, page: int, size: int, total: int) -> Answer:
    """200 with one page of a list."""
    pages = {"size": size, "totalElements": total, "totalPages": -(-total // size), "number": page}
    return Answer(status=200, body={"_embedded": {name: list(items)}, "page": pages})

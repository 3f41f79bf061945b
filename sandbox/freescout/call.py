"""One API call on its way through the simulator: what was asked, what it may touch, and what was odd about it."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.freescout.answers import Answer, Json, created, listing
from sandbox.freescout.options import Options
from sandbox.freescout.records import Problem, RecordedRequest
from sandbox.freescout.store import Store, as_id, iso

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
# Enough for every test and benchmark; a sandbox left running for days must not grow without end.
KEPT_REQUESTS = 50_000

_UNSAFE_HTML = re.compile(r"<\s*(script|iframe|object|embed)\b|<[^>]+\son[a-z]+\s*=|<[^>]+javascript:", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class World:
    """What every part of the simulator shares. `announced` takes an Announcement to the webhooks."""

    store: Store
    options: Options
    url: str = ""
    bot_user_id: int = 0
    requests: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    problems: list[Problem] = field(default_factory=list)
    announced: Callable[[Any], None] = lambda _announcement: None


@dataclass(slots=True, kw_only=True)
class Call:
    """One request: `ids` are the numbers in its path, `body` its JSON object (empty when there is none)."""

    world: World
    method: str
    path: str
    ids: tuple[int, ...]
    query: Mapping[str, str]
    body: Json

    @property
    def store(self) -> Store:
        """The database."""
        return self.world.store

    @property
    def options(self) -> Options:
        """The installation's variants."""
        return self.world.options

    def problem(self, message: str) -> None:
        """Note something FreeScout would swallow silently."""
        self.world.problems.append(Problem(method=self.method, path=self.path, message=message))

    def expect(self, given: Mapping[str, Any], known: Iterable[str], where: str = "body") -> None:
        """Note every field that the API does not know: FreeScout ignores it, so a typing slip would go unseen."""
        for name in given.keys() - set(known):
            self.problem(f"unknown field `{name}` in {where}")

    def expect_query(self, known: Iterable[str]) -> None:
        """The same for query parameters; the key may always be there."""
        self.expect(self.query, {*known, "api_key"}, "query")

    def expect_safe(self, markup: str) -> None:
        """Note active content in a body: FreeScout stores it raw, so the writer has to escape what people typed."""
        if _UNSAFE_HTML.search(markup):
            self.problem("text holds active HTML that should have been escaped")

    def flag(self, given: Mapping[str, Any], name: str) -> bool:
        """A documented boolean, taken as PHP takes it."""
        value = given.get(name)
        if value is not None and not isinstance(value, bool):
            self.problem(f"`{name}` should be a real boolean")
        return not is_empty(value)

    def instant(self, given: Mapping[str, Any], name: str) -> str | None:
        """A date parameter as stored text; one that is no ISO 8601 date is ignored and noted."""
        value = given.get(name)
        if is_empty(value):
            return None
        parsed = _parse(value)
        if parsed is None:
            self.problem(f"`{name}` is not an ISO 8601 date in UTC")
        return parsed

    def created(self, resource_id: int, body: Json) -> Answer:
        """201 in this version's manner."""
        return created(resource_id, None if self.options.empty_201 else body)

    def paging(self) -> tuple[int, int]:
        """(page, page size) as asked for."""
        page = as_id(self.query.get("page")) or 1
        size = as_id(self.query.get("pageSize")) or DEFAULT_PAGE_SIZE
        return page, min(size, MAX_PAGE_SIZE)

    def page_of(self, name: str, items: list[Json]) -> Answer:
        """One page of a list that is small enough to be built whole."""
        page, size = self.paging()
        start = (page - 1) * size
        return listing(name, items[start : start + size], page=page, size=size, total=len(items))


def is_empty(value: object) -> bool:
    """PHP's `empty()`: also true for the text "0", which is why FreeScout refuses it as a message."""
    return value in (None, "", "0", 0, False) or value in ([], {})


def as_object(value: object) -> Json:
    """A JSON object, or an empty one when something else was sent."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A JSON array, or an empty one when something else was sent."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Text of a scalar; everything else is nothing."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _parse(value: object) -> str | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\dT", value):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return iso(parsed) if parsed.tzinfo is not None else iso(parsed.replace(tzinfo=UTC))

"""Lists with filters, order and pages, the same for conversations and customers."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.freescout.answers import Answer, Json, listing
from sandbox.freescout.call import Call, is_empty


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter, the condition it adds (every `?` takes the value), and how the value is prepared."""

    name: str
    condition: str
    prepare: Callable[[str], Any] = str


def list_rows(
    call: Call,
    name: str,
    table: str,
    filters: Sequence[Filter],
    sorts: Mapping[str, str],
    shape: Callable[[sqlite3.Row], Json],
    conditions: Sequence[tuple[str, Sequence[Any]]] = (),
    extra_parameters: Sequence[str] = (),
) -> Answer:
    """200 with the page asked for. `sorts` maps sort fields to columns; the newest come first unless told otherwise.

    `createdSince` and `updatedSince` include the instant they name. Unknown parameters are ignored, and noted.
    """
    known = {"page", "pageSize", "sortField", "sortOrder", "createdSince", "updatedSince", *extra_parameters}
    call.expect_query(known | {item.name for item in filters})
    parts = [condition for condition, _ in conditions]
    values = [value for _, given in conditions for value in given]
    for item in filters:
        given = call.query.get(item.name)
        if not is_empty(given):
            parts.append(item.condition)
            values.extend([item.prepare(str(given))] * item.condition.count("?"))
    for parameter, column in (("createdSince", "created_at"), ("updatedSince", "updated_at")):
        since = call.instant(call.query, parameter)
        if since is not None:
            parts.append(f"{column} >= ?")
            values.append(since)
    where = f"WHERE {' AND '.join(parts)}" if parts else ""
    total = call.store.row(f"SELECT count(*) AS found FROM {table} {where}", *values)  # noqa: S608 - conditions of our own
    page, size = call.paging()
    query = f"SELECT * FROM {table} {where} ORDER BY {_order(call, sorts)} LIMIT ? OFFSET ?"  # noqa: S608
    rows = call.store.rows(query, *values, size, (page - 1) * size)
    return listing(name, [shape(row) for row in rows], page=page, size=size, total=int(total["found"]) if total else 0)


def _order(call: Call, sorts: Mapping[str, str]) -> str:
    field = call.query.get("sortField") or "createdAt"
    if field not in sorts:
        call.problem(f"unknown sortField `{field}`")
        field = "createdAt"
    direction = call.query.get("sortOrder") or "desc"
    if direction not in ("asc", "desc"):
        call.problem(f"unknown sortOrder `{direction}`")
        direction = "desc"
    # The id settles equal seconds, so that pages neither repeat nor miss a row.
    return f"{sorts[field]} {direction}, id {direction}"

"""Custom fields of a mailbox and their values; a dropdown's value is the number of an option."""

import json
from collections.abc import Sequence
from typing import Any

from sandbox.freescout.answers import Answer, Json, module_missing, no_content, not_found, refused
from sandbox.freescout.call import Call, as_object, as_text, is_empty


def put(call: Call) -> Answer:
    """PUT /conversations/{id}/custom_fields."""
    _require_module(call)
    if call.store.one("conversation", call.ids[0]) is None:
        raise not_found()
    call.expect(call.body, {"customFields"})
    given = call.body.get("customFields")
    if not isinstance(given, list):
        raise refused("`customFields` parameter is required", "customFields")
    store_values(call, call.ids[0], given)
    return no_content()


def listed(call: Call) -> Answer:
    """GET /mailboxes/{id}/custom_fields."""
    _require_module(call)
    if call.store.one("mailbox", call.ids[0]) is None:
        raise not_found()
    rows = call.store.rows("SELECT * FROM custom_field WHERE mailbox_id = ? ORDER BY id", call.ids[0])
    items: list[Json] = [
        {
            "id": row["id"],
            "name": row["name"],
            "type": row["type"],
            "options": json.loads(row["options"]) or "",
            "required": False,
            "sortOrder": place,
        }
        for place, row in enumerate(rows, start=1)
    ]
    return call.page_of("custom_fields", items)


def store_values(call: Call, conversation_id: int, given: Sequence[Any]) -> None:
    """Store values of a request. What no field or option matches is stored or dropped without an error, and noted."""
    for item in given:
        entry = as_object(item)
        call.expect(entry, {"id", "value"}, "customFields")
        field = call.store.one("custom_field", entry.get("id"))
        if field is None:
            call.problem(f"no custom field with id {entry.get('id')}")
            continue
        value = as_text(entry.get("value"))
        if field["type"] == "dropdown" and value and value not in json.loads(field["options"]):
            call.problem(f"custom field `{field['name']}` has no option number `{value}`")
        if is_empty(value):
            call.store.execute(
                "DELETE FROM custom_value WHERE conversation_id = ? AND field_id = ?", conversation_id, field["id"]
            )
        else:
            call.store.execute(
                "INSERT OR REPLACE INTO custom_value VALUES (?, ?, ?)", conversation_id, field["id"], value
            )


def _require_module(call: Call) -> None:
    if "custom_fields" not in call.options.modules:
        raise module_missing("Custom Fields")

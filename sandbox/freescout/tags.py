"""Tags: replaced as a whole, made when unknown. Setting them does not move a conversation's `updatedAt`."""

from sandbox.freescout.answers import Answer, Json, module_missing, no_content, refused
from sandbox.freescout.call import Call, as_text
from sandbox.freescout.conversations import existing
from sandbox.freescout.store import Store


def replace(call: Call) -> Answer:
    """PUT /conversations/{id}/tags."""
    _require_module(call)
    conversation_id = existing(call.world, call.ids[0])["id"]
    call.expect(call.body, {"tags"})
    given = call.body.get("tags")
    if not isinstance(given, list):
        raise refused("`tags` parameter is required", "tags")
    call.store.execute("DELETE FROM conversation_tag WHERE conversation_id = ?", conversation_id)
    for name in given:
        if as_text(name).strip():
            attach(call.store, conversation_id, as_text(name).strip())
    return no_content()


def listed(call: Call) -> Answer:
    """GET /tags, of one conversation or all."""
    _require_module(call)
    call.expect_query({"conversationId", "page", "pageSize"})
    query = "SELECT id, name, (SELECT count(*) FROM conversation_tag WHERE tag_id = id) AS counter FROM tag"
    conversation_id = call.query.get("conversationId")
    if conversation_id:
        query += " WHERE id IN (SELECT tag_id FROM conversation_tag WHERE conversation_id = ?)"
    rows = call.store.rows(f"{query} ORDER BY id", *([conversation_id] if conversation_id else []))
    items: list[Json] = [{**dict(row), "color": 0} for row in rows]
    return call.page_of("tags", items)


def attach(store: Store, conversation_id: int, name: str) -> None:
    """Put a tag on a conversation; upper and lower case are one tag, written as it was first."""
    store.execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", name)
    store.execute(
        "INSERT OR IGNORE INTO conversation_tag (conversation_id, tag_id) SELECT ?, id FROM tag WHERE name = ?",
        conversation_id,
        name,
    )


def _require_module(call: Call) -> None:
    if "tags" not in call.options.modules:
        raise module_missing("Tags")

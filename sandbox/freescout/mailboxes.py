"""Mailboxes, their folders, and users: what the bot looks up when it starts."""

from sandbox.freescout.answers import Answer, Json, module_missing, not_found
from sandbox.freescout.call import Call
from sandbox.freescout.conversation_list import folder_condition
from sandbox.freescout.shapes import user_json


def listed(call: Call) -> Answer:
    """GET /mailboxes."""
    call.expect_query({"userId", "page", "pageSize"})
    items: list[Json] = [
        {
            "id": row["id"],
            "name": row["name"],
            "email": row["email"],
            "createdAt": row["created_at"],
            "updatedAt": row["created_at"],
        }
        for row in call.store.rows("SELECT * FROM mailbox ORDER BY id")
    ]
    return call.page_of("mailboxes", items)


def folders(call: Call) -> Answer:
    """GET /mailboxes/{id}/folders."""
    if call.store.one("mailbox", call.ids[0]) is None:
        raise not_found()
    items: list[Json] = []
    for row in call.store.rows("SELECT * FROM folder WHERE mailbox_id = ? ORDER BY id", call.ids[0]):
        name, condition, values = folder_condition(row)
        columns = "count(*) AS total, coalesce(sum(status = 'active'), 0) AS active"
        counts = call.store.rows(f"SELECT {columns} FROM conversation WHERE {condition}", *values)[0]  # noqa: S608
        items.append(
            {
                "id": row["id"],
                "name": name.capitalize(),
                "type": row["type"],
                "userId": row["user_id"],
                "totalCount": counts["total"],
                "activeCount": counts["active"],
                "meta": None,
            }
        )
    return call.page_of("folders", items)


def users(call: Call) -> Answer:
    """GET /users."""
    call.expect_query({"email", "page", "pageSize"})
    rows = call.store.rows("SELECT * FROM user ORDER BY id")
    email = call.query.get("email")
    return call.page_of("users", [user_json(row) for row in rows if not email or row["email"] == email])


def user(call: Call) -> Answer:
    """GET /users/{id}."""
    row = call.store.one("user", call.ids[0])
    if row is None:
        raise not_found()
    return Answer(status=200, body=user_json(row))


def time_tracking(_call: Call) -> Answer:
    """Routes of the Time Tracking module, which is never installed here."""
    raise module_missing("Time Tracking")


def crm(_call: Call) -> Answer:
    """Routes of the CRM module, which is never installed here."""
    raise module_missing("CRM")

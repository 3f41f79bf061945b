"""Rows as the API shows them (facts 1.3)."""

import json
import sqlite3
from collections.abc import Collection
from urllib.parse import quote

from sandbox.freescout.answers import Json
from sandbox.freescout.call import World
from sandbox.freescout.store import FOLDER_TYPES, Store


def customer_json(store: Store, row: sqlite3.Row | None) -> Json:
    """A customer with everything known of it."""
    if row is None:
        return {}
    emails = store.rows("SELECT id, value, type FROM email WHERE customer_id = ? ORDER BY id", row["id"])
    websites = [{"id": 0, "value": item["value"]} for item in json.loads(row["websites"])]
    return {
        "id": row["id"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "company": row["company"],
        "jobTitle": row["job_title"],
        "photoType": row["photo_type"] or "unknown",
        "photoUrl": row["photo_url"] or "",
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "notes": row["notes"],
        "_embedded": {
            "emails": [dict(email) for email in emails],
            "phones": [{"id": 0, **item} for item in json.loads(row["phones"])],
            "social_profiles": [{"id": 0, **item} for item in json.loads(row["social_profiles"])],
            "websites": websites,
            "address": json.loads(row["address"]),
        },
    }


def customer_person(store: Store, customer_id: int | None) -> Json | None:
    """A customer in short; the e-mail is empty text when there is none."""
    row = store.row(
        "SELECT id, first_name, last_name, photo_url,"
        " (SELECT value FROM email WHERE customer_id = customer.id ORDER BY id LIMIT 1) AS email"
        " FROM customer WHERE id = ?",
        customer_id,
    )
    return None if row is None else _person("customer", row, row["photo_url"] or "")


def user_person(store: Store, user_id: int | None) -> Json | None:
    """A user in short."""
    row = store.row("SELECT id, first_name, last_name, email FROM user WHERE id = ?", user_id)
    return None if row is None else _person("user", row, "")


def user_json(row: sqlite3.Row) -> Json:
    """A user in full."""
    return {
        "id": row["id"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "email": row["email"],
        "role": row["role"],
        "alternateEmails": "",
        "jobTitle": "",
        "phone": "",
        "timezone": "UTC",
        "photoUrl": "",
        "language": "en",
        "createdAt": row["created_at"],
        "updatedAt": row["created_at"],
    }


def conversation_json(world: World, row: sqlite3.Row, embed: Collection[str]) -> Json:
    """A conversation; threads and tags only when asked for, custom fields only with their module."""
    store = world.store
    assignee = user_person(store, row["assignee_id"])
    embedded: Json = {"threads": threads_json(world, row["id"], assignee) if "threads" in embed else []}
    if "tags" in embed and "tags" in world.options.modules:
        embedded["tags"] = tags_json(store, row["id"])
    if "timelogs" in embed:
        embedded["timelogs"] = []
    shown: Json = {
        "id": row["id"],
        "number": row["id"] + world.options.number_offset,
        "threadsCount": row["threads_count"],
        "type": row["type"],
        "folderId": folder_of(store, row),
        "status": row["status"],
        "state": row["state"],
        "subject": row["subject"],
        "preview": row["preview"],
        "mailboxId": row["mailbox_id"],
        "assignee": assignee,
        "createdBy": _creator(store, row),
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "closedBy": row["closed_by"],
        "closedByUser": user_person(store, row["closed_by"]) if row["closed_by"] else None,
        "closedAt": row["closed_at"],
        "userUpdatedAt": row["user_updated_at"],
        "customerWaitingSince": {
            "time": row["last_reply_at"],
            "friendly": "",
            "latestReplyFrom": row["last_reply_from"] or row["source_via"],
        },
        "source": {"type": row["source_type"], "via": row["source_via"]},
        "cc": json.loads(row["cc"]),
        "bcc": json.loads(row["bcc"]),
        "customer": customer_person(store, row["customer_id"]),
        "_embedded": embedded,
    }
    if "custom_fields" in world.options.modules:
        shown["customFields"] = custom_values_json(store, row["id"], row["mailbox_id"])
    return shown


def threads_json(world: World, conversation_id: int, assignee: Json | None) -> list[Json]:
    """All threads, newest first."""
    query = "SELECT * FROM thread WHERE conversation_id = ? ORDER BY created_at DESC, id DESC"
    return [_thread_json(world, row, assignee) for row in world.store.rows(query, conversation_id)]


def thread_json(world: World, thread_id: int) -> Json:
    """One thread."""
    row = world.store.one("thread", thread_id)
    return {} if row is None else _thread_json(world, row, user_person(world.store, row["assignee_id"]))


def _thread_json(world: World, row: sqlite3.Row, assignee: Json | None) -> Json:
    store = world.store
    attachments = store.rows(
        "SELECT id, file_name, mime_type, size, token FROM attachment"
        " WHERE thread_id = ? AND embedded <= ? ORDER BY id",
        row["id"],
        int(world.options.list_inline_images),
    )
    return {
        "id": row["id"],
        "type": row["type"],
        "status": row["status"],
        "state": row["state"],
        "action": {"type": row["action_type"], "text": row["action_text"], "associatedEntities": []},
        "body": row["body"],
        "source": {"type": row["source_type"], "via": row["source_via"]},
        "customer": customer_person(store, row["customer_id"]),
        "createdBy": _creator(store, row),
        "assignedTo": assignee,
        "to": json.loads(row["mail_to"]),
        "cc": json.loads(row["cc"]),
        "bcc": json.loads(row["bcc"]),
        "createdAt": row["created_at"],
        "openedAt": None,
        "_embedded": {
            "attachments": [
                {
                    "id": item["id"],
                    "fileName": item["file_name"],
                    "fileUrl": file_url(world.url, item),
                    "mimeType": item["mime_type"],
                    "size": item["size"],
                }
                for item in attachments
            ]
        },
    }


def file_url(base: str, row: sqlite3.Row) -> str:
    """The link of a stored file. The token in it is all it takes to open it, so it is a secret."""
    folders = "/".join(f"{row['id']:03d}"[-3:])
    return f"{base}/storage/attachment/{folders}/{quote(row['file_name'])}?id={row['id']}&token={row['token']}"


def folder_of(store: Store, row: sqlite3.Row) -> int | None:
    """The folder a conversation lies in: state first, then status, then assignment (core `updateFolder`)."""
    if row["state"] == "draft":
        kind = "drafts"
    elif row["state"] == "deleted":
        kind = "deleted"
    elif row["status"] in ("spam", "closed"):
        kind = row["status"]
    else:
        kind = "assigned" if row["assignee_id"] else "unassigned"
    folder = store.row("SELECT id FROM folder WHERE mailbox_id = ? AND type = ?", row["mailbox_id"], FOLDER_TYPES[kind])
    return None if folder is None else int(folder["id"])


def tags_json(store: Store, conversation_id: int) -> list[Json]:
    """The tags of a conversation."""
    query = "SELECT id, name FROM tag JOIN conversation_tag ON tag_id = id WHERE conversation_id = ? ORDER BY id"
    return [dict(row) for row in store.rows(query, conversation_id)]


def custom_values_json(store: Store, conversation_id: int, mailbox_id: int) -> list[Json]:
    """All custom fields of the mailbox with values; of a dropdown, `value` is the option number, `text` the option."""
    query = (
        "SELECT id, name, type, options, value FROM custom_field LEFT JOIN custom_value"
        " ON field_id = id AND conversation_id = ? WHERE mailbox_id = ? ORDER BY id"
    )
    shown = []
    for row in store.rows(query, conversation_id, mailbox_id):
        value = row["value"] or ""
        text = json.loads(row["options"]).get(value, "") if row["type"] == "dropdown" else value
        shown.append({"id": row["id"], "name": row["name"], "value": value, "text": text})
    return shown


def _person(kind: str, row: sqlite3.Row, photo_url: str) -> Json:
    return {
        "id": row["id"],
        "type": kind,
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "photoUrl": photo_url,
        "email": row["email"] or "",
    }


def _creator(store: Store, row: sqlite3.Row) -> Json | None:
    if row["created_by_user_id"] is not None:
        return user_person(store, row["created_by_user_id"])
    return customer_person(store, row["created_by_customer_id"])

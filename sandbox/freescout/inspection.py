"""Reading the database back as plain values, for tests and the sandbox page."""

import json
import sqlite3

from sandbox.freescout.call import World
from sandbox.freescout.records import Attachment, Conversation, Customer, Thread, Webhook
from sandbox.freescout.shapes import custom_values_json, file_url, tags_json
from sandbox.freescout.store import Store, parse_iso


def read_conversation(world: World, row: sqlite3.Row) -> Conversation:
    """A conversation with its threads, oldest first, files included."""
    store = world.store
    rows = store.rows("SELECT * FROM thread WHERE conversation_id = ? ORDER BY created_at, id", row["id"])
    values = custom_values_json(store, row["id"], row["mailbox_id"])
    return Conversation(
        id=row["id"],
        number=row["id"] + world.options.number_offset,
        type=row["type"],
        mailbox_id=row["mailbox_id"],
        subject=row["subject"],
        status=row["status"],
        state=row["state"],
        customer_id=row["customer_id"],
        customer_name=_name(store, "customer", row["customer_id"]),
        assignee_id=row["assignee_id"],
        tags=tuple(tag["name"] for tag in tags_json(store, row["id"])),
        custom_fields={item["name"]: item["text"] for item in values if item["text"]},
        threads=tuple(read_thread(world, thread) for thread in rows),
        created_at=parse_iso(row["created_at"]),
        updated_at=parse_iso(row["updated_at"]),
        closed_at=parse_iso(row["closed_at"]) if row["closed_at"] else None,
        closed_by=row["closed_by"],
    )


def read_thread(world: World, row: sqlite3.Row) -> Thread:
    """One thread with its files."""
    by_user = row["created_by_user_id"] is not None
    author = row["created_by_user_id"] if by_user else row["created_by_customer_id"]
    files = world.store.rows("SELECT * FROM attachment WHERE thread_id = ? ORDER BY id", row["id"])
    return Thread(
        id=row["id"],
        conversation_id=row["conversation_id"],
        type=row["type"],
        state=row["state"],
        body=row["body"],
        author_name=_name(world.store, "user" if by_user else "customer", author),
        user_id=row["created_by_user_id"],
        customer_id=row["customer_id"],
        action_type=row["action_type"],
        status=row["status"],
        created_at=parse_iso(row["created_at"]),
        attachments=tuple(
            Attachment(
                id=file["id"],
                file_name=file["file_name"],
                mime_type=file["mime_type"],
                size=file["size"],
                data=file["data"],
                url=file_url(world.url, file),
                embedded=bool(file["embedded"]),
            )
            for file in files
        ),
        meta=json.loads(row["meta"]),
    )


def read_customers(store: Store) -> list[Customer]:
    """All customers, oldest first."""
    emails: dict[int, list[str]] = {}
    for row in store.rows("SELECT customer_id, value FROM email ORDER BY id"):
        emails.setdefault(row["customer_id"], []).append(row["value"])
    return [
        Customer(
            id=row["id"],
            first_name=row["first_name"] or "",
            last_name=row["last_name"] or "",
            notes=row["notes"] or "",
            emails=tuple(emails.get(row["id"], ())),
            created_at=parse_iso(row["created_at"]),
        )
        for row in store.rows("SELECT * FROM customer ORDER BY id")
    ]


def read_webhooks(store: Store) -> list[Webhook]:
    """All registered webhooks."""
    rows = store.rows("SELECT * FROM webhook ORDER BY id")
    return [
        Webhook(
            id=row["id"],
            url=row["url"],
            events=tuple(json.loads(row["events"])),
            mailboxes=tuple(json.loads(row["mailboxes"])),
            last_run_at=parse_iso(row["last_run_time"]) if row["last_run_time"] else None,
            last_run_error=row["last_run_error"],
        )
        for row in rows
    ]


def _name(store: Store, table: str, row_id: int | None) -> str:
    row = store.one(table, row_id)
    return "" if row is None else f"{row['first_name'] or ''} {row['last_name'] or ''}".strip()

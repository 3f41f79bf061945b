"""What agents write: replies, notes and drafts; how a reply is taken back, sent after all, or edited.

As core's `ConversationsController` does it (`send_reply`, `undoReply`, `save_edit_thread`, `delete_thread`).
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.freescout import attachments, conversation_changes, conversations, mails, threads
from sandbox.freescout.announcing import conversation_event, thread_event
from sandbox.freescout.call import World
from sandbox.freescout.cleaning import preview
from sandbox.freescout.shapes import file_url
from sandbox.freescout.store import parse_iso

File = tuple[str, str, bytes]
NOT_UNDONE = "Sending can not be undone"
_WRITTEN = ("customer", "message", "note")


def reply(
    world: World,
    conversation_id: int,
    user_id: int,
    body: str,
    *,
    status: str,
    assignee_id: int | None,
    files: Sequence[File],
    inline: Sequence[File],
    undo_seconds: float,
) -> int:
    """An agent answers: status and assignment are set, and told of, before the reply itself. Returns its id."""
    with world.store.transaction():
        _set(world, conversation_id, user_id, status, assignee_id)
        new = threads.NewThread(type="message", body=body, user_id=user_id, status=status)
        thread_id = threads.add(world, conversation_id, new, undo_seconds=undo_seconds)
        _attach(world, thread_id, body, files, inline)
    return thread_id


def note(world: World, conversation_id: int, user_id: int, body: str, files: Sequence[File]) -> int:
    """An agent writes an internal note. Returns its id."""
    with world.store.transaction():
        new = threads.NewThread(type="note", body=body, user_id=user_id)
        thread_id = threads.add(world, conversation_id, new)
        _attach(world, thread_id, body, files, ())
    return thread_id


def draft(
    world: World, conversation_id: int, user_id: int, body: str, files: Sequence[File], inline: Sequence[File]
) -> int:
    """An agent's reply is saved but not sent: no status changes, nobody is told. Returns its id."""
    store = world.store
    with store.transaction():
        conversation = conversations.existing(world, conversation_id)
        new = threads.NewThread(type="message", body=body, user_id=user_id, state="draft")
        thread_id = threads.insert(world, conversation, new, conversation["customer_id"], threads.COLUMN_DEFAULT)
        _attach(world, thread_id, body, files, inline)
        store.update("conversation", conversation_id, user_updated_at=store.now(), updated_at=store.now())
    return thread_id


def undo(world: World, thread_id: int, user_id: int | None, *, force: bool) -> None:
    """Its author takes a reply back: it is a draft again, status and count of the conversation stay as they are.

    ValueError when somebody else wants to, when it is no sent reply, or too late. Core counts whole seconds and drops
    the rest, so the time is up to a second longer than it says.
    """
    store, row = world.store, existing_thread(world, thread_id)
    seconds = int((_now(world) - parse_iso(row["created_at"])).total_seconds())
    late = seconds > world.options.undo_seconds
    others = user_id is not None and user_id != row["created_by_user_id"]
    if row["type"] != "message" or row["state"] != "published" or ((late or others) and not force):
        raise ValueError(NOT_UNDONE)
    with store.transaction():
        store.update("thread", thread_id, state="draft")
        changes: dict[str, Any] = {"updated_at": store.now()}
        before = _latest(world, row["conversation_id"], ("customer", "message"), but_not=thread_id)
        if before is not None:
            changes |= {"last_reply_at": before["created_at"], "last_reply_from": before["source_via"]}
            changes["user_updated_at"] = store.now()
        else:
            changes["state"] = "draft"
        shown = _latest(world, row["conversation_id"], _WRITTEN, published=True)
        if shown is not None:
            changes["preview"] = preview(shown["body"])
        store.update("conversation", row["conversation_id"], **changes)


def publish(world: World, thread_id: int, user_id: int, *, status: str, assignee_id: int | None) -> None:
    """An agent sends a draft, maybe somebody else's: it is as new as if it had just been written, under its old id."""
    store, row = world.store, existing_thread(world, thread_id)
    if row["type"] != "message" or row["state"] != "draft":
        raise ValueError("only a draft can be sent")
    conversation_id = row["conversation_id"]
    with store.transaction():
        before = _set(world, conversation_id, user_id, status, assignee_id)
        now = store.now()
        store.update("thread", thread_id, state="published", created_at=now, created_by_user_id=user_id, status=status)
        changes = {"last_reply_at": now, "last_reply_from": "user", "user_updated_at": now, "updated_at": now}
        changes["preview"] = preview(row["body"])
        count = before["threads_count"] + 1
        store.update("conversation", conversation_id, state="published", threads_count=count, **changes)
        # Core has both right here: it saves them with the conversation, before the snapshot is taken.
        thread_event(world, conversation_id, "message", {})
        mails.agent_reply(world, conversations.existing(world, conversation_id))


def edit(world: World, thread_id: int, body: str) -> None:
    """An agent edits a text. The conversation notices only when it is the latest one, for its preview."""
    store, row = world.store, existing_thread(world, thread_id)
    with store.transaction():
        store.update("thread", thread_id, body=body)
        latest = _latest(world, row["conversation_id"], _WRITTEN)
        if latest is not None and latest["id"] == thread_id:
            store.update("conversation", row["conversation_id"], preview=preview(body), updated_at=store.now())


def delete_note(world: World, thread_id: int) -> None:
    """An agent deletes a note; nothing else can be deleted in a conversation. Nobody is told."""
    store, row = world.store, existing_thread(world, thread_id)
    if row["type"] != "note":
        raise ValueError("only a note can be deleted")
    with store.transaction():
        store.execute("DELETE FROM attachment WHERE thread_id = ?", thread_id)
        store.execute("DELETE FROM thread WHERE id = ?", thread_id)


def existing_thread(world: World, thread_id: int) -> sqlite3.Row:
    """The thread; LookupError when there is none."""
    row = world.store.one("thread", thread_id)
    if row is None:
        raise LookupError(f"no thread with id {thread_id}")
    return row


def _set(world: World, conversation_id: int, user_id: int, status: str, assignee_id: int | None) -> sqlite3.Row:
    """Status and assignee as chosen in the reply's form, which leave no line behind; returns how it was before."""
    before = conversations.existing(world, conversation_id)
    changes: dict[str, Any] = {"assignee_id": assignee_id}
    if status != before["status"]:
        changes |= conversation_changes.status_columns(world, status, user_id)
    world.store.update("conversation", conversation_id, **changes)
    if status != before["status"]:
        conversation_event(world, "convo.status", conversation_id)
    if assignee_id not in (None, before["assignee_id"]):
        conversation_event(world, "convo.assigned", conversation_id)
    return before


def _attach(world: World, thread_id: int, body: str, files: Sequence[File], inline: Sequence[File]) -> None:
    """Store the files; `cid:NAME` in the body becomes the link of the picture of that name."""
    for name, mime_type, data in files:
        attachments.add(world.store, thread_id, name, mime_type, data)
    for name, mime_type, data in inline:
        number = attachments.add(world.store, thread_id, name, mime_type, data, embedded=True)
        row = world.store.one("attachment", number)
        if row is not None:
            body = body.replace(f"cid:{name}", file_url(world.url, row).replace("&", "&amp;"))
    if inline:
        world.store.update("thread", thread_id, body=body)


def _latest(
    world: World, conversation_id: int, kinds: Sequence[str], *, but_not: int = 0, published: bool = False
) -> sqlite3.Row | None:
    marks = ", ".join("?" * len(kinds))
    query = f"SELECT * FROM thread WHERE conversation_id = ? AND type IN ({marks}) AND id != ?"  # noqa: S608 - only marks
    query += " AND state = 'published'" if published else ""
    return world.store.row(f"{query} ORDER BY created_at DESC, id DESC LIMIT 1", conversation_id, *kinds, but_not)


def _now(world: World) -> datetime:
    return world.store.clock().astimezone(UTC)

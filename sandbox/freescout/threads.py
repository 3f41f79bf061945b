"""Threads: what adding one does to its conversation (core `Thread::createExtended` and its observer)."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.freescout import attachments, mails
from sandbox.freescout.announcing import thread_event
from sandbox.freescout.answers import Answer, Json, not_found, refused, required
from sandbox.freescout.call import Call, World, as_list, as_object, as_text, is_empty
from sandbox.freescout.cleaning import preview
from sandbox.freescout.customers import main_email, resolve
from sandbox.freescout.shapes import thread_json

FIELDS = frozenset(
    {"type", "text", "user", "customer", "status", "imported", "createdAt", "cc", "bcc", "to", "state", "attachments"}
)
_TYPES = ("customer", "message", "note")
_STATUSES = ("active", "pending", "closed")
COLUMN_DEFAULT = "active"
"""What a thread's status is where nobody sets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewThread:
    """A thread about to be added. `status` None: the default of its type. `files` are as they came in the request."""

    type: str
    body: str
    user_id: int | None = None
    customer_id: int | None = None
    status: str | None = None
    state: str = "published"
    imported: bool = False
    created_at: str | None = None
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    files: Sequence[Any] = ()
    source: str = "web"


def create(call: Call) -> Answer:
    """POST /conversations/{id}/threads."""
    conversation = call.store.one("conversation", call.ids[0])
    if conversation is None:
        raise not_found()
    new = parse(call, call.body, conversation_type=None, fallback_customer_id=conversation["customer_id"])
    thread_id = add(call.world, conversation["id"], new)
    attachments.take(call, thread_id, list(new.files))
    return call.created(thread_id, thread_json(call.world, thread_id))


def parse(
    call: Call, given: Json, *, conversation_type: str | None, fallback_customer_id: int | None, prefix: str = ""
) -> NewThread:
    """The thread a request describes. `conversation_type` is set while its conversation is being created."""
    call.expect(given, FIELDS, "thread")
    kind, text = given.get("type"), given.get("text")
    if kind not in _TYPES:
        raise (
            required("type", f"{prefix}type")
            if is_empty(kind)
            else refused("Invalid `type` parameter", f"{prefix}type")
        )
    if is_empty(text):
        raise required("text", f"{prefix}text")
    call.expect_safe(as_text(text))
    status = None if is_empty(given.get("status")) else given["status"]
    if status is not None and (status not in _STATUSES or kind == "note"):
        call.problem(f"status `{status}` of a {kind} thread is ignored")
        status = None
    imported = call.flag(given, "imported")
    created_at = call.instant(given, "createdAt")
    if created_at is not None and not imported and conversation_type is None:
        call.problem("`createdAt` counts only with `imported`")
        created_at = None
    return NewThread(
        type=str(kind),
        body=as_text(text),
        user_id=_user(call, given, prefix) if kind != "customer" else None,
        customer_id=_customer(call, given, conversation_type, fallback_customer_id) if kind == "customer" else None,
        status=status,
        state="draft" if given.get("state") == "draft" else "published",
        imported=imported,
        created_at=created_at,
        cc=[as_text(item) for item in as_list(given.get("cc"))],
        bcc=[as_text(item) for item in as_list(given.get("bcc"))],
        files=as_list(given.get("attachments")),
        source="api",
    )


def add(
    world: World, conversation_id: int, new: NewThread, *, creating: bool = False, undo_seconds: float | None = None
) -> int:
    """Store a thread with all its side effects, mails and webhooks included; returns its id.

    A customer post makes the conversation active (so it reopens), brings it back from the trash, and makes the writer
    the conversation's customer. An agent's reply makes it pending. A note changes nothing.
    """
    store = world.store
    conversation = _conversation(world, conversation_id)
    is_customer = new.type == "customer"
    customer_id = new.customer_id if is_customer else conversation["customer_id"]
    now = store.now()
    changes: dict[str, Any] = {"updated_at": now, "cc": json.dumps(list(new.cc))}
    if new.bcc:
        changes["bcc"] = json.dumps(list(new.bcc))
    if new.state == "published":
        changes["preview"] = preview(new.body)
    if not is_customer:
        changes["user_updated_at"] = now
    if new.type != "note":
        changes |= {"last_reply_at": now, "last_reply_from": "customer" if is_customer else "user"}
        changes["status"] = new.status or ("active" if is_customer else "pending")
        if new.state == "published":
            changes["threads_count"] = conversation["threads_count"] + 1
    if is_customer and conversation["state"] == "deleted":
        changes["state"] = "published"
    if is_customer and not creating:
        changes["customer_id"] = customer_id
    thread_id = insert(world, conversation, new, customer_id, _shown_status(new, conversation, changes))
    store.update("conversation", conversation_id, **changes)
    if not new.imported and new.state == "published":
        _send_mails(world, conversation_id, new.type, creating=creating)
    stale = {"threadsCount": conversation["threads_count"], "preview": conversation["preview"]}
    thread_event(world, conversation_id, new.type, stale, creating=creating, undo_seconds=undo_seconds)
    return thread_id


def add_lineitem(
    world: World,
    conversation_id: int,
    action: str,
    user_id: int,
    text: str,
    *,
    status: str = "nochange",
    meta: Mapping[str, int] | None = None,
) -> int:
    """Store the line that tells what somebody did with the conversation."""
    conversation = _conversation(world, conversation_id)
    now = world.store.now()
    thread_id = world.store.insert(
        "thread",
        conversation_id=conversation_id,
        type="lineitem",
        status=status,
        state="published",
        action_type=action,
        action_text=text,
        body="",
        source_type="web",
        source_via="user",
        customer_id=conversation["customer_id"],
        created_by_user_id=user_id,
        assignee_id=conversation["assignee_id"],
        meta=json.dumps(dict(meta or {})),
        created_at=now,
    )
    world.store.update("conversation", conversation_id, user_updated_at=now, updated_at=now)
    return thread_id


def _shown_status(new: NewThread, conversation: sqlite3.Row, changes: Mapping[str, Any]) -> str:
    """The status that a thread keeps: the conversation's, but core forgets it for all that comes through the API.

    There, and in a draft, the column's default stands (`Thread::createExtended`, `save_draft`).
    """
    if new.source == "api" or new.state == "draft":
        return COLUMN_DEFAULT
    return str(changes.get("status", conversation["status"]))


def _send_mails(world: World, conversation_id: int, kind: str, *, creating: bool) -> None:
    conversation = _conversation(world, conversation_id)
    if kind == "customer":
        if creating and conversation["threads_count"] == 1:
            mails.auto_reply(world, conversation)
        mails.notifications(world, conversation)
    elif kind == "message":
        mails.agent_reply(world, conversation)


def insert(world: World, conversation: sqlite3.Row, new: NewThread, customer_id: int | None, status: str) -> int:
    """Store the row alone, without any effect on its conversation."""
    is_customer = new.type == "customer"
    return world.store.insert(
        "thread",
        conversation_id=conversation["id"],
        type=new.type,
        status=status,
        state=new.state,
        body=new.body,
        source_type=new.source,
        source_via="customer" if is_customer else "user",
        customer_id=customer_id,
        created_by_customer_id=customer_id if is_customer else None,
        created_by_user_id=new.user_id,
        assignee_id=conversation["assignee_id"],
        mail_to=json.dumps([] if is_customer else [main_email(world.store, customer_id)]),
        cc=json.dumps(list(new.cc)),
        bcc=json.dumps(list(new.bcc)),
        imported=int(new.imported),
        created_at=(new.created_at if new.imported else None) or world.store.now(),
    )


def _conversation(world: World, conversation_id: int) -> sqlite3.Row:
    row = world.store.one("conversation", conversation_id)
    if row is None:
        raise LookupError(f"no conversation with id {conversation_id}")
    return row


def _user(call: Call, given: Json, prefix: str) -> int:
    if is_empty(given.get("user")):
        call.problem(f"a {given['type']} thread without `user`")
        raise required("user", f"{prefix}user")
    row = call.store.one("user", given["user"])
    if row is None:
        raise refused("User not found", f"{prefix}user")
    return int(row["id"])


def _customer(call: Call, given: Json, conversation_type: str | None, fallback_customer_id: int | None) -> int | None:
    if not is_empty(as_object(given.get("customer"))):
        named = resolve(call, given["customer"], conversation_type=None)
        if conversation_type is None:
            return named
        # Core writes all customer threads of a new conversation in the name of the conversation's customer.
        if named != fallback_customer_id:
            call.problem("the customer of a thread is ignored in a new conversation")
    elif conversation_type is None and call.options.thread_customer_required:
        raise required("customer")
    return fallback_customer_id

"""Conversations through the API: create, show, delete."""

import sqlite3

from sandbox.freescout import attachments, custom_fields, threads
from sandbox.freescout.announcing import conversation_event
from sandbox.freescout.answers import Answer, no_content, not_found, refused, required
from sandbox.freescout.call import Call, World, as_list, as_object, as_text, is_empty
from sandbox.freescout.cleaning import subject
from sandbox.freescout.customers import resolve
from sandbox.freescout.shapes import conversation_json

EMBEDS = ("threads", "timelogs", "tags")
_STATUSES = ("active", "pending", "closed")
_TYPES = ("email", "phone", "chat")
_CREATE_FIELDS = frozenset(
    {
        "type",
        "mailboxId",
        "subject",
        "customer",
        "threads",
        "imported",
        "assignTo",
        "status",
        "customFields",
        "createdAt",
        "closedAt",
        "state",
    }
)


def create(call: Call) -> Answer:
    """POST /conversations. `threads` comes newest first; nothing is kept when one of them is refused."""
    body = call.body
    call.expect(body, _CREATE_FIELDS)
    for name in ("type", "mailboxId", "subject", "customer", "threads"):
        if is_empty(body.get(name)):
            raise required(name)
    if body["type"] not in _TYPES:
        raise refused("Invalid `type` parameter", "type")
    mailbox = call.store.one("mailbox", body["mailboxId"])
    if mailbox is None:
        raise refused("Mailbox not found", "mailboxId")
    customer_id = resolve(call, body["customer"], conversation_type=body["type"])
    given = [as_object(item) for item in as_list(body["threads"])]
    if not given:
        raise required("threads")
    parsed = [
        threads.parse(
            call, item, conversation_type=body["type"], fallback_customer_id=customer_id, prefix=f"threads.{index}."
        )
        for index, item in enumerate(given)
    ]
    conversation_id = _insert(call, mailbox["id"], customer_id, parsed[-1])
    for place, new in enumerate(reversed(parsed)):
        thread_id = threads.add(call.world, conversation_id, _as_part(call, new), creating=place == 0)
        attachments.take(call, thread_id, list(new.files))
    if body["type"] == "phone" and is_empty(body.get("status")):
        call.store.update("conversation", conversation_id, status="pending")
    if not is_empty(body.get("customFields")):
        if "custom_fields" in call.options.modules:
            custom_fields.store_values(call, conversation_id, as_list(body["customFields"]))
        else:
            call.problem("`customFields` without the module is ignored")
    return call.created(
        conversation_id, conversation_json(call.world, existing(call.world, conversation_id), ("threads",))
    )


def show(call: Call) -> Answer:
    """GET /conversations/{id}: with threads unless `embed` says otherwise."""
    call.expect_query({"embed"})
    row = existing(call.world, call.ids[0])
    return Answer(status=200, body=conversation_json(call.world, row, embeds(call, default="threads")))


def embeds(call: Call, default: str) -> tuple[str, ...]:
    """The parts to embed, from a comma-separated parameter."""
    wanted = tuple(part.strip() for part in call.query.get("embed", default).split(",") if part.strip())
    for part in wanted:
        if part not in EMBEDS:
            call.problem(f"unknown embed `{part}`")
    return wanted


def delete(call: Call) -> Answer:
    """DELETE /conversations/{id}: for ever, not to the trash."""
    erase(call.world, existing(call.world, call.ids[0])["id"])
    return no_content()


def existing(world: World, conversation_id: int) -> sqlite3.Row:
    """The conversation, or 404 as an answer."""
    row = world.store.one("conversation", conversation_id)
    if row is None:
        raise not_found()
    return row


def erase(world: World, conversation_id: int) -> None:
    """Remove a conversation with everything in it, for good."""
    store = world.store
    conversation_event(world, "convo.deleted_forever", conversation_id)
    store.execute(
        "DELETE FROM attachment WHERE thread_id IN (SELECT id FROM thread WHERE conversation_id = ?)", conversation_id
    )
    for table in ("thread", "conversation_tag", "custom_value"):
        store.execute(f"DELETE FROM {table} WHERE conversation_id = ?", conversation_id)  # noqa: S608 - our own table names
    store.execute("DELETE FROM conversation WHERE id = ?", conversation_id)


def _insert(call: Call, mailbox_id: int, customer_id: int, oldest: threads.NewThread) -> int:
    body, now = call.body, call.store.now()
    imported = call.flag(body, "imported")
    created_at, closed_at = call.instant(body, "createdAt"), call.instant(body, "closedAt")
    if created_at is not None and not imported:
        call.problem("`createdAt` counts only with `imported`")
        created_at = None
    by_customer = oldest.type == "customer"
    return call.store.insert(
        "conversation",
        type=body["type"],
        mailbox_id=mailbox_id,
        subject=subject(as_text(body["subject"])),
        status=_status(call),
        state="draft" if body.get("state") == "draft" else "published",
        customer_id=customer_id,
        assignee_id=_assignee(call),
        created_by_customer_id=customer_id if by_customer else None,
        created_by_user_id=None if by_customer else oldest.user_id,
        source_type="api",
        source_via="customer" if by_customer else "user",
        imported=int(imported),
        created_at=created_at or now,
        updated_at=now,
        closed_at=closed_at,
    )


def _as_part(call: Call, new: threads.NewThread) -> threads.NewThread:
    """A thread of a new conversation: it takes over the conversation's status and its being imported."""
    status = None if is_empty(call.body.get("status")) else _status(call)
    imported = not is_empty(call.body.get("imported")) or new.imported
    return threads.NewThread(
        type=new.type,
        body=new.body,
        user_id=new.user_id,
        customer_id=new.customer_id,
        status=status or new.status,
        state=new.state,
        imported=imported,
        created_at=new.created_at,
        cc=new.cc,
        bcc=new.bcc,
        source=new.source,
    )


def _status(call: Call) -> str:
    status = call.body.get("status")
    if is_empty(status):
        return "active"
    if status not in _STATUSES:
        call.problem(f"unknown status `{status}` is ignored")
        return "active"
    return str(status)


def _assignee(call: Call) -> int | None:
    wanted = call.body.get("assignTo")
    if is_empty(wanted):
        return None
    row = call.store.one("user", wanted)
    if row is None:
        call.problem(f"assignTo names no user: {wanted}")
        return None
    return int(row["id"])

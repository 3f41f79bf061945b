"""Changes of a conversation: status, assignment, mailbox, customer, subject, each with the line it leaves behind."""

from collections.abc import Callable
from typing import Any

from sandbox.freescout import threads
from sandbox.freescout.announcing import conversation_event
from sandbox.freescout.answers import Answer, no_content, refused
from sandbox.freescout.call import Call, World, as_text, is_empty
from sandbox.freescout.cleaning import subject
from sandbox.freescout.conversations import existing

STATUSES = ("active", "pending", "closed", "spam")
_FIELDS = frozenset({"byUser", "status", "assignTo", "mailboxId", "customerId", "subject"})


def update(call: Call) -> Answer:
    """PUT /conversations/{id}: the changes are made in the order of the keys sent."""
    row = existing(call.world, call.ids[0])
    call.expect(call.body, _FIELDS)
    changes: dict[str, Callable[[Call, int, int, Any], None]] = {
        "status": _put_status,
        "assignTo": _put_assignee,
        "mailboxId": _put_mailbox,
        "customerId": _put_customer,
        "subject": _put_subject,
    }
    by_user = _by_user(call)
    for name, value in call.body.items():
        if name in changes:
            changes[name](call, row["id"], by_user, value)
    return no_content()


def change_status(world: World, conversation_id: int, status: str, user_id: int) -> None:
    """Set the status in a user's name. Reopening keeps the old closing date, as core does."""
    row = existing(world, conversation_id)
    if row["status"] == status:
        return
    world.store.update("conversation", conversation_id, **status_columns(world, status, user_id))
    threads.add_lineitem(world, conversation_id, "changed-ticket-status", user_id, f"marked as {status}", status=status)
    conversation_event(world, "convo.status", conversation_id)


def status_columns(world: World, status: str, user_id: int) -> dict[str, Any]:
    """What a user's setting of a status writes into the conversation."""
    closing = {"closed_at": world.store.now(), "closed_by": user_id} if status == "closed" else {}
    return {"status": status, **closing}


def change_assignee(world: World, conversation_id: int, assignee_id: int | None, user_id: int) -> None:
    """Assign to a user, or to nobody, of which no webhook tells."""
    world.store.update("conversation", conversation_id, assignee_id=assignee_id)
    threads.add_lineitem(
        world, conversation_id, "changed-ticket-assignee", user_id, f"assigned to {assignee_id or 'nobody'}"
    )
    if assignee_id is not None:
        conversation_event(world, "convo.assigned", conversation_id)


def move(world: World, conversation_id: int, mailbox_id: int, user_id: int) -> None:
    """Put the conversation into another mailbox."""
    world.store.update("conversation", conversation_id, mailbox_id=mailbox_id)
    threads.add_lineitem(world, conversation_id, "moved-from-mailbox", user_id, "moved from another mailbox")
    conversation_event(world, "convo.moved", conversation_id)


def change_customer(world: World, conversation_id: int, customer_id: int, user_id: int) -> None:
    """Hand the conversation to another customer."""
    world.store.update("conversation", conversation_id, customer_id=customer_id)
    threads.add_lineitem(world, conversation_id, "changed-ticket-customer", user_id, "changed the customer")


def _by_user(call: Call) -> int:
    if is_empty(call.body.get("byUser")):
        if call.body.keys() & {"status", "assignTo", "mailboxId"}:
            raise refused("byUser parameter is required.", "byUser")
        return call.world.bot_user_id
    row = call.store.one("user", call.body["byUser"])
    if row is None:
        raise refused("User not found", "byUser")
    return int(row["id"])


def _put_status(call: Call, conversation_id: int, user_id: int, value: object) -> None:
    if value not in STATUSES:
        call.problem(f"unknown status `{value}` is ignored")
        return
    change_status(call.world, conversation_id, str(value), user_id)


def _put_assignee(call: Call, conversation_id: int, user_id: int, value: object) -> None:
    if is_empty(value):
        change_assignee(call.world, conversation_id, None, user_id)
        return
    row = call.store.one("user", value)
    if row is None:
        raise refused("User not found", "assignTo")
    change_assignee(call.world, conversation_id, row["id"], user_id)


def _put_mailbox(call: Call, conversation_id: int, user_id: int, value: object) -> None:
    row = call.store.one("mailbox", value)
    if row is None:
        raise refused("Mailbox not found", "mailboxId")
    move(call.world, conversation_id, row["id"], user_id)


def _put_customer(call: Call, conversation_id: int, user_id: int, value: object) -> None:
    row = call.store.one("customer", value)
    if row is None:
        raise refused("Customer not found", "customerId")
    change_customer(call.world, conversation_id, row["id"], user_id)


def _put_subject(call: Call, conversation_id: int, _user_id: int, value: object) -> None:
    if not is_empty(value):
        call.store.update("conversation", conversation_id, subject=subject(as_text(value)), updated_at=call.store.now())

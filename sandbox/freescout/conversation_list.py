"""GET /conversations: the list with all its filters."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from sandbox.freescout.answers import Answer
from sandbox.freescout.call import Call
from sandbox.freescout.conversation_changes import STATUSES
from sandbox.freescout.conversations import embeds
from sandbox.freescout.listing import Filter, list_rows
from sandbox.freescout.shapes import conversation_json
from sandbox.freescout.store import FOLDER_TYPES, as_id

_STATES = ("draft", "published", "deleted")
_SORTS = {
    "createdAt": "created_at",
    "mailboxId": "mailbox_id",
    "number": "id",
    "subject": "subject",
    "updatedAt": "updated_at",
    "waitingSince": "last_reply_at",
}
_FOLDER_CONDITIONS = {
    "unassigned": "state = 'published' AND status IN ('active', 'pending') AND assignee_id IS NULL",
    "assigned": "state = 'published' AND status IN ('active', 'pending') AND assignee_id IS NOT NULL",
    "drafts": "state = 'draft'",
    "closed": "state = 'published' AND status = 'closed'",
    "deleted": "state = 'deleted'",
    "spam": "state = 'published' AND status = 'spam'",
    "starred": "0",
}


def listed(call: Call) -> Answer:
    """The page of conversations asked for; threads only with `embed=threads`."""
    embed = embeds(call, default="")
    return list_rows(
        call,
        "conversations",
        "conversation",
        _filters(call),
        _SORTS,
        lambda row: conversation_json(call.world, row, embed),
        [*_statuses(call), *_state(call), *_mailboxes(call), *_folder(call)],
        ("embed", "status", "state", "mailboxId", "folderId"),
    )


def _filters(call: Call) -> tuple[Filter, ...]:
    return (
        Filter("type", "type = ?"),
        Filter("assignedTo", "assignee_id = ?"),
        Filter("customerEmail", "customer_id IN (SELECT customer_id FROM email WHERE value = ?)"),
        Filter(
            "customerPhone",
            "customer_id IN (SELECT id FROM customer WHERE phones LIKE ?)",
            lambda value: f'%"{value}"%',
        ),
        Filter("customerId", "customer_id = ?"),
        Filter("number", "id = ?", lambda value: (as_id(value) or 0) - call.options.number_offset),
        Filter("subject", "instr(lower(subject), lower(?)) > 0"),
        Filter(
            "tag",
            "id IN (SELECT conversation_id FROM conversation_tag JOIN tag ON tag.id = tag_id WHERE name = ?)",
        ),
        Filter("createdByUserId", "created_by_user_id = ?"),
        Filter("createdByCustomerId", "created_by_customer_id = ?"),
    )


def _statuses(call: Call) -> list[tuple[str, Sequence[Any]]]:
    given = call.query.get("status") or call.options.status_default
    if given is None:
        return []
    wanted = [part.strip() for part in given.split(",")] if call.options.status_csv else [given]
    for status in wanted:
        if status not in STATUSES:
            call.problem(f"unknown status `{status}`")
    return [(f"status IN ({', '.join('?' * len(wanted))})", wanted)]


def _state(call: Call) -> list[tuple[str, Sequence[Any]]]:
    given = call.query.get("state") or call.options.state_default
    if given is None:
        return []
    if given not in _STATES:
        call.problem(f"unknown state `{given}`")
    return [("state = ?", [given])]


def _mailboxes(call: Call) -> list[tuple[str, Sequence[Any]]]:
    given = call.query.get("mailboxId")
    if not given:
        return []
    wanted = [as_id(part.strip()) or 0 for part in given.split(",")]
    return [(f"mailbox_id IN ({', '.join('?' * len(wanted))})", wanted)]


def _folder(call: Call) -> list[tuple[str, Sequence[Any]]]:
    given = call.query.get("folderId")
    if not given:
        return []
    folder = call.store.one("folder", given)
    if folder is None:
        return [("0", [])]
    _, condition, values = folder_condition(folder)
    return [(condition, values)]


def folder_condition(folder: sqlite3.Row) -> tuple[str, str, Sequence[Any]]:
    """A folder's name, and the condition with its values that the conversations in it meet."""
    kind = next(name for name, number in FOLDER_TYPES.items() if number == folder["type"])
    if kind == "mine":
        return (
            kind,
            "mailbox_id = ? AND assignee_id = ? AND state = 'published'",
            (folder["mailbox_id"], folder["user_id"]),
        )
    return kind, f"mailbox_id = ? AND {_FOLDER_CONDITIONS[kind]}", (folder["mailbox_id"],)

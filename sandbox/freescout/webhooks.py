"""Registered webhooks."""

import json

from sandbox.freescout.answers import Answer, Json, RefusedError, html, no_content, not_found, required
from sandbox.freescout.call import Call, as_list, as_text, is_empty
from sandbox.freescout.store import as_id

EVENTS = frozenset(
    {
        "convo.assigned",
        "convo.created",
        "convo.deleted",
        "convo.deleted_forever",
        "convo.restored",
        "convo.moved",
        "convo.status",
        "convo.customer.reply.created",
        "convo.agent.reply.created",
        "convo.note.created",
        "customer.created",
        "customer.updated",
    }
)


def create(call: Call) -> Answer:
    """POST /webhooks."""
    _require_routes(call)
    call.expect(call.body, {"url", "events", "mailboxes"})
    for name in ("url", "events"):
        if is_empty(call.body.get(name)):
            raise required(name)
    events = [as_text(event) for event in as_list(call.body["events"])]
    for event in events:
        if event not in EVENTS:
            call.problem(f"unknown event `{event}`")
    webhook_id = call.store.insert(
        "webhook",
        url=as_text(call.body["url"]),
        events=json.dumps(events),
        mailboxes=json.dumps([number for each in as_list(call.body.get("mailboxes")) if (number := as_id(each))]),
    )
    return call.created(webhook_id, _shown(call, webhook_id))


def listed(call: Call) -> Answer:
    """GET /webhooks, a newer route."""
    _require_routes(call)
    ids = [row["id"] for row in call.store.rows("SELECT id FROM webhook ORDER BY id")]
    return call.page_of("webhooks", [_shown(call, webhook_id) for webhook_id in ids])


def delete(call: Call) -> Answer:
    """DELETE /webhooks/{id}."""
    _require_routes(call)
    if call.store.one("webhook", call.ids[0]) is None:
        raise not_found()
    call.store.execute("DELETE FROM webhook WHERE id = ?", call.ids[0])
    return no_content()


def _shown(call: Call, webhook_id: int) -> Json:
    row = call.store.one("webhook", webhook_id)
    if row is None:
        return {}
    return {
        "id": row["id"],
        "url": row["url"],
        "events": json.loads(row["events"]),
        "mailboxes": json.loads(row["mailboxes"]),
        "lastRunTime": row["last_run_time"],
        "lastRunError": row["last_run_error"],
    }


def _require_routes(call: Call) -> None:
    """A version too old for these routes answers 405."""
    if "webhooks" not in call.options.modules:
        raise RefusedError(html(405, "Method Not Allowed"))

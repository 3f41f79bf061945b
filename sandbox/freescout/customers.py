"""Customers: made with or without e-mail, found by id or e-mail, and what FreeScout keeps of them."""

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from sandbox.freescout.announcing import customer_event
from sandbox.freescout.answers import Answer, Json, RefusedError, no_content, not_found, refused, required
from sandbox.freescout.call import Call, World, as_list, as_object, as_text, is_empty
from sandbox.freescout.cleaning import strip_tags
from sandbox.freescout.listing import Filter, list_rows
from sandbox.freescout.shapes import customer_json
from sandbox.freescout.store import Store

_TEXTS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "jobTitle": "job_title",
    "photoType": "photo_type",
    "photoUrl": "photo_url",
    "notes": "notes",
}
_LISTS = {"phones": "phones", "socialProfiles": "social_profiles", "websites": "websites"}
_FIELDS = {*_TEXTS, *_LISTS, "address", "emails", "email", "phone"}
_ADDRESS = ("city", "state", "zip", "country", "address")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NAME_LIMIT = 40
_SOCIAL_TYPES = frozenset(
    {
        "twitter",
        "facebook",
        "telegram",
        "linkedin",
        "aboutme",
        "google",
        "googleplus",
        "tungleme",
        "quora",
        "foursquare",
        "youtube",
        "flickr",
        "vk",
        "other",
    }
)


def create(call: Call) -> Answer:
    """POST /customers."""
    call.expect(call.body, _FIELDS)
    customer_id = _make(call, call.body)
    row = call.store.one("customer", customer_id)
    return call.created(customer_id, customer_json(call.store, row))


def update(call: Call) -> Answer:
    """PUT /customers/{id}: `emails` replaces all addresses, `emailsAdd` appends."""
    row = _existing(call)
    call.expect(call.body, {*_FIELDS, "emailsAdd", "emails_add"})
    columns = _columns(call, call.body)
    if "emails" in call.body:
        call.store.execute("DELETE FROM email WHERE customer_id = ?", row["id"])
    wanted = _emails(call.body) + _emails({"emails": call.body.get("emailsAdd") or call.body.get("emails_add")})
    _add_emails(call.store, row["id"], _free(call.store, wanted))
    call.store.update("customer", row["id"], **columns, updated_at=call.store.now())
    customer_event(call.world, "customer.updated", row["id"])
    return no_content()


def show(call: Call) -> Answer:
    """GET /customers/{id}."""
    return Answer(status=200, body=customer_json(call.store, _existing(call)))


def listed(call: Call) -> Answer:
    """GET /customers with the documented filters."""
    filters = (
        Filter("firstName", "first_name = ?"),
        Filter("lastName", "last_name = ?"),
        Filter("phone", "phones LIKE ?", lambda value: f'%"{value}"%'),
        Filter("email", "id IN (SELECT customer_id FROM email WHERE value = ?)"),
    )
    sorts = {"createdAt": "created_at", "firstName": "first_name", "lastName": "last_name", "updatedAt": "updated_at"}
    return list_rows(call, "customers", "customer", filters, sorts, lambda row: customer_json(call.store, row))


def resolve(call: Call, given: object, *, conversation_type: str | None) -> int:
    """The customer a request names, made when the e-mail (or, where that is enough, the name) is new.

    `conversation_type` None: the customer of a thread. An id wins; a matched e-mail leaves the stored fields alone.
    """
    if not isinstance(given, dict) or is_empty(given):
        raise required("customer")
    call.expect(given, {*_FIELDS, "id"}, "customer")
    if not is_empty(given.get("id")):
        row = call.store.one("customer", given["id"])
        if row is None:
            raise refused("Customer not found", "customer")
        return int(row["id"])
    emails = _emails(given)
    for value, _kind in emails:
        known = call.store.row("SELECT customer_id FROM email WHERE value = ?", value)
        if known is not None:
            return int(known["customer_id"])
    if not emails:
        _require_without_email(call, given, conversation_type)
    return _make(call, given, phone_is_enough=conversation_type == "phone")


def by_email(world: World, email: str, first_name: str, last_name: str = "") -> int:
    """The customer of that address, made when new: what FreeScout does with incoming mail."""
    store = world.store
    known = store.row("SELECT customer_id FROM email WHERE value = ?", email)
    if known is not None:
        return int(known["customer_id"])
    now = store.now()
    customer_id = store.insert("customer", first_name=first_name, last_name=last_name, created_at=now, updated_at=now)
    _add_emails(store, customer_id, [(email, "work")])
    customer_event(world, "customer.created", customer_id)
    return customer_id


def main_email(store: Store, customer_id: int | None) -> str:
    """The first address, or the empty text of a customer without mail."""
    row = store.row("SELECT value FROM email WHERE customer_id = ? ORDER BY id LIMIT 1", customer_id)
    return str(row["value"]) if row is not None else ""


def _require_without_email(call: Call, given: Json, conversation_type: str | None) -> None:
    """Without an address the documentation promises only phone conversations; chat is a variant (facts 1.9-1)."""
    named = not is_empty(given.get("firstName"))
    if conversation_type == "phone":
        if not named and is_empty(given.get("phone")):
            raise _nameless()
    elif conversation_type == "email" or (conversation_type == "chat" and call.options.refuse_chat_without_customer_id):
        raise required("customer.email")
    elif not named:
        raise _nameless()


def _existing(call: Call) -> sqlite3.Row:
    row = call.store.one("customer", call.ids[0])
    if row is None:
        raise not_found()
    return row


def _make(call: Call, given: Json, *, phone_is_enough: bool = False) -> int:
    emails = _emails(given)
    free = _free(call.store, emails)
    if emails and not free:
        raise refused("Customers with such email(s) already exist", "emails")
    if not free and is_empty(given.get("firstName")) and not phone_is_enough:
        raise _nameless()
    now = call.store.now()
    customer_id = call.store.insert("customer", **_columns(call, given), created_at=now, updated_at=now)
    _add_emails(call.store, customer_id, free)
    customer_event(call.world, "customer.created", customer_id)
    return customer_id


def _nameless() -> RefusedError:
    return refused("Customer first name or email is required.", "customer.first_name")


def _columns(call: Call, given: Json) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, column in _TEXTS.items():
        if name not in given:
            continue
        value = given[name]
        columns[column] = None if value is None else strip_tags(as_text(value))
        if name in ("firstName", "lastName") and len(as_text(value)) > _NAME_LIMIT:
            call.problem(f"`{name}` is longer than the documented {_NAME_LIMIT} characters")
    for name, column in _LISTS.items():
        if name in given:
            columns[column] = json.dumps(_entries(call, name, given[name]))
    if not is_empty(given.get("phone")):
        phones = json.loads(columns.get("phones", "[]"))
        columns["phones"] = json.dumps([*phones, {"value": as_text(given["phone"]), "type": "work"}])
    if "address" in given:
        address = as_object(given["address"])
        call.expect(address, _ADDRESS, "address")
        columns["address"] = json.dumps({key: strip_tags(as_text(address[key])) for key in _ADDRESS if key in address})
    return columns


def _entries(call: Call, name: str, given: object) -> list[Json]:
    entries = []
    for item in as_list(given):
        value = strip_tags(as_text(as_object(item).get("value")))
        kind = as_text(as_object(item).get("type")) or ("other" if name == "socialProfiles" else "work")
        if name == "socialProfiles" and kind not in _SOCIAL_TYPES:
            call.problem(f"unknown social profile type `{kind}`")
            kind = "other"
        if value:
            entries.append({"value": value} if name == "websites" else {"value": value, "type": kind})
    return entries


def _emails(given: Json) -> list[tuple[str, str]]:
    """(address, type) of every address in a request, the shorthand `email` first."""
    listed_ones = [given["email"]] if not is_empty(given.get("email")) else []
    found: list[tuple[str, str]] = []
    for item in [*listed_ones, *as_list(given.get("emails"))]:
        value = as_text(item if isinstance(item, str) else as_object(item).get("value")).strip()
        if not _EMAIL.fullmatch(value):
            raise refused(f"Invalid email: {value}", "email")
        found.append((value, as_text(as_object(item).get("type")) or "work"))
    return found


def _free(store: Store, emails: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in emails if store.row("SELECT 1 FROM email WHERE value = ?", pair[0]) is None]


def _add_emails(store: Store, customer_id: int, emails: Sequence[tuple[str, str]]) -> None:
    for value, kind in emails:
        store.execute(
            "INSERT OR IGNORE INTO email (customer_id, value, type) VALUES (?, ?, ?)", customer_id, value, kind
        )

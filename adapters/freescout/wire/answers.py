"""What FreeScout's answers mean: what was made, what was refused and why, and what a list holds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.freescout.wire.lenient import a_number, a_text, an_object, embedded
from adapters.freescout.wire.requests import notes
from bot.domain.helpdesk import NewCustomer
from bot.domain.ids import CustomerId


def created_id(resource_id: str | None, document: object) -> int | None:
    """The id of what a 201 tells of: the ``Resource-ID`` header, else the body's id; None when it names none."""
    return a_number(resource_id) or a_number(an_object(document).get("id"))


def words(document: object) -> str:
    """The server's own words in an error: its message and each embedded error with its path (facts 1.1)."""
    found = an_object(document)
    errors = [
        ": ".join(part for part in (a_text(error.get("path")), a_text(error.get("message"))) if part)
        for error in embedded(found, "errors")
    ]
    return "; ".join(part for part in (a_text(found.get("message")), *errors) if part)[:500]


def mentions_module(document: object) -> bool:
    """Whether an error says that a module is not there."""
    return "module is not installed" in words(document)


def wants_customer(document: object) -> bool:
    """Whether an error says that a customer thread needs its customer: an older version of the module."""
    return any(a_text(error.get("path")).startswith("customer") for error in embedded(an_object(document), "errors"))


def customer_is_gone(document: object) -> bool:
    """Whether an error says that the customer named in the request does not exist (facts/freescout.md 1.1)."""
    errors = embedded(an_object(document), "errors")
    return any(a_text(error.get("message")) == "Customer not found" for error in errors)


def page_of(document: object, name: str) -> tuple[Sequence[Mapping[str, Any]], bool] | None:
    """A list's entries and whether there are more pages; None when the document is no such list."""
    found = an_object(document)
    if name not in an_object(found.get("_embedded")):
        return None
    entries = embedded(found, name)
    page = an_object(found.get("page"))
    number, pages = a_number(page.get("number")) or 1, a_number(page.get("totalPages")) or 1
    return entries, number < pages and bool(entries)


def is_customer(document: Mapping[str, Any], customer: NewCustomer) -> CustomerId | None:
    """The id of a listed customer if its notes name this member; agents may have written more around it."""
    written = rf"(?<!\S){re.escape(notes(customer))}(?!\S)"
    found = a_number(document.get("id"))
    return CustomerId(found) if found and re.search(written, a_text(document.get("notes"))) else None

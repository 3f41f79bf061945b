"""What FreeScout's answers mean. Documents are read leniently: versions differ, and lists may hold odd entries."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.freescout.wire.requests import notes
from bot.domain.helpdesk import Conversation, NewCustomer, Status
from bot.domain.ids import ConversationId, CustomerId, ThreadId, TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """An attachment as the help desk lists it; its name may have been changed there."""

    name: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThread:
    """A thread as the help desk shows it; ``kind`` may be one the bot never writes (``lineitem``)."""

    thread_id: ThreadId
    kind: str
    body: str
    action: str
    author_type: str
    author_id: int | None
    files: tuple[SeenFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenConversation:
    """A conversation as the help desk shows it; threads newest first. ``tags`` is None where tags are not shown."""

    conversation_id: ConversationId
    number: TicketNumber
    subject: str
    status: str
    state: str
    mailbox_id: int | None
    customer_id: CustomerId | None
    tags: tuple[str, ...] | None
    threads: tuple[SeenThread, ...]

    def as_conversation(self) -> Conversation:
        """As the core knows it."""
        known = Status(self.status) if self.status in tuple(Status) else Status.ACTIVE
        return Conversation(
            conversation_id=self.conversation_id,
            number=self.number,
            subject=self.subject,
            status=known,
            tags=self.tags or (),
        )


def created_id(resource_id: str | None, document: object) -> int | None:
    """The id of what a 201 tells of: the ``Resource-ID`` header, else the body's id; None when it names none."""
    return _int(resource_id) or _int(_object(document).get("id"))


def words(document: object) -> str:
    """The server's own words in an error: its message and each embedded error with its path (facts 1.1)."""
    found = _object(document)
    errors = [
        ": ".join(part for part in (_text(error.get("path")), _text(error.get("message"))) if part)
        for error in _embedded(found, "errors")
    ]
    return "; ".join(part for part in (_text(found.get("message")), *errors) if part)[:500]


def mentions_module(document: object) -> bool:
    """Whether an error says that a module is not there."""
    return "module is not installed" in words(document)


def wants_customer(document: object) -> bool:
    """Whether an error says that a customer thread needs its customer: an older version of the module."""
    return any(_text(error.get("path")).startswith("customer") for error in _embedded(_object(document), "errors"))


def customer_is_gone(document: object) -> bool:
    """Whether an error says that the customer named in the request does not exist (facts/freescout.md 1.1)."""
    errors = _embedded(_object(document), "errors")
    return any(_text(error.get("message")) == "Customer not found" for error in errors)


def seen_conversation(document: object) -> SeenConversation | None:
    """A conversation; None when the document is none."""
    found = _object(document)
    conversation_id = _int(found.get("id"))
    if conversation_id is None or "status" not in found:
        return None
    embedded = _object(found.get("_embedded"))
    tags = tuple(_text(tag.get("name")) for tag in _embedded(found, "tags")) if "tags" in embedded else None
    customer_id = _int(_object(found.get("customer")).get("id"))
    return SeenConversation(
        conversation_id=ConversationId(conversation_id),
        number=TicketNumber(_int(found.get("number")) or conversation_id),
        subject=_text(found.get("subject")),
        status=_text(found.get("status")),
        state=_text(found.get("state")) or "published",
        mailbox_id=_int(found.get("mailboxId")),
        customer_id=None if customer_id is None else CustomerId(customer_id),
        tags=tags,
        threads=tuple(_threads(_embedded(found, "threads"))),
    )


def seen_thread(document: object) -> SeenThread | None:
    """One thread; None when the document is none, or does not tell of its files."""
    found = _object(document)
    if "attachments" not in _object(found.get("_embedded")):
        return None
    return next(_threads([found]), None)


def page_of(document: object, name: str) -> tuple[Sequence[Mapping[str, Any]], bool] | None:
    """A list's entries and whether there are more pages; None when the document is no such list."""
    found = _object(document)
    if name not in _object(found.get("_embedded")):
        return None
    entries = _embedded(found, name)
    page = _object(found.get("page"))
    number, pages = _int(page.get("number")) or 1, _int(page.get("totalPages")) or 1
    return entries, number < pages and bool(entries)


def is_customer(document: Mapping[str, Any], customer: NewCustomer) -> CustomerId | None:
    """The id of a listed customer if its notes name this member; agents may have written more around it."""
    written = rf"(?<!\S){re.escape(notes(customer))}(?!\S)"
    found = _int(document.get("id"))
    return CustomerId(found) if found and re.search(written, _text(document.get("notes"))) else None


def _threads(documents: Iterable[Mapping[str, Any]]) -> Iterator[SeenThread]:
    for found in documents:
        thread_id = _int(found.get("id"))
        if thread_id is None:
            continue
        author = _object(found.get("createdBy"))
        yield SeenThread(
            thread_id=ThreadId(thread_id),
            kind=_text(found.get("type")),
            body=_text(found.get("body")),
            action=_text(_object(found.get("action")).get("type")),
            author_type=_text(author.get("type")),
            author_id=_int(author.get("id")),
            files=tuple(
                SeenFile(name=_text(file.get("fileName")), size_bytes=_int(file.get("size")))
                for file in _embedded(found, "attachments")
            ),
        )


def _embedded(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = _object(document.get("_embedded")).get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _int(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None

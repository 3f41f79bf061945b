"""Conversations and threads as FreeScout shows them, read leniently: versions differ, lists may hold odd entries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.freescout.wire.lenient import a_number, a_text, an_instant, an_object, embedded
from bot.domain.helpdesk import Agent, Conversation, Status
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """An attachment as the help desk lists it; its name may have been changed there. ``url`` opens without a login."""

    name: str
    size_bytes: int | None
    mime_type: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThread:
    """A thread as the help desk shows it; ``kind`` may be one the bot never writes (``lineitem``).

    ``author`` is set when a user made it. ``source`` is how it came: ``email``, ``web`` or ``api``.
    """

    thread_id: ThreadId
    kind: str
    state: str
    body: str
    action: str
    author_type: str
    author_id: int | None
    author: Agent | None
    created_at: datetime | None
    files: tuple[SeenFile, ...]
    customer_id: CustomerId | None = None
    status: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenConversation:
    """A conversation as the help desk shows it; threads newest first.

    ``tags`` is None where tags are not shown.
    """

    conversation_id: ConversationId
    number: TicketNumber
    subject: str
    kind: str
    status: str
    state: str
    mailbox_id: int | None
    customer_id: CustomerId | None
    customer_name: str
    assignee: Agent | None
    closed_by: Agent | None
    closed_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    user_updated_at: datetime | None
    tags: tuple[str, ...] | None
    threads: tuple[SeenThread, ...]

    @property
    def shows_threads(self) -> bool:
        """Whether its threads came with it: every conversation has one, and a list that embeds none shows ``[]``."""
        return bool(self.threads)

    @property
    def known_status(self) -> Status:
        """The status; one that FreeScout does not know yet is an open one."""
        return Status(self.status) if self.status in tuple(Status) else Status.ACTIVE

    def as_conversation(self) -> Conversation:
        """As the core knows it."""
        return Conversation(
            conversation_id=self.conversation_id,
            number=self.number,
            subject=self.subject,
            status=self.known_status,
            tags=self.tags or (),
        )


def seen_conversation(document: object) -> SeenConversation | None:
    """A conversation; None when the document is none."""
    found = an_object(document)
    conversation_id = a_number(found.get("id"))
    if conversation_id is None or "status" not in found:
        return None
    shown = an_object(found.get("_embedded"))
    tags = tuple(a_text(tag.get("name")) for tag in embedded(found, "tags")) if "tags" in shown else None
    customer_id = a_number(an_object(found.get("customer")).get("id"))
    return SeenConversation(
        conversation_id=ConversationId(conversation_id),
        number=TicketNumber(a_number(found.get("number")) or conversation_id),
        subject=a_text(found.get("subject")),
        kind=a_text(found.get("type")),
        status=a_text(found.get("status")),
        state=a_text(found.get("state")) or "published",
        mailbox_id=a_number(found.get("mailboxId")),
        customer_id=None if customer_id is None else CustomerId(customer_id),
        customer_name=_name(an_object(found.get("customer"))),
        assignee=_user(found.get("assignee")),
        closed_by=_user(found.get("closedByUser")),
        closed_at=an_instant(found.get("closedAt")),
        created_at=an_instant(found.get("createdAt")),
        updated_at=an_instant(found.get("updatedAt")),
        user_updated_at=an_instant(found.get("userUpdatedAt")),
        tags=tags,
        threads=tuple(_threads(embedded(found, "threads"))),
    )


def seen_thread(document: object) -> SeenThread | None:
    """One thread; None when the document is none, or does not tell of its files."""
    found = an_object(document)
    if "attachments" not in an_object(found.get("_embedded")):
        return None
    return next(_threads([found]), None)


def _threads(documents: Iterable[Mapping[str, Any]]) -> Iterator[SeenThread]:
    for found in documents:
        thread_id = a_number(found.get("id"))
        if thread_id is None:
            continue
        author = an_object(found.get("createdBy"))
        yield SeenThread(
            thread_id=ThreadId(thread_id),
            kind=a_text(found.get("type")),
            state=a_text(found.get("state")),
            body=a_text(found.get("body")),
            action=a_text(an_object(found.get("action")).get("type")),
            author_type=a_text(author.get("type")),
            author_id=a_number(author.get("id")),
            author=_user(author) if author.get("type") == "user" else None,
            created_at=an_instant(found.get("createdAt")),
            files=tuple(_files(found)),
            customer_id=_customer_id(found),
            status=a_text(found.get("status")),
            source=a_text(an_object(found.get("source")).get("type")),
        )


def _files(thread: Mapping[str, Any]) -> Iterator[SeenFile]:
    for file in embedded(thread, "attachments"):
        yield SeenFile(
            name=a_text(file.get("fileName")),
            size_bytes=a_number(file.get("size")),
            mime_type=a_text(file.get("mimeType")),
            url=a_text(file.get("fileUrl")),
        )


def _user(person: object) -> Agent | None:
    """A person who is a user. Where no customer can stand, some versions leave the type out."""
    found = an_object(person)
    agent_id = a_number(found.get("id"))
    if agent_id is None or found.get("type", "user") != "user":
        return None
    return Agent(
        agent_id=AgentId(agent_id),
        first_name=a_text(found.get("firstName")).strip(),
        last_name=a_text(found.get("lastName")).strip(),
    )


def _name(person: Mapping[str, Any]) -> str:
    """What a person is called: both names, or else the address."""
    names = (a_text(person.get("firstName")).strip(), a_text(person.get("lastName")).strip())
    return " ".join(filter(None, names)) or a_text(person.get("email")).strip()


def _customer_id(found: Mapping[str, Any]) -> CustomerId | None:
    customer_id = a_number(an_object(found.get("customer")).get("id"))
    return None if customer_id is None else CustomerId(customer_id)

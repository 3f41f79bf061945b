"""What is asked of FreeScout: each request as a value."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.chat import FileContent, Platform
from bot.domain.helpdesk import Entry, NewCustomer, Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId, CustomerId

NAME_LENGTH = 40
"""The documented limit of a customer's names."""

SUBJECT_LENGTH = 998
PAGE_SIZE = 50
"""The documented default; larger pages are documented nowhere."""

_PLATFORM_NAMES = {Platform.DISCORD: "Discord", Platform.MATRIX: "Matrix"}
_UNSENDABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call: ``path`` is below /api. A POST creates something, and so does each repetition of it."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None

    @property
    def creates(self) -> bool:
        """Whether repeating it would make a second one."""
        return self.method == "POST"


def create_customer(customer: NewCustomer) -> Request:
    """A customer without e-mail: display name, platform in brackets, platform id in the notes (behaviour.md)."""
    body = {
        "firstName": first_name(customer),
        "lastName": f"({_PLATFORM_NAMES[customer.platform]})",
        "notes": notes(customer),
    }
    return Request(method="POST", path="/customers", body=body)


def customers_named(customer: NewCustomer, since: datetime, page: int) -> Request:
    """Customers of this first name, changed since."""
    params = {"firstName": first_name(customer), "updatedSince": instant(since), **_page(page)}
    return Request(method="GET", path="/customers", params=params)


def create_conversation(
    *, mailbox_id: int, subject: str, customer_id: CustomerId, thread: Mapping[str, object]
) -> Request:
    """A conversation of type chat: the only one of which neither a mail nor an auto-reply leaves (facts 1.5)."""
    body = {
        "type": "chat",
        "mailboxId": mailbox_id,
        "subject": sendable_subject(subject),
        "customer": {"id": customer_id},
        "status": "active",
        "threads": [thread],
    }
    return Request(method="POST", path="/conversations", body=body)


def create_thread(conversation_id: ConversationId, thread: Mapping[str, object]) -> Request:
    """A further thread."""
    return Request(method="POST", path=f"/conversations/{conversation_id}/threads", body=thread)


def thread_of(
    entry: Entry, *, html: str, bot_user_id: int, files: bool = True, customer_id: CustomerId | None = None
) -> dict[str, object]:
    """The thread object of an entry. Without ``customer_id`` newer versions take the conversation's own customer."""
    thread: dict[str, object] = {"type": str(entry.kind), "text": html}
    if entry.kind is not ThreadKind.CUSTOMER:
        thread["user"] = entry.agent_id or bot_user_id
    elif customer_id is not None:
        thread["customer"] = {"id": customer_id}
    if files and entry.files:
        thread["attachments"] = [_attachment(file) for file in entry.files]
    return thread


def conversation(conversation_id: int, *, embed: str = "threads") -> Request:
    """One conversation."""
    return Request(method="GET", path=f"/conversations/{conversation_id}", params={"embed": embed})


def conversations(filters: Mapping[str, str], page: int) -> Request:
    """A page of the list; ``status`` must be among the filters, since its default is contested (facts 1.2)."""
    return Request(method="GET", path="/conversations", params={**_page(page), **filters})


def replace_tags(conversation_id: ConversationId, tags: Sequence[str]) -> Request:
    """All tags of a conversation; those left out are taken away."""
    return Request(method="PUT", path=f"/conversations/{conversation_id}/tags", body={"tags": list(tags)})


def set_custom_fields(conversation_id: ConversationId, values: Mapping[int, str]) -> Request:
    """Custom fields by id; others are kept."""
    fields = [{"id": field_id, "value": value} for field_id, value in values.items()]
    return Request(method="PUT", path=f"/conversations/{conversation_id}/custom_fields", body={"customFields": fields})


def set_status(conversation_id: ConversationId, status: Status, *, bot_user_id: int) -> Request:
    """The status, in the bot's name. The keys are applied in their order, so ``byUser`` comes first."""
    body = {"byUser": bot_user_id, "status": str(status)}
    return Request(method="PUT", path=f"/conversations/{conversation_id}", body=body)


def assign(conversation_id: ConversationId, agent_id: AgentId, *, bot_user_id: int) -> Request:
    """Who looks after it, in the bot's name, and so with ``byUser`` first."""
    body = {"byUser": bot_user_id, "assignTo": agent_id}
    return Request(method="PUT", path=f"/conversations/{conversation_id}", body=body)


def listed(path: str, page: int = 1) -> Request:
    """A page of any other list: mailboxes, tags, a mailbox's custom fields."""
    return Request(method="GET", path=path, params=_page(page))


def user(user_id: int) -> Request:
    """One user."""
    return Request(method="GET", path=f"/users/{user_id}")


def create_webhook(url: str, events: Sequence[str]) -> Request:
    """A webhook for all mailboxes: a conversation may be moved to another one."""
    return Request(method="POST", path="/webhooks", body={"url": url, "events": list(events)})


def delete_webhook(webhook_id: int) -> Request:
    """Take a webhook away."""
    return Request(method="DELETE", path=f"/webhooks/{webhook_id}")


def first_name(customer: NewCustomer) -> str:
    """The display name as FreeScout keeps it: cut, without tags (it strips them) and never what PHP takes for empty."""
    name = customer.name.replace("<", "‹").replace(">", "›")
    name = " ".join(_UNSENDABLE.sub(" ", name).split())[:NAME_LENGTH].strip()
    return name if name not in ("", "0") else customer.platform_id[:NAME_LENGTH]


def notes(customer: NewCustomer) -> str:
    """One line: FreeScout keeps no line feeds there."""
    return f"{_PLATFORM_NAMES[customer.platform]} user id: {customer.platform_id}"


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sendable_line(text: str, length: int) -> str:
    """One line of at most that many characters, without those that make the help desk refuse a request."""
    line = " ".join(_UNSENDABLE.sub(" ", text).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def sendable_subject(subject: str) -> str:
    """A subject that fits its column and that PHP does not take for empty."""
    cut = " ".join(_UNSENDABLE.sub(" ", subject).split())[:SUBJECT_LENGTH]
    return cut if cut not in ("", "0") else f"({cut or 'no subject'})"


def _attachment(file: FileContent) -> dict[str, str]:
    return {
        "fileName": _UNSENDABLE.sub("_", file.name).strip() or "file",
        "mimeType": _UNSENDABLE.sub("", file.mime_type) or "application/octet-stream",
        "data": b64encode(file.content).decode("ascii"),
    }


def _page(page: int) -> dict[str, str]:
    return {"page": str(page), "pageSize": str(PAGE_SIZE)}

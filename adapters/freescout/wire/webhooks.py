"""FreeScout's webhooks: which are wanted, how they are signed, and what one tells (facts/freescout.md 1.4)."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.freescout.wire.lenient import a_number, a_text
from bot.domain.ids import ConversationId

AGENT_REPLY = "convo.agent.reply.created"
EVENTS = (
    AGENT_REPLY,
    "convo.note.created",
    "convo.customer.reply.created",
    "convo.status",
    "convo.assigned",
    "convo.created",
    "convo.moved",
    "convo.deleted",
    "convo.deleted_forever",
    "convo.restored",
)
"""All that tell of a change in a conversation; what has no event (an edit, a merge) is seen along with them."""

_SIGNATURE = "x-freescout-signature"
_EVENT = "x-freescout-event"
_OF_CONVERSATIONS = "convo."
_OF_CUSTOMERS = "customer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """This conversation changed. ``replied``: FreeScout says that a reply in it can no longer be taken back."""

    conversation_id: ConversationId
    replied: bool


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the signature is that of these bytes, base64(HMAC-SHA1(body, secret)); compared in constant time."""
    expected = b64encode(hmac.digest(secret.encode(), body, "sha1"))
    given = _header(headers, _SIGNATURE).strip().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given, expected)


def notice_of(headers: Mapping[str, str], document: Mapping[str, Any]) -> Notice | None:
    """What it tells; None where it is not about a conversation.

    The body is the conversation itself with nothing around it, a snapshot whose threads may be later ones: only its id
    is believed. Names of events may be new or an operator's own; then the object's shape tells what it is.
    """
    event = _header(headers, _EVENT).strip().lower()
    conversation_id = a_number(document.get("id"))
    if conversation_id is None or conversation_id <= 0 or event.startswith(_OF_CUSTOMERS):
        return None
    if not event.startswith(_OF_CONVERSATIONS) and "status" not in document:
        return None
    return Notice(conversation_id=ConversationId(conversation_id), replied=event == AGENT_REPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredWebhook:
    """One that FreeScout knows; ``mailbox_ids`` none: it tells of all mailboxes."""

    webhook_id: int
    url: str
    events: frozenset[str]
    mailbox_ids: frozenset[int]
    last_error: str

    def tells_all(self, mailbox_id: int) -> bool:
        """Whether it tells of everything wanted in this mailbox."""
        return self.events.issuperset(EVENTS) and (not self.mailbox_ids or mailbox_id in self.mailbox_ids)


def registered_webhook(document: Mapping[str, Any]) -> RegisteredWebhook | None:
    """A listed one; None when the entry is odd."""
    webhook_id = a_number(document.get("id"))
    if webhook_id is None:
        return None
    mailboxes = [a_number(one.get("id") if isinstance(one, dict) else one) for one in _listed(document, "mailboxes")]
    return RegisteredWebhook(
        webhook_id=webhook_id,
        url=a_text(document.get("url")),
        events=frozenset(map(a_text, _listed(document, "events"))),
        mailbox_ids=frozenset(one for one in mailboxes if one is not None),
        last_error=" ".join(a_text(document.get("lastRunError")).split())[:200],
    )


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same but for a slash at the end."""
    return one.strip().rstrip("/") == other.strip().rstrip("/")


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    """A list; PHP writes one with gaps in its numbering as an object."""
    found = document.get(name)
    return list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever its case."""
    return next((value for given, value in headers.items() if given.lower() == name), "")

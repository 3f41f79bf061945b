"""What a test or the sandbox page sees of the simulated help desk: plain values, read back from its database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file; `url` is the tokened link that opens without a login. `embedded`: a picture inside the text."""

    id: int
    file_name: str
    mime_type: str
    size: int
    data: bytes
    url: str
    embedded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One entry of a conversation; `type` is customer, message, note or lineitem.

    `status` is the conversation's as it left it, where core keeps that, else `active` or `nochange`. `meta` holds what
    core remembers beside it: `pc` the conversation it was merged from, `mwc` and `mic` of a `merged` line the
    conversation merged with and into.
    """

    id: int
    conversation_id: int
    type: str
    state: str
    body: str
    author_name: str
    user_id: int | None
    customer_id: int | None
    action_type: str
    status: str
    created_at: datetime
    attachments: tuple[Attachment, ...]
    meta: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation with its threads, oldest first; custom fields map a field's name to the text people see."""

    id: int
    number: int
    type: str
    mailbox_id: int
    subject: str
    status: str
    state: str
    customer_id: int | None
    customer_name: str
    assignee_id: int | None
    tags: tuple[str, ...]
    custom_fields: Mapping[str, str]
    threads: tuple[Thread, ...]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_by: int | None

    def of_type(self, *types: str) -> tuple[Thread, ...]:
        """The threads of the given types, oldest first."""
        return tuple(thread for thread in self.threads if thread.type in types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer; an empty `emails` is legal."""

    id: int
    first_name: str
    last_name: str
    notes: str
    emails: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail the real help desk would send. `kind`: auto_reply, agent_reply (to customers) or notification (to agents).

    `error` holds what an agent would see when the mail cannot be sent.
    """

    kind: str
    to: str
    subject: str
    conversation_id: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request as it arrived; base64 file contents are shortened. `status` 0: cut before any work was done."""

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    status: int
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a request that FreeScout would swallow silently or that is unsafe."""

    method: str
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A registered webhook; an empty `mailboxes` means all of them."""

    id: int
    url: str
    events: tuple[str, ...]
    mailboxes: tuple[int, ...]
    last_run_at: datetime | None
    last_run_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One webhook as it was or is being sent. `status` is the latest answer, 0 while there was none.

    `done`: it will not be tried again. `empty`: one of those that come with nothing in them.
    """

    event: str
    url: str
    conversation_id: int | None
    status: int
    tries: int
    done: bool
    empty: bool = False

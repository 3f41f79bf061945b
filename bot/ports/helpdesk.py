"""What the core needs of the help desk."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.findings import Finding
from bot.domain.helpdesk import (
    AppendedThread,
    Conversation,
    ConversationView,
    DeskFile,
    Entry,
    NewConversation,
    NewCustomer,
    OpenedConversation,
    Status,
)
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber


class HelpDesk(Protocol):
    """FreeScout. Each method may raise ``TransientError``, ``PermanentError``; those that create something may raise
    ``OutcomeUnknownError``: then call the matching ``find_...`` before trying again. Nothing here retries on its own.
    """

    async def create_customer(self, customer: NewCustomer) -> CustomerId:
        """Make a customer without e-mail. Not idempotent."""
        ...

    async def find_customer(self, customer: NewCustomer, asked_after: datetime) -> CustomerId | None:
        """The customer whose notes carry this platform id, created since."""
        ...

    async def open_conversation(self, conversation: NewConversation) -> OpenedConversation:
        """Open a conversation of type chat. Not idempotent. ``CustomerGoneError`` when there is no such customer.

        When the help desk refuses the size (413), the text is filed without the files, saying so.
        """
        ...

    async def find_opened(self, conversation: NewConversation) -> OpenedConversation | None:
        """The conversation whose last anchor carries the entry's delivery id, if an earlier try made it."""
        ...

    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        """Add one thread. Not idempotent. Oversized: as above. ``PermanentError`` when the conversation is gone."""
        ...

    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        """The thread of this entry, if an earlier try made it."""
        ...

    async def conversation(self, number: TicketNumber) -> Conversation | None:
        """The conversation with this number, however it came in; None when there is none (or it is deleted)."""
        ...

    async def read(self, conversation_id: ConversationId) -> ConversationView | None:
        """The conversation as it is now, in the trash too; None when it was deleted for good."""
        ...

    def changed(self, since: datetime) -> AsyncIterator[ConversationView]:
        """All conversations changed since then (by the help desk's clock), oldest change first within each status and
        state; trashed ones too, in whatever mailbox. One may come twice. Raises as every method does.
        """
        ...

    async def survivor(self, merged: ConversationView, threads: Collection[ThreadId]) -> ConversationView | None:
        """The conversation that holds these threads now that ``merged`` was merged into it; None when none does."""
        ...

    async def download(self, file: DeskFile, *, limit_bytes: int) -> bytes:
        """A file's bytes. Larger than the limit, or gone: ``PermanentError``."""
        ...

    async def set_triage(self, conversation_id: ConversationId, label: str, priority: str) -> None:
        """Make label and priority those of the conversation, per ``triage_as``; other tags and fields are kept.
        Idempotent.

        With ``notes`` (or ``auto`` on an instance that has neither module) there is nothing to do: the note says it.
        """
        ...

    async def set_status(self, conversation_id: ConversationId, status: Status) -> None:
        """Set the status in the bot's name. Idempotent."""
        ...

    async def assign(self, conversation_id: ConversationId, agent_id: AgentId) -> None:
        """Make this agent the one who looks after it, in the bot's name. Idempotent."""
        ...

    @property
    def shows_clocks(self) -> bool:
        """Whether a custom field for the clocks was named in the settings."""
        ...

    async def show_clocks(self, conversation_id: ConversationId, text: str) -> None:
        """Write this into the custom field for the clocks; nothing happens where none was named. Idempotent."""
        ...

    def address_of(self, conversation_id: ConversationId) -> str:
        """Where agents open the conversation in their browser."""
        ...

    async def inspect(self) -> Sequence[Finding]:
        """For ``check --live``: key, mailbox, bot user, modules, each with its fix."""
        ...

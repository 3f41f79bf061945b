"""What the core needs of a chat platform."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.chat import Attachment, ChatAddress, OutgoingMessage, Platform, QuotedMessage, SentMessage
from bot.domain.findings import Finding
from bot.domain.helpdesk import Status


class ChatPlatform(Protocol):
    """One chat platform.

    Every method may raise ``TransientError``, ``PermanentError`` or ``OutcomeUnknownError`` and leaves retrying to its
    caller. Cancelling any of them is safe and leaves the outcome unknown. Nothing here retries for longer than a few
    seconds on its own.
    """

    @property
    def platform(self) -> Platform:
        """Which one it is."""
        ...

    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        """Put the bot's reaction on a message. Idempotent."""
        ...

    async def open_chat_thread(self, address: ChatAddress, title: str) -> None:
        """Make sure ``address.chat_thread`` exists. Idempotent: a thread that is there is adopted.

        ``title`` is cut to the platform's limit; when the platform refuses the name, ``fallback``-style names are the
        adapter's business (``Ticket 1234``: the title's leading ``#number`` kept). Nothing to do in Matrix, nor in a
        forum post.
        """
        ...

    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        """Say it, once. The ``delivery_id`` is the platform's idempotency key; pings at most ``message.mention``.

        ``begun`` is what ``find_sent`` found of an earlier try: its parts are not said again and lead the result. A
        platform that refuses the files for their size raises ``FilesRefusedError``, having said nothing of them.
        """
        ...

    async def find_sent(
        self, message: OutgoingMessage, tried_at: datetime, taken: frozenset[str] = frozenset()
    ) -> SentMessage | None:
        """Look for what ``send`` may have said already in a try begun at ``tried_at``; None when nothing is there.

        Always looks, also while the platform's own idempotency would cover a repeat: whether something was said decides
        what is said next. ``taken`` are messages known to be other deliveries':
        the same words in them do not count.
        """
        ...

    async def file_limit(self) -> int:
        """How many bytes a file may have here."""
        ...

    async def show_status(self, address: ChatAddress, status: Status, *, final: bool) -> None:
        """Show a ticket's status where the platform has a place for it: a forum post's tags; ``final`` also archives
        the chat thread (never locks it). Idempotent; nothing to do where there is none. Never renames, never edits.
        """
        ...

    def current(self, address: ChatAddress) -> ChatAddress:
        """Where this address is now: the same, or, where its room was replaced, the new room without a chat thread (a
        thread's root stayed in the old one). A replaced direct message room is its own chat thread again.
        """
        ...

    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        """An attachment's bytes (decrypted), with a fresh URL if the old one has expired.

        Larger than the limit, or gone: ``PermanentError``.
        """
        ...

    async def read_message(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        """A message to quote (Discord: a thread's starter stands in its parent); None when gone or unreadable."""
        ...

    async def inspect(self) -> Sequence[Finding]:
        """For ``check --live``: log in, look at what the bot needs here, and name what is missing with its fix."""
        ...

"""Ordinary values that tests of the store are made of, and looks at the files it makes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.chat import Attachment, Author, ChatAddress, ChatMessage, Platform
from bot.domain.richtext import from_plain

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = AT + timedelta(seconds=90)


def message(message_id: str, text: str = "It is broken.\nHelp!") -> ChatMessage:
    """A member's message with a file."""
    return ChatMessage(
        address=ChatAddress(platform=Platform.MATRIX, room="!r:example.org", chat_thread="$root"),
        message_id=message_id,
        author=Author(platform=Platform.MATRIX, user_id="@ann:example.org", name="Ann 🦊", roles=frozenset({"1", "2"})),
        sent_at=AT,
        text=from_plain(text),
        link="https://matrix.to/#/!r:example.org/$m",
        attachments=(Attachment(name="log.txt", mime_type="text/plain", size_bytes=7, reference="mxc://x/y"),),
    )


def names_in(folder: Path) -> list[str]:
    """The names of the files in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    """The permission bits of a file or folder."""
    return path.stat().st_mode & 0o777

"""The subject line of a conversation and the names derived from it."""

from bot.domain.chat import ChatMessage
from bot.domain.ids import TicketNumber
from bot.domain.richtext import plain

LONGEST = 100
"""Long enough to tell requests apart in a list; FreeScout would cut at 998 (facts/freescout.md 1.2)."""


def subject_of(message: ChatMessage) -> str:
    """The forum post's title, else the first line that says something; on one line, at most 100 characters."""
    source = message.title or next((line for line in plain(message.text).splitlines() if line.strip()), "")
    line = " ".join(source.split())
    if not line and message.attachments:
        line = message.attachments[0].name
    return cut(line, LONGEST) or f"Message from {message.author.name}"


def chat_thread_name(number: TicketNumber, subject: str) -> str:
    """The name of a ticket's chat thread: ``#1234 subject``, at most 100 characters."""
    return cut(f"#{number} {subject}", LONGEST)


def cut(line: str, longest: int) -> str:
    """At most ``longest`` characters, cut between words where that is not far back, with an ellipsis."""
    if len(line) <= longest:
        return line
    head = line[: longest - 1]
    space = head.rfind(" ")
    return (head[:space] if space > longest * 2 // 3 else head).rstrip() + "…"

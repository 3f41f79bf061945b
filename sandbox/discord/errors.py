"""Discord's refusals: HTTP status, JSON code and text (API reference, "Opcodes and Status Codes").

REST routes turn them into answers; an actor's move that Discord would refuse raises them.
"""

from typing import Any


class DiscordError(Exception):
    """A refusal with its HTTP `status` and JSON `code`."""

    def __init__(self, status: int, code: int, message: str, *, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def payload(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


class SlowDownError(DiscordError):
    """A 429 that the library can wait out: `retry_after` in seconds."""

    def __init__(self, retry_after: float, *, code: int = 0, message: str = "You are being rate limited.") -> None:
        super().__init__(429, code, message)
        self.retry_after = retry_after


class NoAnswerError(Exception):
    """The bot did not answer an interaction in time; a person reads "The application did not respond"."""


def unauthorized() -> DiscordError:
    """The token is not the bot's."""
    return DiscordError(401, 0, "401: Unauthorized")


def unknown(what: str) -> DiscordError:
    """404 for a missing thing, with the code that belongs to it."""
    codes = {
        "Channel": 10003,
        "Guild": 10004,
        "Member": 10007,
        "Message": 10008,
        "Role": 10011,
        "User": 10013,
        "Emoji": 10014,
        "Webhook": 10015,
        "interaction": 10062,
        "application command": 10063,
    }
    return DiscordError(404, codes[what], f"Unknown {what}")


def missing_access() -> DiscordError:
    """The bot cannot see the channel."""
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    """The bot sees the channel and may not do this there."""
    return DiscordError(403, 50013, "Missing Permissions")


def invalid_form(field: str, reason: str) -> DiscordError:
    """400 for a body that breaks a documented limit."""
    errors = {field: {"_errors": [{"code": "INVALID", "message": reason}]}}
    return DiscordError(400, 50035, "Invalid Form Body", errors=errors)


def empty_message() -> DiscordError:
    """A message needs content, an embed, a file, a sticker, a poll or a component."""
    return DiscordError(400, 50006, "Cannot send an empty message")


def too_large() -> DiscordError:
    """A file, or all of a request together, is larger than the server takes."""
    return DiscordError(413, 40005, "Request entity too large")


def refuses_direct_messages() -> DiscordError:
    """The person takes no direct messages from the bot."""
    return DiscordError(403, 50007, "Cannot send messages to this user")


def thread_is_archived() -> DiscordError:
    """Archived threads allow no edits, reactions or commands."""
    return DiscordError(400, 50083, "Thread is archived")


def thread_is_locked() -> DiscordError:
    """Only Manage Threads may post in a locked thread."""
    return DiscordError(403, 160005, "Thread is locked")


def thread_exists() -> DiscordError:
    """A message carries at most one thread."""
    return DiscordError(400, 160004, "A thread has already been created for this message")


def starter_missing() -> DiscordError:
    """A forum post takes no answers before its first message is there."""
    return DiscordError(
        403, 40058, "Cannot message this thread until after the post author has sent an initial message"
    )


def history_needed_to_reply() -> DiscordError:
    """Replying needs Read Message History."""
    return DiscordError(400, 160002, "Cannot reply without permission to read message history")


def already_acknowledged() -> DiscordError:
    """An interaction has one first response."""
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")

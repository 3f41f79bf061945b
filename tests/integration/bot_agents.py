"""Agents at work in FreeScout, as tests let them act: the conversation is named by what a test holds of it."""

from collections.abc import Sequence

from sandbox.freescout import Conversation, FreeScoutSimulator, Thread

File = tuple[str, str, bytes]
"""Name, MIME type, bytes."""


class Agent:
    """One agent. ``name`` is how the bot names them in chat by default: by the first name."""

    def __init__(self, freescout: FreeScoutSimulator, user_id: int, name: str) -> None:
        self._freescout = freescout
        self.user_id = user_id
        self.name = name

    def answer(self, ticket: Conversation, text: str, *, files: Sequence[File] = (), status: str = "") -> Thread:
        """Send an answer, given as HTML."""
        return self._freescout.agent_reply(ticket.id, self.user_id, text, files=files, status=status or None)

    def illustrate(self, ticket: Conversation, text: str, picture: File) -> Thread:
        """Send an answer with a picture inside it, at ``cid:NAME``."""
        return self._freescout.agent_reply(ticket.id, self.user_id, text, inline=[picture])

    def draft(self, ticket: Conversation, text: str) -> Thread:
        """Save an answer without sending it."""
        return self._freescout.agent_reply(ticket.id, self.user_id, text, draft=True)

    def send(self, draft: Thread) -> None:
        """Send a draft after all."""
        self._freescout.publish_reply(draft.id, self.user_id)

    def undo(self, answer: Thread) -> None:
        """Click "Undo"; in time, as tests are quick, also where FreeScout's whole seconds just changed."""
        self._freescout.undo_reply(answer.id, self.user_id, force=True)

    def edit(self, answer: Thread, text: str) -> None:
        """Change the text of what was sent."""
        self._freescout.edit_thread(answer.id, text)

    def note(self, ticket: Conversation, text: str) -> Thread:
        """Write an internal note."""
        return self._freescout.agent_note(ticket.id, self.user_id, text)

    def close(self, ticket: Conversation) -> None:
        """Close the conversation."""
        self._freescout.close(ticket.id, self.user_id)

    def reopen(self, ticket: Conversation) -> None:
        """Set it active."""
        self._freescout.set_status(ticket.id, "active", self.user_id)

    def take(self, ticket: Conversation) -> None:
        """Assign it to themself."""
        self._freescout.assign(ticket.id, self.user_id, self.user_id)

    def merge(self, ticket: Conversation, *, into: Conversation) -> None:
        """Merge a conversation into another one."""
        self._freescout.merge(ticket.id, into=into.id, user_id=self.user_id)

"""What agents do in the help desk in memory; Lea does it where nobody is named."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from bot.domain.chat import FileContent
from bot.domain.helpdesk import Agent, Entry, Status, ThreadKind
from bot.domain.ids import ConversationId, CustomerId, ThreadId
from bot.domain.richtext import RichText, from_plain
from bot.ports.clock import Clock
from tests.fakes.desk_records import LEA, FiledConversation, FiledThread, line

UNDO = timedelta(seconds=15)
"""How long an agent can take a reply back."""


@dataclass(slots=True)
class DeskPeople:
    """The part of the fake that stands for its people. An unknown conversation or thread is a LookupError.

    ``skew`` is how far the help desk's clock is ahead of ours; like FreeScout's, it tells whole seconds only.
    """

    clock: Clock
    skew: timedelta = field(default=timedelta(), kw_only=True)
    conversations: list[FiledConversation] = field(default_factory=list, kw_only=True)
    files: dict[str, bytes] = field(default_factory=dict, kw_only=True)
    _ids: "count[int]" = field(default_factory=lambda: count(1), kw_only=True)

    def desk_now(self) -> datetime:
        """The instant by the help desk's own clock."""
        return (self.clock.now() + self.skew).replace(microsecond=0)

    @property
    def threads(self) -> list[FiledThread]:
        """All threads of all conversations."""
        return [thread for one in self.conversations for thread in one.threads]

    def numbered(self, number: int) -> FiledConversation:
        """The conversation people see under this number; LookupError when there is none."""
        return self._only([one for one in self.conversations if one.number == number], f"conversation #{number}")

    def filed(self, conversation_id: ConversationId) -> FiledConversation:
        """The conversation of this id."""
        found = [one for one in self.conversations if one.conversation_id == conversation_id]
        return self._only(found, f"conversation {conversation_id}")

    def add_conversation(
        self,
        subject: str,
        *,
        status: Status = Status.ACTIVE,
        tags: Sequence[str] = (),
        text: str = "",
        customer_name: str = "Mia",
    ) -> FiledConversation:
        """A conversation that came by e-mail; without ``text`` nothing stands in it."""
        made = FiledConversation(
            conversation_id=ConversationId(next(self._ids)),
            subject=subject,
            customer_id=CustomerId(next(self._ids)),
            created_at=self.desk_now(),
            status=status,
            tags=list(tags),
            is_chat=False,
            customer_name=customer_name,
        )
        self.conversations.append(made)
        if text:
            self._mailed(made, text)
        return made

    def customer_replies(self, conversation_id: ConversationId, text: str) -> ThreadId:
        """The customer answers by mail: the conversation is active again, out of the trash if need be."""
        conversation = self.filed(conversation_id)
        conversation.status, conversation.deleted = Status.ACTIVE, False
        return self._mailed(conversation, text).thread_id

    def agent_replies(
        self,
        conversation_id: ConversationId,
        text: str | RichText,
        *,
        agent: Agent = LEA,
        draft: bool = False,
        files: Sequence[FileContent] = (),
        status: Status = Status.PENDING,
    ) -> ThreadId:
        """An agent answers, or only begins to (``draft``). The conversation becomes pending unless told otherwise."""
        conversation = self.filed(conversation_id)
        thread = self._write(conversation, ThreadKind.MESSAGE, text, agent, files)
        thread.published = not draft
        if not draft:
            self._answered(conversation, thread, agent, status)
        return thread.thread_id

    def note(
        self,
        conversation_id: ConversationId,
        text: str | RichText,
        *,
        agent: Agent = LEA,
        files: Sequence[FileContent] = (),
    ) -> ThreadId:
        """An agent writes an internal note."""
        conversation = self.filed(conversation_id)
        thread = self._write(conversation, ThreadKind.NOTE, text, agent, files)
        thread.status = conversation.status
        return thread.thread_id

    def publish(self, thread_id: ThreadId, *, agent: Agent | None = None) -> None:
        """An agent (None: its author) sends a draft: only now was it written, and by whoever sent it."""
        conversation, thread = self._found(thread_id)
        thread.published, thread.created_at, thread.author = True, self.desk_now(), agent or thread.author
        conversation.threads.sort(key=lambda one: (one.created_at, one.thread_id))
        self._answered(conversation, thread, thread.author or LEA, Status.PENDING)

    def undo(self, thread_id: ThreadId, *, force: bool = False) -> None:
        """The agent takes a reply back: it is a draft again. ValueError when it is too late, unless forced.

        FreeScout counts whole seconds, so that the time is up to one second longer than ``UNDO``.
        """
        conversation, thread = self._found(thread_id)
        if not force and (not thread.published or self.desk_now() - thread.created_at > UNDO):
            raise ValueError("Sending can not be undone")
        thread.published = False
        conversation.touch(self.desk_now())

    def edit(self, thread_id: ThreadId, text: str | RichText) -> None:
        """An agent edits a thread's text; the conversation's dates move only when it is the latest one."""
        conversation, thread = self._found(thread_id)
        thread.entry = replace(thread.entry, text=_rich(text))
        if thread is conversation.threads[-1]:
            conversation.touch(self.desk_now(), by_user=False)

    def close(self, conversation_id: ConversationId, agent: Agent = LEA) -> None:
        """An agent closes the conversation."""
        self.set_status_as_agent(conversation_id, Status.CLOSED, agent)

    def set_status_as_agent(self, conversation_id: ConversationId, status: Status, agent: Agent = LEA) -> None:
        """An agent sets the status. Reopening keeps the old closing date, as FreeScout does."""
        conversation = self.filed(conversation_id)
        if conversation.status is not status:
            conversation.status = status
            self._close(conversation, agent)
            self._line(conversation, "changed-ticket-status", agent, status)

    def assign_as_agent(self, conversation_id: ConversationId, agent: Agent | None, by: Agent = LEA) -> None:
        """An agent assigns the conversation, or with None takes the assignment away."""
        conversation = self.filed(conversation_id)
        conversation.assignee = agent
        self._line(conversation, "changed-ticket-assignee", by)

    def move(self, conversation_id: ConversationId, mailbox_id: int, *, agent: Agent = LEA) -> None:
        """An agent moves the conversation to another mailbox."""
        conversation = self.filed(conversation_id)
        conversation.mailbox_id = mailbox_id
        self._line(conversation, "moved-from-mailbox", agent)

    def merge(self, one: ConversationId, into: ConversationId, *, agent: Agent = LEA) -> None:
        """All threads of one move into the other; the emptied one goes to the trash."""
        merged, other = self.filed(one), self.filed(into)
        other.threads = sorted([*other.threads, *merged.threads], key=lambda one: (one.created_at, one.thread_id))
        other.lines += merged.lines
        merged.threads, merged.lines = [], []
        for conversation in (other, merged):
            self._line(conversation, "merged", agent)
        self.trash(one, agent=agent)

    def trash(self, conversation_id: ConversationId, *, agent: Agent = LEA) -> None:
        """An agent deletes the conversation to the trash."""
        conversation = self.filed(conversation_id)
        conversation.deleted = True
        self._line(conversation, "deleted-ticket", agent)

    def restore(self, conversation_id: ConversationId, *, agent: Agent = LEA) -> None:
        """An agent takes it out of the trash."""
        conversation = self.filed(conversation_id)
        conversation.deleted = False
        self._line(conversation, "restore-ticket", agent)

    def delete_for_good(self, conversation_id: ConversationId) -> None:
        """An agent deletes the conversation for good."""
        self.conversations.remove(self.filed(conversation_id))

    def _mailed(self, conversation: FiledConversation, text: str) -> FiledThread:
        entry = Entry(delivery_id="", kind=ThreadKind.CUSTOMER, text=from_plain(text))
        thread = self._add(conversation, entry, None, kept=())
        thread.status = conversation.status
        return thread

    def _write(
        self,
        conversation: FiledConversation,
        kind: ThreadKind,
        text: str | RichText,
        agent: Agent,
        files: Sequence[FileContent],
    ) -> FiledThread:
        entry = Entry(delivery_id="", kind=kind, text=_rich(text), files=tuple(files), agent_id=agent.agent_id)
        return self._add(conversation, entry, agent, kept=tuple(file.name for file in files))

    def _add(
        self, conversation: FiledConversation, entry: Entry, author: Agent | None, *, kept: tuple[str, ...]
    ) -> FiledThread:
        """Store a thread with its files."""
        at = self.desk_now()
        thread = FiledThread(
            thread_id=ThreadId(next(self._ids)),
            entry=entry,
            created_at=at,
            kept_files=kept,
            author=author,
            customer_id=conversation.customer_id,
        )
        by_name = {file.name: file.content for file in entry.files}
        self.files.update({file.reference: by_name[file.name] for file in thread.files})
        conversation.threads.append(thread)
        conversation.touch(at, by_user=author is not None)
        return thread

    def _answered(self, conversation: FiledConversation, thread: FiledThread, agent: Agent, status: Status) -> None:
        conversation.status = thread.status = status
        conversation.assignee = conversation.assignee or agent
        self._close(conversation, agent)
        conversation.touch(self.desk_now())

    def _close(self, conversation: FiledConversation, agent: Agent) -> None:
        if conversation.status is Status.CLOSED:
            conversation.closed_by, conversation.closed_at = agent, self.desk_now()

    def _line(self, conversation: FiledConversation, action: str, by: Agent, status: Status | None = None) -> None:
        at = self.desk_now()
        conversation.lines.append(line(ThreadId(next(self._ids)), action, by, at, status))
        conversation.touch(at)

    def _found(self, thread_id: ThreadId) -> tuple[FiledConversation, FiledThread]:
        for conversation in self.conversations:
            for thread in conversation.threads:
                if thread.thread_id == thread_id:
                    return conversation, thread
        raise LookupError(f"no thread {thread_id}")

    @staticmethod
    def _only(found: list[FiledConversation], wanted: str) -> FiledConversation:
        if not found:
            raise LookupError(f"no {wanted}")
        return found[0]


def _rich(text: str | RichText) -> RichText:
    return from_plain(text) if isinstance(text, str) else text

"""What tests and the sandbox page let people do in the help desk; the administrator acts where nobody is named."""

from collections.abc import Sequence

from sandbox.freescout import people, replies
from sandbox.freescout.call import World
from sandbox.freescout.inspection import read_conversation, read_thread
from sandbox.freescout.records import Conversation, Thread


class People:
    """The part of the simulator that stands for its people. An unknown conversation is a LookupError."""

    def __init__(self, world: World, *, mailbox_id: int, admin_id: int) -> None:
        self._world = world
        self.mailbox_id = mailbox_id
        self.admin_id = admin_id

    def conversation(self, *, id: int | None = None, number: int | None = None) -> Conversation:  # noqa: A002 - FreeScout's word
        """The conversation of that id or number; LookupError when there is none."""
        wanted = id if id is not None else (number or 0) - self._world.options.number_offset
        row = self._world.store.one("conversation", wanted)
        if row is None:
            raise LookupError(f"no conversation with id {id}" if id is not None else f"no conversation #{number}")
        return read_conversation(self._world, row)

    def email_conversation(self, from_email: str, name: str, subject: str, body: str) -> Conversation:
        """A customer's mail opens a conversation."""
        return self.conversation(
            id=people.email_conversation(self._world, self.mailbox_id, from_email, name, subject, body)
        )

    def email_reply(self, conversation_id: int, body: str) -> Thread:
        """The customer answers by mail; the conversation is active again."""
        self._known(conversation_id)
        return self._thread(people.email_reply(self._world, conversation_id, body))

    def agent_reply(
        self,
        conversation_id: int,
        user_id: int,
        html: str,
        *,
        status: str | None = None,
        draft: bool = False,
        files: Sequence[replies.File] = (),
        inline: Sequence[replies.File] = (),
        assign_to: int | None = None,
        chat_mode: bool = False,
    ) -> Thread:
        """An agent answers, or saves a draft; files are (name, MIME type, bytes).

        The conversation becomes pending unless told otherwise, and whoever answers an unassigned one gets it.
        `inline` pictures stand in the text as `cid:NAME`. `chat_mode`: written in that view, so its webhook comes soon.
        """
        self._known(conversation_id)
        if draft:
            return self._thread(replies.draft(self._world, conversation_id, user_id, html, files, inline))
        options = self._world.options
        thread_id = replies.reply(
            self._world,
            conversation_id,
            user_id,
            html,
            status=status or "pending",
            assignee_id=self._assignee(conversation_id, user_id, assign_to),
            files=files,
            inline=inline,
            undo_seconds=options.chat_mode_seconds if chat_mode else options.undo_seconds,
        )
        return self._thread(thread_id)

    def agent_note(
        self, conversation_id: int, user_id: int, html: str, *, files: Sequence[replies.File] = ()
    ) -> Thread:
        """An agent writes an internal note."""
        self._known(conversation_id)
        return self._thread(replies.note(self._world, conversation_id, user_id, html, files))

    def delete_note(self, thread_id: int) -> None:
        """An agent deletes a note; ValueError for anything else, which FreeScout keeps."""
        replies.delete_note(self._world, thread_id)

    def undo_reply(self, thread_id: int, user_id: int | None = None, *, force: bool = False) -> None:
        """The agent takes a reply back: it is a draft again. None: its author.

        ValueError when it is somebody else's or older than `undo_seconds`, unless forced.
        """
        replies.undo(self._world, thread_id, user_id, force=force)

    def publish_reply(
        self, thread_id: int, user_id: int | None = None, *, status: str | None = None, assign_to: int | None = None
    ) -> None:
        """An agent (None: the author) sends a draft; it keeps its id and is as new as if written now."""
        row = replies.existing_thread(self._world, thread_id)
        sender = user_id or row["created_by_user_id"]
        assignee = self._assignee(row["conversation_id"], sender, assign_to)
        replies.publish(self._world, thread_id, sender, status=status or "pending", assignee_id=assignee)

    def edit_thread(self, thread_id: int, html: str) -> None:
        """An agent edits a thread's text."""
        replies.edit(self._world, thread_id, html)

    def set_status(self, conversation_id: int, status: str, user_id: int | None = None) -> None:
        """An agent sets active, pending, closed or spam."""
        self._known(conversation_id)
        people.set_status(self._world, conversation_id, status, user_id or self.admin_id)

    def close(self, conversation_id: int, user_id: int | None = None) -> None:
        """An agent closes the conversation."""
        self.set_status(conversation_id, "closed", user_id)

    def assign(self, conversation_id: int, assignee_id: int | None, user_id: int | None = None) -> None:
        """An agent assigns the conversation, or with None takes the assignment away."""
        self._known(conversation_id)
        people.assign(self._world, conversation_id, assignee_id, user_id or self.admin_id)

    def move(self, conversation_id: int, mailbox_id: int, user_id: int | None = None) -> None:
        """An agent moves the conversation to another mailbox."""
        self._known(conversation_id)
        people.move(self._world, conversation_id, mailbox_id, user_id or self.admin_id)

    def change_customer(self, conversation_id: int, customer_id: int, user_id: int | None = None) -> None:
        """An agent hands the conversation to another customer."""
        self._known(conversation_id)
        people.change_customer(self._world, conversation_id, customer_id, user_id or self.admin_id)

    def merge(self, conversation_id: int, *, into: int, user_id: int | None = None) -> None:
        """An agent merges a conversation into another; the first is in the trash afterwards, without its threads."""
        self._known(conversation_id)
        self._known(into)
        people.merge(self._world, conversation_id, into, user_id or self.admin_id)

    def trash(self, conversation_id: int, user_id: int | None = None) -> None:
        """An agent deletes the conversation to the trash."""
        self._known(conversation_id)
        people.trash(self._world, conversation_id, user_id or self.admin_id)

    def restore(self, conversation_id: int, user_id: int | None = None) -> None:
        """An agent takes it out of the trash."""
        self._known(conversation_id)
        people.restore(self._world, conversation_id, user_id or self.admin_id)

    def delete_forever(self, conversation_id: int) -> None:
        """An agent deletes the conversation for good."""
        self._known(conversation_id)
        people.delete_forever(self._world, conversation_id)

    def add_tag(self, conversation_id: int, tag: str) -> None:
        """An agent adds a tag."""
        self._known(conversation_id)
        people.add_tag(self._world, conversation_id, tag)

    def _known(self, conversation_id: int) -> None:
        if self._world.store.one("conversation", conversation_id) is None:
            raise LookupError(f"no conversation with id {conversation_id}")

    def _assignee(self, conversation_id: int, user_id: int, assign_to: int | None) -> int:
        present = self.conversation(id=conversation_id).assignee_id
        return assign_to or present or user_id

    def _thread(self, thread_id: int) -> Thread:
        return read_thread(self._world, replies.existing_thread(self._world, thread_id))

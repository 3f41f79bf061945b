"""What people do in FreeScout itself: customers write mails, agents answer, note, close, assign, merge and delete."""

from collections.abc import Sequence

from sandbox.freescout import attachments, conversation_changes, conversations, tags, threads
from sandbox.freescout.call import World
from sandbox.freescout.cleaning import subject as cut_subject
from sandbox.freescout.customers import by_email

File = tuple[str, str, bytes]


def email_conversation(world: World, mailbox_id: int, from_email: str, name: str, subject: str, body: str) -> int:
    """A mail from a customer arrives and opens a conversation; returns its id."""
    store = world.store
    first_name, _, last_name = name.partition(" ")
    with store.transaction():
        customer_id = by_email(store, from_email, first_name, last_name)
        now = store.now()
        conversation_id = store.insert(
            "conversation",
            type="email",
            mailbox_id=mailbox_id,
            subject=cut_subject(subject),
            status="active",
            state="published",
            customer_id=customer_id,
            created_by_customer_id=customer_id,
            source_type="email",
            source_via="customer",
            imported=0,
            created_at=now,
            updated_at=now,
        )
        first = threads.NewThread(type="customer", body=body, customer_id=customer_id, source="email")
        threads.add(world, conversation_id, first, creating=True)
    return conversation_id


def write(
    world: World,
    conversation_id: int,
    kind: str,
    user_id: int,
    body: str,
    *,
    status: str | None,
    state: str,
    files: Sequence[File],
) -> int:
    """An agent writes a reply (`message`) or a note; replying takes an unassigned conversation. Returns its id."""
    conversation = conversations.existing(world, conversation_id)
    with world.store.transaction():
        new = threads.NewThread(type=kind, body=body, user_id=user_id, status=status, state=state)
        thread_id = threads.add(world, conversation_id, new)
        for name, mime_type, data in files:
            attachments.add(world.store, thread_id, name, mime_type, data)
        if kind == "message" and state == "published" and conversation["assignee_id"] is None:
            world.store.update("conversation", conversation_id, assignee_id=user_id)
    return thread_id


def change_reply(world: World, thread_id: int, *, state: str | None = None, body: str | None = None) -> None:
    """An agent takes a reply back (draft), publishes a draft, or edits its text."""
    row = world.store.one("thread", thread_id)
    if row is None:
        raise LookupError(f"no thread with id {thread_id}")
    changes = {"state": state} if state is not None else {}
    if body is not None:
        changes["body"] = body
    with world.store.transaction():
        world.store.update("thread", thread_id, **changes)
        world.store.update("conversation", row["conversation_id"], updated_at=world.store.now())


def set_status(world: World, conversation_id: int, status: str, user_id: int) -> None:
    """An agent sets the status."""
    with world.store.transaction():
        conversation_changes.change_status(world, conversation_id, status, user_id)


def assign(world: World, conversation_id: int, assignee_id: int | None, user_id: int) -> None:
    """An agent assigns the conversation, or takes the assignment away."""
    with world.store.transaction():
        conversation_changes.change_assignee(world, conversation_id, assignee_id, user_id)


def change_customer(world: World, conversation_id: int, customer_id: int, user_id: int) -> None:
    """An agent hands the conversation to another customer."""
    with world.store.transaction():
        conversation_changes.change_customer(world, conversation_id, customer_id, user_id)


def merge(world: World, merged_id: int, into_id: int, user_id: int) -> None:
    """All threads of one move into the other; the emptied one goes to the trash and says where they went."""
    store = world.store
    conversations.existing(world, merged_id)
    number = into_id + world.options.number_offset
    with store.transaction():
        store.execute("UPDATE thread SET conversation_id = ? WHERE conversation_id = ?", into_id, merged_id)
        threads.add_lineitem(
            world, into_id, "merged", user_id, f"merged with #{merged_id + world.options.number_offset}"
        )
        threads.add_lineitem(world, merged_id, "merged", user_id, f"merged into #{number}")
    trash(world, merged_id, user_id)


def trash(world: World, conversation_id: int, user_id: int) -> None:
    """Move a conversation to the Deleted folder; its status stays."""
    conversations.existing(world, conversation_id)
    with world.store.transaction():
        world.store.update("conversation", conversation_id, state="deleted")
        threads.add_lineitem(world, conversation_id, "deleted-ticket", user_id, "deleted")


def restore(world: World, conversation_id: int, user_id: int) -> None:
    """Bring a conversation back from the Deleted folder."""
    with world.store.transaction():
        world.store.update("conversation", conversation_id, state="published")
        threads.add_lineitem(world, conversation_id, "restore-ticket", user_id, "restored")


def delete_forever(world: World, conversation_id: int) -> None:
    """Remove a conversation for good."""
    with world.store.transaction():
        conversations.erase(world, conversation_id)


def add_tag(world: World, conversation_id: int, name: str) -> None:
    """An agent adds a tag; `updatedAt` does not move."""
    with world.store.transaction():
        tags.attach(world.store, conversation_id, name)

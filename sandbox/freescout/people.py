"""What people do in FreeScout itself: customers write mails; agents close, assign, move, merge, tag and delete."""

import json

from sandbox.freescout import conversation_changes, conversations, tags, threads
from sandbox.freescout.announcing import conversation_event
from sandbox.freescout.call import World
from sandbox.freescout.cleaning import subject as cut_subject
from sandbox.freescout.customers import by_email


def email_conversation(world: World, mailbox_id: int, from_email: str, name: str, subject: str, body: str) -> int:
    """A mail from a customer arrives and opens a conversation; returns its id."""
    store = world.store
    first_name, _, last_name = name.partition(" ")
    with store.transaction():
        customer_id = by_email(world, from_email, first_name, last_name)
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


def email_reply(world: World, conversation_id: int, body: str) -> int:
    """The customer answers by mail; returns the thread's id."""
    with world.store.transaction():
        customer_id = conversations.existing(world, conversation_id)["customer_id"]
        new = threads.NewThread(type="customer", body=body, customer_id=customer_id, source="email")
        return threads.add(world, conversation_id, new)


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


def move(world: World, conversation_id: int, mailbox_id: int, user_id: int) -> None:
    """An agent moves the conversation to another mailbox."""
    with world.store.transaction():
        conversation_changes.move(world, conversation_id, mailbox_id, user_id)


def merge(world: World, merged_id: int, into_id: int, user_id: int) -> None:
    """All threads of one move into the other, as they are; the emptied one goes to the trash. No webhook tells of it.

    As core's `Conversation::mergeConversations` does it, with what it remembers at the threads.
    """
    store, offset = world.store, world.options.number_offset
    if merged_id == into_id:
        raise ValueError("a conversation cannot be merged with itself")
    with store.transaction():
        for row in store.rows("SELECT id, meta FROM thread WHERE conversation_id = ?", merged_id):
            meta = json.dumps({**json.loads(row["meta"]), "pc": merged_id})
            store.update("thread", row["id"], conversation_id=into_id, meta=meta)
        threads.add_lineitem(
            world, into_id, "merged", user_id, f"merged with #{merged_id + offset}", meta={"mwc": merged_id}
        )
        threads.add_lineitem(
            world, merged_id, "merged", user_id, f"merged into #{into_id + offset}", meta={"mic": into_id}
        )
        _to_trash(world, merged_id, user_id)


def trash(world: World, conversation_id: int, user_id: int) -> None:
    """Move a conversation to the Deleted folder; its status stays."""
    with world.store.transaction():
        _to_trash(world, conversation_id, user_id)
        conversation_event(world, "convo.deleted", conversation_id)


def restore(world: World, conversation_id: int, user_id: int) -> None:
    """Bring a conversation back from the Deleted folder."""
    with world.store.transaction():
        world.store.update("conversation", conversation_id, state="published")
        threads.add_lineitem(world, conversation_id, "restore-ticket", user_id, "restored")
        conversation_event(world, "convo.restored", conversation_id)


def delete_forever(world: World, conversation_id: int) -> None:
    """Remove a conversation for good."""
    with world.store.transaction():
        conversations.erase(world, conversation_id)


def add_tag(world: World, conversation_id: int, name: str) -> None:
    """An agent adds a tag; `updatedAt` does not move."""
    with world.store.transaction():
        tags.attach(world.store, conversation_id, name)


def _to_trash(world: World, conversation_id: int, user_id: int) -> None:
    world.store.update("conversation", conversation_id, state="deleted")
    threads.add_lineitem(world, conversation_id, "deleted-ticket", user_id, "deleted")

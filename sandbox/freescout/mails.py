"""The mails FreeScout would send, written down instead (facts 1.5: seen with a mail sink on a running one)."""

import sqlite3

from sandbox.freescout.call import World
from sandbox.freescout.customers import main_email
from sandbox.freescout.records import Mail

NO_ADDRESS = "Address in mailbox given [] does not comply with RFC 2822"


def auto_reply(world: World, conversation: sqlite3.Row) -> None:
    """The mailbox's answer to a new conversation that is not imported: of any type, to any address."""
    address = main_email(world.store, conversation["customer_id"])
    if address and world.options.auto_reply and conversation["status"] != "spam":
        _record(world, "auto_reply", address, conversation)


def agent_reply(world: World, conversation: sqlite3.Row) -> None:
    """An agent's reply by mail: never for chat; without an address an error for all types but phone."""
    address = main_email(world.store, conversation["customer_id"])
    if conversation["type"] == "chat" or (conversation["type"] == "phone" and not address):
        return
    _record(world, "agent_reply", address, conversation, error=None if address else NO_ADDRESS)


def notifications(world: World, conversation: sqlite3.Row) -> None:
    """Every customer post is mailed to the agents who follow the mailbox."""
    for user in world.store.rows("SELECT email FROM user WHERE subscribed ORDER BY id"):
        _record(world, "notification", user["email"], conversation)


def recorded(world: World, *, notifications_only: bool) -> list[Mail]:
    """The mails to customers, or those to agents, oldest first."""
    sign = "=" if notifications_only else "!="
    rows = world.store.rows(f"SELECT * FROM mail WHERE kind {sign} 'notification' ORDER BY id")  # noqa: S608 - one of two signs
    return [
        Mail(
            kind=row["kind"],
            to=row["recipient"],
            subject=row["subject"],
            conversation_id=row["conversation_id"],
            error=row["error"],
        )
        for row in rows
    ]


def _record(world: World, kind: str, address: str, conversation: sqlite3.Row, error: str | None = None) -> None:
    subject = f"[#{conversation['id'] + world.options.number_offset}] {conversation['subject']}"
    world.store.insert(
        "mail", kind=kind, recipient=address, subject=subject, conversation_id=conversation["id"], error=error
    )

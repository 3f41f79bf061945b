"""What FreeScout tells its webhooks: an event and the object it is about, as it was at the moment of the action."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.freescout.answers import Json
from sandbox.freescout.call import World
from sandbox.freescout.shapes import conversation_json, customer_json

_THREAD_EVENTS = {
    "customer": "convo.customer.reply.created",
    "message": "convo.agent.reply.created",
    "note": "convo.note.created",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One event on its way. `about` is the snapshot; a conversation's threads are added when the job runs.

    `wait_seconds`: how long the job is held back, for what an agent may still undo.
    """

    event: str
    about: Json
    conversation_id: int | None = None
    mailbox_id: int | None = None
    wait_seconds: float = 0.0


def conversation_event(
    world: World,
    event: str,
    conversation_id: int,
    *,
    stale: Mapping[str, Any] | None = None,
    wait_seconds: float = 0.0,
) -> None:
    """Announce it once what has been done is committed.

    `stale` are fields that the object at hand does not know yet: core counts a new thread on another copy of it.
    """
    row = world.store.one("conversation", conversation_id)
    if row is None or not _anybody_listens(world):
        return
    announcement = Announcement(
        event=event,
        about=conversation_json(world, row, ()) | dict(stale or {}),
        conversation_id=conversation_id,
        mailbox_id=row["mailbox_id"],
        wait_seconds=wait_seconds,
    )
    world.store.after_commit(lambda: world.announced(announcement))


def thread_event(
    world: World,
    conversation_id: int,
    kind: str,
    stale: Mapping[str, Any],
    *,
    creating: bool = False,
    undo_seconds: float | None = None,
) -> None:
    """Announce a new thread; what an agent said only after the time in which it can be taken back.

    That holds for the API's posts too, and for drafts made by it.
    """
    event = "convo.created" if creating else _THREAD_EVENTS[kind]
    waits = kind == "message" or (creating and kind != "customer")
    undo = world.options.undo_seconds if undo_seconds is None else undo_seconds
    conversation_event(world, event, conversation_id, stale=stale, wait_seconds=undo if waits else 0.0)


def customer_event(world: World, event: str, customer_id: int) -> None:
    """The same for a customer; its object is read whole at once."""
    if _anybody_listens(world):
        announcement = Announcement(
            event=event, about=customer_json(world.store, world.store.one("customer", customer_id))
        )
        world.store.after_commit(lambda: world.announced(announcement))


def _anybody_listens(world: World) -> bool:
    return world.store.row("SELECT 1 FROM webhook LIMIT 1") is not None

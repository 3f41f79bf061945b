"""What happens to messages: a room event, already decrypted, to the edit, deletion or reaction it is. Pure.

All of it is untrusted. The server sees to it that only its author edits a message and that only who may deletes one;
which message is meant, and by whom it was written, the core knows.
"""

from adapters.matrix.rooms import Room
from adapters.matrix.translate import MESSAGE_TYPES, address_of, translate
from adapters.matrix.wire import Json, object_of, text_of
from bot.domain.chat import Author, ChatEvent, MessageDeleted, MessageEdited, Platform, Reacted, RoomRole

REDACTION = "m.room.redaction"
REACTION = "m.reaction"
LONGEST_EMOJI = 100


def happening(event: Json, room: Room, *, role: RoomRole, private: bool = False) -> ChatEvent | None:
    """The message, or what became of one; None for everything else."""
    if "state_key" in event or not text_of(event, "event_id") or not text_of(event, "sender"):
        return None
    kind = text_of(event, "type")
    if kind == REDACTION:
        return _deleted(event, room, private=private)
    if kind == REACTION:
        return _reacted(event, room, private=private)
    if kind in MESSAGE_TYPES and replaced(event):
        return _edited(event, room, role=role, private=private)
    return translate(event, room, role=role, private=private)


def replaced(event: Json) -> str:
    """The message that this event edits, or ""; the relation is readable in encrypted events too."""
    relation = object_of(event, "content", "m.relates_to")
    return text_of(relation, "event_id") if text_of(relation, "rel_type") == "m.replace" else ""


def _deleted(event: Json, room: Room, *, private: bool) -> MessageDeleted | None:
    gone = text_of(event, "content", "redacts") or text_of(event, "redacts")  # moved with room version 11
    return MessageDeleted(address=address_of(room, private=private), message_id=gone) if gone else None


def _reacted(event: Json, room: Room, *, private: bool) -> Reacted | None:
    relation = object_of(event, "content", "m.relates_to")
    target, emoji = text_of(relation, "event_id"), text_of(relation, "key")
    if text_of(relation, "rel_type") != "m.annotation" or not target or not emoji:
        return None
    sender = text_of(event, "sender")
    return Reacted(
        address=address_of(room, private=private),
        message_id=target,
        author=Author(platform=Platform.MATRIX, user_id=sender, name=room.name_of(sender)),
        emoji=emoji[:LONGEST_EMOJI],
        reaction_id=text_of(event, "event_id"),
    )


def _edited(event: Json, room: Room, *, role: RoomRole, private: bool) -> MessageEdited | None:
    """The original as it reads now. An edit has no thread relation of its own, so its thread is not known here."""
    content = {
        key: value for key, value in object_of(event, "content", "m.new_content").items() if key != "m.relates_to"
    }
    original = {**event, "event_id": replaced(event), "content": content}
    message = translate(original, room, role=role, private=private, version=text_of(event, "event_id"))
    return MessageEdited(message=message) if message is not None else None

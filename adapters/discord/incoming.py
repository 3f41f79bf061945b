"""What happens to messages, as the gateway's raw events tell it, reduced to what has to be decided on in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

Json = Mapping[str, Any]


class Kind(StrEnum):
    """What happened to the message."""

    WRITTEN = "written"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One thing that happened to one message; ``payload`` is the message, for a deletion it is empty.

    An edit's may be partial (Gateway documentation, "Message Update").
    """

    kind: Kind
    channel_id: str
    message_id: str
    payload: Json = field(default_factory=dict)


def written(payload: Json) -> Incoming:
    """A message, live or from history. Raises ``ValueError`` when its ids are none."""
    return _incoming(Kind.WRITTEN, payload, payload.get("id"), payload)


def edited(payload: Json) -> Incoming:
    """A message that reads otherwise than at first."""
    return _incoming(Kind.EDITED, payload, payload.get("id"), payload)


def deleted(payload: Json, message_id: object) -> Incoming:
    """A message that is gone; of the payload only the channel counts."""
    return _incoming(Kind.DELETED, payload, message_id, {})


def _update(payload: Json) -> list[Incoming]:
    """Only what has a time of editing was edited: previews of links, flags and pins come as updates too."""
    return [edited(payload)] if payload.get("edited_timestamp") else []


def _deletions(payload: Json) -> list[Incoming]:
    ids = payload.get("ids")
    return [deleted(payload, message_id) for message_id in (ids if isinstance(ids, list) else ())]


READERS: Final[Mapping[str, Callable[[Json], list[Incoming]]]] = {
    "MESSAGE_CREATE": lambda payload: [written(payload)],
    "MESSAGE_UPDATE": _update,
    "MESSAGE_DELETE": lambda payload: [deleted(payload, payload.get("id"))],
    "MESSAGE_DELETE_BULK": _deletions,
}
"""How each event is read; ``ValueError`` when it is malformed."""


def _incoming(kind: Kind, where: Json, message_id: object, payload: Json) -> Incoming:
    ids = (str(where.get("channel_id")), str(message_id))
    if not all(each.isascii() and each.isdecimal() for each in ids):
        raise ValueError(f"no ids among {sorted(where)}")
    return Incoming(kind=kind, channel_id=ids[0], message_id=ids[1], payload=payload)

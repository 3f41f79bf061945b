"""Who is in which room, and which rooms are encrypted, as the homeserver told it in state events."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.matrix.wire import Json, object_of, text_of

MEMBER = "m.room.member"
ENCRYPTION = "m.room.encryption"
TOMBSTONE = "m.room.tombstone"
JOIN_RULES = "m.room.join_rules"
STATE_TYPES = (MEMBER, ENCRYPTION, TOMBSTONE, JOIN_RULES, "m.room.name", "m.room.canonical_alias")


@dataclass(slots=True, kw_only=True)
class Room:
    """A room the bot is in. `members` are those joined or invited, with the names they show.

    `last_gone` is the name of the one who left last.
    """

    room_id: str
    encrypted: bool = False
    members: dict[str, str] = field(default_factory=dict)
    members_complete: bool = False
    name: str = ""
    alias: str = ""
    replaced_by: str = ""
    join_rule: str = ""
    last_gone: str = ""

    @property
    def title(self) -> str:
        """How people know the room."""
        return self.name or self.alias or self.room_id

    def name_of(self, user_id: str) -> str:
        """What others see as this user's name."""
        return self.members.get(user_id) or user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChange:
    """What state events changed: somebody came or left (so keys must be new), it became encrypted, or was replaced."""

    members: bool = False
    encrypted: bool = False
    replaced: bool = False


class Rooms:
    """The rooms the bot is joined to."""

    def __init__(self, own_user_id: str) -> None:
        self._own = own_user_id
        self._joined: dict[str, Room] = {}
        self._encrypted: set[str] = set()
        self._left: dict[str, str] = {}

    def get(self, room_id: str) -> Room | None:
        """The room, if the bot is in it."""
        return self._joined.get(room_id)

    def joined(self) -> tuple[Room, ...]:
        """All rooms the bot is in."""
        return tuple(self._joined.values())

    def join(self, room_id: str) -> Room:
        """The room, known from now on. One that was ever seen encrypted stays so."""
        room = self._joined.setdefault(room_id, Room(room_id=room_id))
        room.encrypted = room.encrypted or room_id in self._encrypted
        self._left.pop(room_id, None)
        return room

    def leave(self, room_id: str) -> bool:
        """Forget a room but for its title; tells whether the bot was in it."""
        room = self._joined.pop(room_id, None)
        if room is not None:
            self._left[room_id] = room.title
        return room is not None

    def left(self, room_id: str) -> str:
        """How people know a room that the bot was in until lately; "" when it never was."""
        return self._left.get(room_id, "")

    def is_alone_in(self, room: Room) -> bool:
        """Whether nobody else is there, nor invited."""
        return room.members.keys() <= {self._own}

    def remember_encrypted(self, room_ids: Iterable[str]) -> None:
        """Encryption cannot be switched off again, so what was known once is kept whatever a server says later."""
        self._encrypted.update(room_ids)
        for room_id in self._encrypted & self._joined.keys():
            self._joined[room_id].encrypted = True

    def apply(self, room_id: str, events: Iterable[Json]) -> RoomChange:
        """Take over state events (others are passed over)."""
        room = self.join(room_id)
        before = (room.encrypted, room.replaced_by)
        members = False
        for event in events:
            if event.get("type") == MEMBER:
                members = _member(room, event) or members
            elif event.get("state_key") == "":
                _state(room, event)
        if room.encrypted:
            self._encrypted.add(room_id)
        return RoomChange(
            members=members,
            encrypted=room.encrypted and not before[0],
            replaced=bool(room.replaced_by) and not before[1],
        )


def membership(event: Json) -> str:
    """join, invite, leave, ban, knock, or "" for anything else."""
    return text_of(event, "content", "membership") if event.get("type") == MEMBER else ""


def _member(room: Room, event: Json) -> bool:
    """Take over a membership; tells whether somebody came or left."""
    user_id, kind = text_of(event, "state_key"), membership(event)
    if not user_id:
        return False
    if kind in {"join", "invite"}:
        came = user_id not in room.members
        room.members[user_id] = text_of(event, "content", "displayname").strip() or user_id
        return came
    before = room.members.pop(user_id, None)
    room.last_gone = before or text_of(event, "unsigned", "prev_content", "displayname").strip() or user_id
    return before is not None


def _state(room: Room, event: Json) -> None:
    content = object_of(event, "content")
    match event.get("type"):
        case "m.room.encryption":
            room.encrypted = True
        case "m.room.name":
            room.name = text_of(content, "name")
        case "m.room.canonical_alias":
            room.alias = text_of(content, "alias")
        case "m.room.join_rules":
            room.join_rule = text_of(content, "join_rule")
        case "m.room.tombstone":
            room.replaced_by = text_of(content, "replacement_room")

"""What this adapter keeps in the store's memory: its session, its place in the sync stream, gaps and unread messages.

Each entry is a name and a JSON text. Extra keys are passed over, so that an older release can follow a newer one.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

SESSION = "session"
SINCE = "since"
WATCHED = "watched"
GAP = "gap:"
PARKED = "parked:"
INVITE = "invite:"
PRIVATE = "private:"
SUCCESSOR = "successor:"
ALIAS = "alias:"

BEGINNING = ""
"""The position before the first event of a room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The device this bot is, and its token. Keys and transaction ids hang on the device (facts/matrix.md 0.5)."""

    user_id: str
    device_id: str
    access_token: str = ""

    def dump(self) -> str:
        """As stored."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Session":
        """From its stored form."""
        kept = json.loads(text)
        return cls(user_id=kept["user_id"], device_id=kept["device_id"], access_token=kept.get("access_token", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who invited the bot into a room, the room's alias if it has one, and whether it is to be for direct messages."""

    inviter: str
    alias: str = ""
    is_direct: bool = False

    def dump(self) -> str:
        """As stored."""
        return f"{self.inviter} {self.alias}{' direct' if self.is_direct else ''}"

    @classmethod
    def load(cls, text: str) -> "Invitation":
        """From its stored form."""
        inviter, alias, direct = [*text.split(" "), "", ""][:3]
        return cls(inviter=inviter, alias=alias, is_direct=direct == "direct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a room that is still to be fetched, as (from, to) sync tokens, walked from the oldest on.

    `after_join`: only what follows the bot's own joining counts. Messages older than the backfill limit are counted in
    `skipped` with the times of the first and last of them.
    """

    room_id: str
    windows: tuple[tuple[str, str], ...]
    started: bool = False
    after_join: bool = False
    skipped: int = 0
    first_skipped_at: str = ""
    last_skipped_at: str = ""

    @property
    def name(self) -> str:
        """The entry's name."""
        return GAP + self.room_id

    def extended(self, start: str, end: str) -> "Gap":
        """The gap with what came meanwhile. A window under way keeps its end: its position is only valid inside it."""
        last = self.windows[-1]
        under_way = self.started and len(self.windows) == 1
        if last[1] == start and not under_way:
            return replace(self, windows=(*self.windows[:-1], (last[0], end)))
        return replace(self, windows=(*self.windows, (start, end)))

    def advanced(self, position: str | None) -> "Gap | None":
        """The gap after a page: on from `position`, or without its first window; None when nothing is left."""
        if position is not None:
            return replace(self, windows=((position, self.windows[0][1]), *self.windows[1:]), started=True)
        rest = self.windows[1:]
        return replace(self, windows=rest, started=False) if rest else None

    def dump(self) -> str:
        """As stored."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Gap":
        """From its stored form."""
        kept = json.loads(text)
        windows = tuple((start, end) for start, end in kept.pop("windows"))
        return cls(windows=windows, **{key: kept[key] for key in kept.keys() & set(cls.__slots__)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """An encrypted event that could not be read yet. `told`: its author was asked to send it again."""

    room_id: str
    event: dict[str, Any]
    session_id: str
    parked_at: datetime
    told: bool = False

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.name_of(self.room_id, str(self.event.get("event_id", "")))

    @staticmethod
    def name_of(room_id: str, event_id: str) -> str:
        """The name of the entry for this event."""
        return f"{PARKED}{room_id}:{event_id}"

    def dump(self) -> str:
        """As stored."""
        return json.dumps({**asdict(self), "parked_at": self.parked_at.isoformat()})

    @classmethod
    def load(cls, text: str) -> "Parked":
        """From its stored form."""
        kept = json.loads(text)
        return cls(
            room_id=kept["room_id"],
            event=kept["event"],
            session_id=kept["session_id"],
            parked_at=datetime.fromisoformat(kept["parked_at"]),
            told=kept.get("told", False),
        )

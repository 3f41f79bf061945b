"""Which rooms matter: the configured ids and aliases, what they resolve to, and where replaced rooms moved."""

from collections.abc import Sequence

import structlog

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.wire import text_of
from bot.domain.chat import RoomRole

log = structlog.get_logger("matrix")


class Places:
    """Role of each watched room. Aliases are resolved by `resolve`; until then their room is unknown."""

    def __init__(self, rooms: Sequence[str], staff_room: str = "") -> None:
        self._roles = dict.fromkeys(rooms, RoomRole.SUPPORT)
        if staff_room:
            self._roles[staff_room] = RoomRole.STAFF
        self._ids = {reference: reference for reference in self._roles if reference.startswith("!")}
        self._moved: dict[str, str] = {}

    def role(self, room_id: str) -> RoomRole | None:
        """What the room is to the team; None for rooms that are not watched."""
        for reference, role in self._roles.items():
            known = self._ids.get(reference)
            if known is not None and room_id in {known, self._moved.get(known)}:
                return role
        return None

    def room_id(self, reference: str) -> str | None:
        """The room an id or alias stands for now; None for an alias that is not resolved."""
        known = self._ids.get(reference, reference if reference.startswith("!") else None)
        return self._moved.get(known, known) if known is not None else None

    def references(self) -> dict[str, str | None]:
        """Every configured id or alias with the room it stands for now."""
        return {reference: self.room_id(reference) for reference in self._roles}

    def is_configured(self, room_id: str, alias: str = "") -> bool:
        """Whether the operator named this room."""
        return alias in self._roles or self.role(room_id) is not None

    def move(self, old: str, new: str) -> None:
        """The room was replaced by another one (a room upgrade)."""
        self._moved[old] = new

    async def resolve(self, api: MatrixApi) -> list[str]:
        """Look unresolved aliases up; returns those that no homeserver knows."""
        unknown = []
        for alias in [reference for reference in self._roles if reference not in self._ids]:
            try:
                answer = await api.get(f"{CLIENT}/directory/room/{escape(alias)}")
            except MatrixFault as fault:
                log.warning("room alias unknown", alias=alias, fault=fault.errcode)
                unknown.append(alias)
            else:
                self._ids[alias] = text_of(answer, "room_id")
        return unknown

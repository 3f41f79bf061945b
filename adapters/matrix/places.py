"""Which rooms matter: the configured ids and aliases, what they resolve to, and where replaced rooms moved."""

from collections.abc import Sequence

import structlog

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.wire import text_of
from bot.domain.chat import RoomRole
from bot.domain.errors import TransientError

log = structlog.get_logger("matrix")


class Places:
    """Role of each watched room. Aliases are looked up by `resolve`; until then they mean what they meant last time.

    An alias that no longer resolves (taken away, its server unreachable) must not silently end the watching of a room.
    """

    def __init__(self, rooms: Sequence[str], staff_room: str = "") -> None:
        self._roles = dict.fromkeys(rooms, RoomRole.SUPPORT)
        if staff_room:
            self._roles[staff_room] = RoomRole.STAFF
        self._ids = {reference: reference for reference in self._roles if reference.startswith("!")}
        self._sure = set(self._ids)
        self._moved: dict[str, str] = {}

    def role(self, room_id: str) -> RoomRole | None:
        """What the room is to the team; None for rooms that are not watched."""
        for reference, role in self._roles.items():
            known = self._ids.get(reference)
            if known is not None and room_id in self._line(known):
                return role
        return None

    def room_id(self, reference: str) -> str | None:
        """The room an id or alias stands for now; None for an alias that is not resolved."""
        known = self._ids.get(reference, reference if reference.startswith("!") else None)
        return self._line(known)[-1] if known is not None else None

    def references(self) -> dict[str, str | None]:
        """Every configured id or alias with the room it stands for now."""
        return {reference: self.room_id(reference) for reference in self._roles}

    def is_configured(self, room_id: str, alias: str = "") -> bool:
        """Whether the operator named this room."""
        return alias in self._roles or self.role(room_id) is not None

    def is_awaited(self, room_id: str) -> bool:
        """Whether the bot is to come into this room without anybody being told: staff's own, or one that moved."""
        return self.role(room_id) is RoomRole.STAFF or room_id in self._moved.values()

    def keep(self, alias: str, room_id: str) -> None:
        """What the alias meant to an earlier process; a look-up of this one counts more."""
        if alias in self._roles:
            self._ids.setdefault(alias, room_id)

    def aliases(self) -> dict[str, str]:
        """The configured aliases that are known, with the room each means."""
        return {reference: room_id for reference, room_id in self._ids.items() if not reference.startswith("!")}

    def move(self, old: str, new: str) -> None:
        """The room was replaced by another one (a room upgrade)."""
        self._moved[old] = new

    def _line(self, room_id: str) -> list[str]:
        """The room and those that replaced it one after the other; a room that comes again ends the line."""
        line = [room_id]
        while (successor := self._moved.get(line[-1])) is not None and successor not in line:
            line.append(successor)
        return line

    async def resolve(self, api: MatrixApi) -> list[str]:
        """Look up the aliases that were not looked up yet; returns what is wrong with those that cannot be.

        The server of an alias may be down for long: that must not keep the other rooms waiting.
        """
        problems = []
        for alias in [reference for reference in self._roles if reference not in self._sure]:
            try:
                answer = await api.get(f"{CLIENT}/directory/room/{escape(alias)}")
            except (MatrixFault, TransientError) as error:
                log.warning("room alias unknown", alias=alias, why=str(error))
                known = isinstance(error, MatrixFault)
                problems.append(f"{alias}: " + ("no such alias" if known else f"cannot be looked up ({error})"))
            else:
                self._ids[alias] = text_of(answer, "room_id")
                self._sure.add(alias)
        return problems

"""Which rooms matter: configured ids and aliases and what they mean, direct message rooms, and where each moved."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.wire import text_of
from bot.domain.chat import ChatAddress, RoomRole
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
        self._private: set[str] = set()

    def role(self, room_id: str) -> RoomRole | None:
        """What the room is to the team; None for rooms that are not watched."""
        role = self.configured_role(room_id)
        return RoomRole.SUPPORT if role is None and self.is_private(room_id) else role

    def configured_role(self, room_id: str) -> RoomRole | None:
        """What the operator made of the room, or of one it replaced; None for all others."""
        for reference, role in self._roles.items():
            known = self._ids.get(reference)
            if known is not None and room_id in self._line(known):
                return role
        return None

    def is_private(self, room_id: str) -> bool:
        """Whether this is a member's direct message room. What the operator named never is."""
        return room_id in self._private and self.configured_role(room_id) is None

    def keep_private(self, room_id: str) -> None:
        """This is a member's direct message room."""
        self._private.add(room_id)

    def current(self, address: ChatAddress) -> ChatAddress:
        """Where this is now: the same, or the room that replaced its room. A thread's root stays in the old one."""
        room_id = self._line(address.room)[-1]
        if room_id == address.room:
            return address
        return replace(address, room=room_id, chat_thread=room_id if address.is_private else None)

    def room_id(self, reference: str) -> str | None:
        """The room an id or alias stands for now; None for an alias that is not resolved."""
        known = self._ids.get(reference, reference if reference.startswith("!") else None)
        return self._line(known)[-1] if known is not None else None

    def references(self) -> dict[str, str | None]:
        """Every configured id or alias with the room it stands for now."""
        return {reference: self.room_id(reference) for reference in self._roles}

    def is_expected(self, room_id: str, alias: str = "") -> bool:
        """Whether the operator named this room, or it replaces one that the bot is at home in."""
        return alias in self._roles or self.configured_role(room_id) is not None or self._replaces(room_id)

    def is_awaited(self, room_id: str) -> bool:
        """Whether the bot is to come into this room without anybody being told: staff's own, or one that moved."""
        return self.configured_role(room_id) is RoomRole.STAFF or self._replaces(room_id)

    def keep(self, alias: str, room_id: str) -> None:
        """What the alias meant to an earlier process; a look-up of this one counts more."""
        if alias in self._roles:
            self._ids.setdefault(alias, room_id)

    def aliases(self) -> dict[str, str]:
        """The configured aliases that are known, with the room each means."""
        return {reference: room_id for reference, room_id in self._ids.items() if not reference.startswith("!")}

    def may_move(self, old: str, new: str) -> bool:
        """Whether the bot follows: out of a direct message room, which is its member's own, into no room it has."""
        role = self.role(old)
        return role is not None and (not self.is_private(old) or self.role(new) is None)

    def move(self, old: str, new: str) -> None:
        """The room was replaced by another one (a room upgrade). What replaces a direct message room is one."""
        self._moved[old] = new
        if self.is_private(old):
            self.keep_private(new)

    def _replaces(self, room_id: str) -> bool:
        return room_id in self._moved.values()

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

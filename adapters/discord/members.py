"""The guild members behind fetched messages: those carry no roles, and without them staff looks like the public."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.discord.faults import UNKNOWN_MEMBER, UNKNOWN_USER, DeniedError
from adapters.discord.rest import DiscordRest
from adapters.discord.translate import kind_of
from bot.domain.chat import MessageKind
from bot.ports.clock import Clock

Json = Mapping[str, Any]

_FRESH_FOR = timedelta(minutes=10)
_KEPT = 5000
_NO_MEMBER: Json = {}


class Members:
    """Guild members, asked for one by one and remembered for ten minutes."""

    def __init__(self, rest: DiscordRest, clock: Clock, *, guild_id: str, mapped_staff: frozenset[str]) -> None:
        self._rest = rest
        self._clock = clock
        self._guild_id = guild_id
        self._mapped_staff = mapped_staff
        self._known: dict[str, tuple[datetime, Json]] = {}

    async def behind(self, payload: Json, own_id: str) -> Json | None:
        """The author's member object where the message lacks it and it matters; empty for who is no member any more.

        Raises ``DeliveryError`` when it cannot be had: without it nobody can tell whether the author is staff.
        """
        author_id = str(payload.get("author", {}).get("id", ""))
        if payload.get("member") or author_id in self._mapped_staff:
            return None
        if kind_of(payload, own_id) is not MessageKind.PERSON:
            return None
        return await self.of(author_id)

    async def of(self, user_id: str) -> Json:
        """Somebody's member object; empty for who is no member. Raises ``DeliveryError`` when it cannot be had."""
        known = self._known.get(user_id)
        if known is None or known[0] + _FRESH_FOR < self._clock.now():
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[user_id] = (self._clock.now(), await self._ask(user_id))
        return known[1]

    async def _ask(self, user_id: str) -> Json:
        try:
            member: Json = await self._rest.call(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=self._guild_id, user_id=user_id
            )
        except DeniedError as error:
            if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
                return _NO_MEMBER
            raise
        return member

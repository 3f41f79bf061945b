"""Edits and deletions of a downtime leave no event: what was said before is held against what stands there now.

Only the last hundred messages of a place are looked at, and only where some of them belong to a ticket.
"""

from collections.abc import Sequence

from adapters.discord.faults import UNKNOWN_MESSAGE, DeniedError
from adapters.discord.history import History
from adapters.discord.incoming import Incoming, deleted, edited
from adapters.discord.places import Place
from adapters.discord.translate import version_of
from bot.ports.inbound import MessageIntake


class Comparing:
    """Finds what changed while nobody listened."""

    def __init__(self, history: History, intake: MessageIntake) -> None:
        self._history = history
        self._intake = intake

    async def changed_in(self, place: Place, upto: int) -> Sequence[Incoming]:
        """The members' messages up to this watermark that are gone, and those edited at any time, in order.

        The core knows which versions it has seen. Raises as ``DiscordRest.call``.
        """
        standing = {int(message_id) for message_id in await self._intake.standing_in(place.address)}
        standing = {message_id for message_id in standing if message_id <= upto}
        if not standing:
            return ()
        found, begins = await self._history.newest(place.key, upto)
        there = {int(payload["id"]): payload for payload in found}
        gone = [each for each in standing if each >= begins and each not in there]
        changed = {each: deleted({"channel_id": place.key}, each) for each in gone}
        for message_id in standing & there.keys():
            if version_of(there[message_id]):
                changed[message_id] = edited(there[message_id])
        return [changed[message_id] for message_id in sorted(changed)]

    async def changed_at(self, origin: Place, message_id: str) -> Sequence[Incoming]:
        """What became of the one message on which a followed thread hangs. Raises as ``DiscordRest.call``."""
        if message_id not in await self._intake.standing_in(origin.address):
            return ()
        try:
            found = await self._history.one(origin.room, message_id)
        except DeniedError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return (deleted({"channel_id": origin.room}, message_id),)
        return (edited(found),) if version_of(found) else ()

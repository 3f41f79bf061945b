"""Reading one message again, to quote it."""

from adapters.discord.faults import DeniedError
from adapters.discord.places import Watch
from adapters.discord.rest import DiscordRest
from adapters.discord.rooms import Rooms
from adapters.discord.surroundings import Surroundings
from adapters.discord.translate import author_of, text_of
from bot.domain.chat import ChatAddress, QuotedMessage


class Reading:
    """Fetches messages."""

    def __init__(self, *, rest: DiscordRest, rooms: Rooms, surroundings: Surroundings, watch: Watch) -> None:
        self._rest = rest
        self._rooms = rooms
        self._surroundings = surroundings
        self._watch = watch

    async def read(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        """The message, looked for in the thread and then in its room; None when it is gone or may not be read."""
        first = await self._rooms.standing_place(address, message_id)
        for channel_id in dict.fromkeys((first, address.chat_thread or address.room, address.room)):
            quoted = await self._read_in(channel_id, message_id, direct=address.is_private)
            if quoted is not None:
                return quoted
        return None

    async def _read_in(self, channel_id: str, message_id: str, *, direct: bool) -> QuotedMessage | None:
        try:
            payload = await self._rest.call(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel_id,
                message_id=message_id,
            )
        except DeniedError:
            return None
        return QuotedMessage(
            author_name=author_of(payload).name,
            text=text_of(payload, self._surroundings.names),
            link=self._watch.link(channel_id, message_id, direct=direct),
        )

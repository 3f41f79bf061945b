"""Where something can be said, and in words for people why it cannot."""

from adapters.matrix.api import MatrixFault
from adapters.matrix.connection import Connection
from adapters.matrix.rooms import Room
from bot.domain.chat import ChatAddress
from bot.domain.errors import PermanentError, TransientError

_FORBIDDEN = "M_FORBIDDEN"


def room_for(connection: Connection, address: ChatAddress) -> Room:
    """The room the address stands for now. Raises PermanentError where nobody would hear the bot."""
    places, rooms = connection.places, connection.rooms
    room_id = places.room_id(address.room)
    if room_id is None:
        raise TransientError(f"the room of the alias {address.room} is not known yet")
    room = rooms.get(room_id)
    if room is None and places.is_private(room_id):
        if places.is_awaited(room_id) and not rooms.left(room_id):
            raise PermanentError("the direct message room was replaced, and the bot is not invited into the new one")
        raise PermanentError("the bot was removed from the direct message room")
    if room is None and places.is_awaited(room_id):
        raise TransientError(f"the bot is not yet in the Matrix room {room_id}")
    if room is None and (title := rooms.left(room_id)):
        raise PermanentError(f"the bot is not in the Matrix room {title} any more: it was removed, or the room is gone")
    if room is None:
        raise PermanentError(f"the bot is not in the Matrix room {address.room}: invite it")
    if places.is_private(room_id) and rooms.is_alone_in(room):
        raise PermanentError(f"{room.last_gone or 'the member'} left the direct message room")
    return room


def refusal(fault: MatrixFault, room: Room) -> PermanentError | None:
    """The error for people, where the homeserver does not let the bot do something in this room."""
    if fault.errcode != _FORBIDDEN:
        return None
    why = f"{fault.text} ({fault.errcode})" if fault.text else fault.errcode
    return PermanentError(f"the bot may not do this in the Matrix room {room.title}: {why}")

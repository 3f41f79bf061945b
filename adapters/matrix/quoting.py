"""A message to quote for context, read when it is needed."""

import structlog

from adapters.matrix.api import CLIENT, MatrixFault, escape
from adapters.matrix.connection import Connection
from adapters.matrix.keyring import UndecryptableError
from adapters.matrix.rooms import Room
from adapters.matrix.translate import translate
from bot.domain.chat import ChatAddress, QuotedMessage, RoomRole

log = structlog.get_logger("matrix")


async def quote(connection: Connection, address: ChatAddress, message_id: str) -> QuotedMessage | None:
    """The message as it was first written; None when it is gone or unreadable. Raises TransientError."""
    room_id = connection.places.room_id(address.room) or address.room
    room = connection.rooms.get(room_id) or Room(room_id=room_id)
    try:
        event = await connection.api.get(f"{CLIENT}/rooms/{escape(room_id)}/event/{escape(message_id)}")
        if event.get("type") == "m.room.encrypted":
            event = connection.keys.decrypt(room_id, event)
    except (MatrixFault, UndecryptableError) as error:
        log.info("message to quote not readable", room=room_id, event_id=message_id, why=str(error))
        return None
    message = translate(event, room, role=connection.places.role(room_id) or RoomRole.SUPPORT)
    if message is None:
        return None
    return QuotedMessage(author_name=message.author.name, text=message.text, link=message.link)

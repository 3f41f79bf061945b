"""Opening a ticket's thread on the message that asked."""

import re

import structlog

from adapters.discord.faults import INVALID_FORM, THREAD_EXISTS, UNKNOWN_MESSAGE, DeniedError
from adapters.discord.rest import DiscordRest
from bot.domain.chat import ChatAddress

_log = structlog.get_logger(__name__)

NAME_LIMIT = 100
"""Characters in a thread's name (API reference, "Start Thread from Message")."""
_NUMBER = re.compile(r"#(\d+)")


async def open_thread(rest: DiscordRest, address: ChatAddress, title: str) -> None:
    """Make sure the thread exists; one that does is adopted. A name that Discord refuses becomes ``Ticket 1234``.

    Raises as ``DiscordRest.call``; ``PermanentError`` when the message was deleted.
    """
    if address.chat_thread is None:
        return
    try:
        await _create(rest, address.room, address.chat_thread, thread_name(title))
    except DeniedError as error:
        if error.code == INVALID_FORM:
            _log.warning("discord_thread_name_refused", room=address.room, chat_thread=address.chat_thread)
            await _create(rest, address.room, address.chat_thread, plain_name(title))
        elif error.code != UNKNOWN_MESSAGE or not await _is_there(rest, address.chat_thread):
            raise


async def _is_there(rest: DiscordRest, chat_thread: str) -> bool:
    """Whether there is such a thread: one that was made without a message has an id that no message has."""
    try:
        await rest.call("GET", "/channels/{channel_id}", channel_id=chat_thread)
    except DeniedError:
        return False
    return True


def thread_name(title: str) -> str:
    """The title as a thread's name: one line of at most 100 characters, never empty."""
    name = " ".join(title.split())
    if len(name) > NAME_LIMIT:
        name = name[: NAME_LIMIT - 1].rstrip() + "…"
    return name or plain_name(title)


def plain_name(title: str) -> str:
    """A name that no filter minds: ``Ticket 1234``, the number taken from the title."""
    number = _NUMBER.search(title)
    return f"Ticket {number[1]}" if number else "Ticket"


async def _create(rest: DiscordRest, room: str, message_id: str, name: str) -> None:
    try:
        await rest.call(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/threads",
            json={"name": name},
            creates=True,
            needs="Create Public Threads",
            cause=f"thread {message_id} {name}",
            channel_id=room,
            message_id=message_id,
        )
    except DeniedError as error:
        if error.code != THREAD_EXISTS:
            raise
        _log.info("discord_thread_adopted", room=room, chat_thread=message_id)

"""Saying something in Discord: once, whatever happens to the answers, and pinging nobody by accident."""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord.faults import ARCHIVED, LOCKED, TOO_LARGE, UNKNOWN_MESSAGE, DeniedError
from adapters.discord.parts import FILE_LIMIT_BYTES, Part, parts_of
from adapters.discord.rest import DiscordRest
from adapters.discord.rooms import Rooms
from adapters.discord.said import Said
from adapters.discord.snowflakes import instant_of
from bot.domain.chat import ChatAddress, OutgoingMessage, SentMessage
from bot.domain.errors import FilesRefusedError, PermanentError

_log = structlog.get_logger(__name__)

Json = Mapping[str, Any]


class Sending:
    """Sends and reacts."""

    def __init__(self, rest: DiscordRest, rooms: Rooms, said: Said) -> None:
        self._rest = rest
        self._rooms = rooms
        self._said = said

    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        """Say it in its chat thread, or in the room, part by part. Each has a nonce: Discord swallows an early repeat.

        Goes on behind ``begun``, or behind what this process said of it in a try that failed later. Raises as
        ``DiscordRest.call``, and ``FilesRefusedError``.
        """
        if any(len(file.content) > FILE_LIMIT_BYTES for file in message.files):
            raise FilesRefusedError(f"a file is larger than {FILE_LIMIT_BYTES:,} bytes")
        parts = parts_of(message)
        ids = list(begun.message_ids) if begun is not None else self._said.of(message.delivery_id, parts)
        for part in parts[len(ids) :]:
            files_said = any(earlier.files for earlier in parts[: len(ids)])
            made = await self._say(message.address, part, files_said=files_said)
            ids.append(str(made["id"]))
            self._said.remember(message.delivery_id, parts, ids)
        return SentMessage(message_ids=tuple(ids), sent_at=begun.sent_at if begun is not None else instant_of(ids[0]))

    async def react(self, address: ChatAddress, message_id: str, emoji: str) -> None:
        """Put the bot's reaction there. A message that was deleted needs none any more."""
        try:
            await self._rest.call(
                "PUT",
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me",
                needs="Add Reactions and Read Message History",
                cause=f"react {message_id} {emoji}",
                channel_id=await self._rooms.standing_place(address, message_id),
                message_id=message_id,
                emoji=emoji,
            )
        except DeniedError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            _log.info("discord_reaction_skipped", reason="message deleted", message=message_id)

    async def _say(self, address: ChatAddress, part: Part, *, files_said: bool) -> Json:
        try:
            return await self._say_in_closed(address, part)
        except DeniedError as error:
            if not part.files or not _is_too_large(error):
                raise
            if files_said:  # too late to say that none was taken
                raise PermanentError(f"Discord took only the first files: {error.reason}") from error
            raise FilesRefusedError(error.reason) from error

    async def _say_in_closed(self, address: ChatAddress, part: Part) -> Json:
        """A post opens an archived thread by itself; one that is locked too is opened first, if the bot may."""
        try:
            return await self._post(address, part)
        except DeniedError as error:
            if error.code not in (ARCHIVED, LOCKED) or address.chat_thread is None:
                raise
            await self._open_again(address.chat_thread, error)
        return await self._post(address, part)

    async def _open_again(self, chat_thread: str, denied: DeniedError) -> None:
        try:
            await self._rest.call(
                "PATCH",
                "/channels/{channel_id}",
                json={"archived": False},
                needs="Manage Threads",
                channel_id=chat_thread,
            )
        except DeniedError as error:
            reason = f"{denied.reason}, and could not be opened again: {error.reason}"
            raise DeniedError(reason, status=denied.status, code=denied.code) from error
        _log.info("discord_thread_opened_again", chat_thread=chat_thread)

    async def _post(self, address: ChatAddress, part: Part) -> Json:
        in_thread = address.chat_thread is not None and not address.is_private
        needed = [
            "Send Messages in Threads" if in_thread else "Send Messages",
            *(["Attach Files"] if part.files else []),
        ]
        made: Json = await self._rest.call(
            "POST",
            "/channels/{channel_id}/messages",
            json=body_of(part),
            uploads=part.files,
            creates=True,
            needs=" or ".join(needed),
            cause=f"send {part.nonce}",
            channel_id=spoken_in(address),
        )
        return made


def body_of(part: Part) -> dict[str, Any]:
    """What Discord is asked to post."""
    body: dict[str, Any] = {
        "content": part.content,
        "nonce": part.nonce,
        "enforce_nonce": True,
        "allowed_mentions": part.pings.allowed,
    }
    if part.components:
        body["components"] = list(part.components)
    if part.files:
        body["attachments"] = part.attachments
    return body


def spoken_in(address: ChatAddress) -> str:
    """The channel or thread in which an address is spoken to."""
    return address.chat_thread or address.room


def _is_too_large(error: DeniedError) -> bool:
    return error.status == 413 or error.code == TOO_LARGE

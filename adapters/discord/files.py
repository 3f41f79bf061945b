"""Fetching attachments. Their addresses are signed and expire (facts/discord.md, "Attachment URLs")."""

import aiohttp
import structlog

from adapters.discord.faults import FAULTS, DeniedError
from adapters.discord.rest import DiscordRest
from adapters.discord.rooms import Rooms
from adapters.discord.translate import fresh_address, places_file
from bot.domain.chat import Attachment, ChatAddress
from bot.domain.errors import PermanentError, TransientError

_log = structlog.get_logger(__name__)

_EXPIRED = frozenset({401, 403, 404, 410})
_CHUNK_BYTES = 65_536
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10, sock_read=20)


class Files:
    """Downloads, with a session of its own: the content servers are no part of the API."""

    def __init__(self, rest: DiscordRest, rooms: Rooms) -> None:
        self._rest = rest
        self._rooms = rooms
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        """The bytes. Raises ``PermanentError`` when larger or gone, ``TransientError`` when worth another try."""
        if file.size_bytes is not None and file.size_bytes > limit_bytes:
            raise _too_large(file, limit_bytes)
        file_id, url = places_file(file)
        content = await self._download(url, file, limit_bytes)
        if content is None:
            fresh = await self._fresh_address(file_id, address, message_id)
            content = await self._download(fresh, file, limit_bytes)
        if content is None:
            raise PermanentError(f"{file.name} is no longer there")
        return content

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _download(self, url: str, file: Attachment, limit_bytes: int) -> bytes | None:
        """The bytes, or None when the address has expired."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with self._session.get(url) as response:
                if response.status in _EXPIRED:
                    return None
                if response.status != 200:
                    raise TransientError(f"the file server answered {response.status}")
                return await _read(response, file, limit_bytes)
        except aiohttp.InvalidURL as error:
            raise PermanentError(f"{file.name} has no usable address") from error
        except FAULTS as error:
            raise TransientError(f"the file server cannot be reached ({type(error).__name__})") from error

    async def _fresh_address(self, file_id: str, address: ChatAddress, message_id: str) -> str:
        """The file's new address, from the message read again."""
        channel_id = await self._rooms.standing_place(address, message_id)
        try:
            payload = await self._rest.call(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel_id,
                message_id=message_id,
            )
        except DeniedError as error:
            raise PermanentError(f"the file's address has expired, and {error.reason}") from error
        url = fresh_address(payload, file_id)
        if url is None:
            raise PermanentError("the file was taken from its message")
        _log.info("discord_file_address_renewed", message=message_id)
        return url


async def _read(response: aiohttp.ClientResponse, file: Attachment, limit_bytes: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > limit_bytes:
            raise _too_large(file, limit_bytes)
    return bytes(content)


def _too_large(file: Attachment, limit_bytes: int) -> PermanentError:
    return PermanentError(f"{file.name} is larger than {limit_bytes:,} bytes")

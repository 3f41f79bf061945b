"""Files: fetched with a bound on their size and decrypted, and uploaded after asking how large they may be."""

import asyncio
import json
from json import JSONDecodeError

from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from adapters.matrix.api import MatrixApi, MatrixFault, escape, read_answer
from adapters.matrix.wire import Json, number_of, text_of
from bot.domain.chat import Attachment
from bot.domain.errors import FilesRefusedError, PermanentError, TransientError

MEDIA_SECONDS = 120.0
USUAL_LIMIT_BYTES = 50 * 1024 * 1024
"""What homeservers take that name no limit, as Synapse does when nobody sets one."""
_TOO_LARGE = 413
_CHUNK_BYTES = 64 * 1024
_AUTHENTICATED = "/_matrix/client/v1/media/download"
_LEGACY = "/_matrix/media/v3/download"


class Media:
    """The homeserver's content repository."""

    def __init__(self, api: MatrixApi) -> None:
        self._api = api
        self._limit: int | None = None

    async def fetch(self, file: Attachment, limit_bytes: int) -> bytes:
        """The bytes in clear. Raises PermanentError when larger than `limit_bytes`, gone, or tampered with."""
        if file.size_bytes is not None and file.size_bytes > limit_bytes:
            raise PermanentError(f"{file.name} has {file.size_bytes} bytes, more than {limit_bytes}")
        reference = _reference(file)
        server, _, media = text_of(reference, "url").removeprefix("mxc://").partition("/")
        if not server or not media:
            raise PermanentError(f"{file.name} has no address")
        place = f"{escape(server)}/{escape(media)}"
        try:
            sealed = await self._download(f"{_AUTHENTICATED}/{place}", limit_bytes)
        except MatrixFault as fault:
            if fault.errcode != "M_UNRECOGNIZED":  # a homeserver older than authenticated media
                raise
            sealed = await self._download(f"{_LEGACY}/{place}", limit_bytes)
        if "key" not in reference:
            return sealed
        try:
            clear: bytes = await asyncio.to_thread(
                decrypt_attachment,
                sealed,
                text_of(reference, "key"),
                text_of(reference, "sha256"),
                text_of(reference, "iv"),
            )
        except (EncryptionError, ValueError, TypeError) as error:
            raise PermanentError(f"{file.name} cannot be decrypted: {error}") from error
        return clear

    async def upload(self, content: bytes, mime_type: str, *, encrypt: bool) -> Json:
        """Upload and return what an event needs: `{"url": ...}`, or `{"file": {...}}` when encrypted.

        Above the server's limit nothing is sent: it would cut the connection (trap 11). The file's name is not told to
        the server, since in an encrypted room nobody else may know it (trap 15).
        """
        await self.refuse_too_large(len(content))
        keys: Json = {}
        if encrypt:
            content, keys = await asyncio.to_thread(encrypt_attachment, content)
            mime_type = "application/octet-stream"
        path = "/_matrix/media/v3/upload"
        async with self._api.open(
            "POST", path, data=content, content_type=mime_type, seconds=MEDIA_SECONDS
        ) as response:
            if response.status == _TOO_LARGE:
                raise FilesRefusedError(f"the homeserver takes no file of {len(content)} bytes")
            url = text_of(await read_answer(response), "content_uri")
        return {"file": {**keys, "url": url}} if encrypt else {"url": url}

    async def refuse_too_large(self, size_bytes: int) -> None:
        """Raise FilesRefusedError for a file that the homeserver does not take."""
        limit = await self.file_limit()
        if size_bytes > limit:
            raise FilesRefusedError(f"{size_bytes} bytes are more than the homeserver takes ({limit})")

    async def file_limit(self) -> int:
        """How many bytes the homeserver takes, asked once."""
        if self._limit is None:
            try:
                answer = await self._api.get("/_matrix/client/v1/media/config")
            except MatrixFault:  # a homeserver older than authenticated media
                answer = {}
            self._limit = number_of(answer, "m.upload.size") or USUAL_LIMIT_BYTES
        return self._limit

    async def _download(self, path: str, limit_bytes: int) -> bytes:
        async with self._api.open("GET", path, seconds=MEDIA_SECONDS) as response:
            if response.status != 200:
                await read_answer(response)
                raise TransientError(f"Matrix media answered {response.status}")
            pieces, size = [], 0
            async for piece in response.content.iter_chunked(_CHUNK_BYTES):
                size += len(piece)
                if size > limit_bytes:
                    raise PermanentError(f"the file has more than {limit_bytes} bytes")
                pieces.append(piece)
            return b"".join(pieces)


def _reference(file: Attachment) -> Json:
    try:
        reference = json.loads(file.reference)
    except JSONDecodeError as error:
        raise PermanentError(f"{file.name} has no address") from error
    return reference if isinstance(reference, dict) else {}

"""Files the bot says: all of them at the homeserver before anything of the message is said."""

from collections.abc import Iterable

from adapters.matrix.media import Media
from adapters.matrix.outgoing import Part
from adapters.matrix.wire import Json
from bot.domain.chat import FileContent

MOST_KEPT = 100


class Uploads:
    """Gives file events their address. What was uploaded is kept for the next try while this process lives."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._addresses: dict[tuple[str, bool], Json] = {}

    async def complete(self, parts: Iterable[Part], *, encrypt: bool) -> tuple[Part, ...]:
        """The events with their files' addresses. Raises FilesRefusedError when one is larger than the server takes.

        All are measured before the first is sent, and all are sent before the first event that names one is said.
        """
        parts = tuple(parts)
        files = [part.file for part in parts if part.file is not None]
        if files:
            await self._media.refuse_too_large(max(len(file.content) for file in files))
        return tuple([await self._complete(part, part.file, encrypt=encrypt) for part in parts])

    def forget(self, parts: Iterable[Part]) -> None:
        """These were said."""
        for part in parts:
            for encrypt in (True, False):
                self._addresses.pop((part.key, encrypt), None)

    async def _complete(self, part: Part, file: FileContent | None, *, encrypt: bool) -> Part:
        if file is None:
            return part
        kept = (part.key, encrypt)
        if kept not in self._addresses:
            address = await self._media.upload(file.content, file.mime_type, encrypt=encrypt)
            while len(self._addresses) >= MOST_KEPT:
                self._addresses.pop(next(iter(self._addresses)))
            self._addresses[kept] = address
        return Part(key=part.key, content={**part.content, **self._addresses[kept]})

"""Attachment bytes between fetch and filing, as files in a folder beside the store.

Names are made of the fetch's id and the file's index alone; what a member called a file never touches the file system.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from typing_extensions import override

from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId
from bot.ports.store import Spool

_SAFE_ID = re.compile(r"[a-z0-9_-]{1,64}")
_NAME = re.compile(r"(?P<fetch_id>[a-z0-9_-]{1,64})\.\d+(\.part)?")


class FolderSpool(Spool):
    """A spool in one folder, readable by the bot's user only. Made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    async def put(self, fetch_id: DeliveryId, index: int, content: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(fetch_id, index), content)

    @override
    async def get(self, fetch_id: DeliveryId, index: int) -> bytes | None:
        return await asyncio.to_thread(_read, self._path(fetch_id, index))

    @override
    async def drop(self, fetch_id: DeliveryId) -> None:
        await asyncio.to_thread(self._delete, lambda whose: whose == fetch_id)

    async def sweep(self, needed: Callable[[], Awaitable[set[DeliveryId]]]) -> None:
        """Delete what a kill left behind: files of fetches that are not ``needed``.

        That is asked after the files were listed, so that those of a fetch that begins meanwhile stay.
        """
        found = await asyncio.to_thread(lambda: list(self._files()))
        known = await needed()
        await asyncio.to_thread(_unlink, [path for path, whose in found if whose not in known])

    def _path(self, fetch_id: DeliveryId, index: int) -> Path:
        if not _SAFE_ID.fullmatch(fetch_id) or index < 0:
            raise StoreError(f"{fetch_id!r} and {index} cannot name a file in the spool")
        return self._folder / f"{fetch_id}.{index}"

    def _put(self, path: Path, content: bytes) -> None:
        half = path.with_name(path.name + ".part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with open(half, "wb", opener=_for_owner_only) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
            _sync_folder(self._folder)
        except OSError as error:
            raise StoreError(f"the file {path} cannot be written ({error.strerror})") from error

    def _delete(self, unwanted: Callable[[DeliveryId], bool]) -> None:
        _unlink([path for path, whose in self._files() if unwanted(whose)])

    def _files(self) -> Iterator[tuple[Path, DeliveryId]]:
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if name := _NAME.fullmatch(path.name):
                    yield path, DeliveryId(name["fetch_id"])


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"the file {path} cannot be read ({error.strerror})") from error


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

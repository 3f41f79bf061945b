"""A consistent copy of a running store, with the files that belong to it, as one tar file.

SQLite makes the copy of the database itself, within one read transaction; the bot goes on writing meanwhile. Folders
(the Matrix keys and seeds) are copied file by file; each of their files is replaced as a whole by whoever writes it. To
restore: stop the bot, unpack, put the parts where the settings point.
"""

import asyncio
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

from adapters.store.place import parse_place
from bot.domain.errors import StoreError


async def backup(url: str, target: Path, extra_folders: Sequence[Path] = ()) -> Sequence[str]:
    """Write the backup to ``target`` (mode 0600) and return the names of its members.

    The database comes first, under its file name, then each folder that exists, under its own. ``StoreError`` when the
    target exists, when there is no store, or when it is on PostgreSQL, which has a better tool.
    """
    place = parse_place(url)
    if place.path is None:
        raise StoreError(
            f"the store {place.shown} is on PostgreSQL: back it up with pg_dump, and copy the Matrix key folder "
            f"(matrix.store_path) beside it"
        )
    return await asyncio.to_thread(_backup, place.path, target, extra_folders)


def _backup(database: Path, target: Path, folders: Sequence[Path]) -> Sequence[str]:
    if not database.is_file():
        raise StoreError(f"there is no store {database} to back up; look at store.url")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StoreError(f"{target} exists already and is left as it is; name another file") from None
    except OSError as error:
        raise StoreError(f"the backup {target} cannot be made ({error.strerror})") from error
    complete = False
    try:
        with os.fdopen(descriptor, "wb") as file:
            names = _fill(file, database, folders)
            os.fsync(file.fileno())
        complete = True
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise StoreError(f"the backup {target} failed: {error}") from error
    finally:
        if not complete:
            target.unlink(missing_ok=True)
    return names


def _fill(file: IO[bytes], database: Path, folders: Sequence[Path]) -> Sequence[str]:
    # The copy holds what members wrote: like the target it is readable by its owner only, and beside the store there
    # is room for another one where /tmp may be small, or kept in memory.
    with (
        tempfile.TemporaryDirectory(prefix=".backup-", dir=database.parent) as scratch,
        tarfile.open(fileobj=file, mode="w") as archive,
    ):
        copy = Path(scratch, database.name)
        with closing(sqlite3.connect(database)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        archive.add(copy, arcname=database.name)
        for folder in folders:
            if folder.is_dir():
                archive.add(folder, arcname=folder.resolve().name)
        return archive.getnames()

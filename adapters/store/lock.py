"""Keeps a second bot away from a store: two of them would each say everything once.

Only `run` holds the lock; commands such as `status` and `outbox` work beside it. On SQLite it is a lock of the
operating system on a file beside the database, on PostgreSQL one of the server on a connection of its own (which must
not go through a pooler that shares connections between clients). Both vanish with the process that held them, however
it ended.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from adapters.store.faults import VENDOR_FAULTS, store_fault
from adapters.store.place import StorePlace, parse_place
from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_TRY_LOCK = sa.text("SELECT pg_try_advisory_lock(7305808869231649)")
"""Advisory locks are per database; the number is arbitrary, and ours."""


@asynccontextmanager
async def store_lock(url: str) -> AsyncIterator[None]:
    """Hold the store's lock until the block ends; ``StoreError`` when another process holds it. Never waits."""
    place = parse_place(url)
    holding = _hold_server_lock(place) if place.path is None else _hold_file_lock(place.path.resolve())
    async with holding:
        yield


@asynccontextmanager
async def _hold_file_lock(path: Path) -> AsyncIterator[None]:
    lock_path = path.with_name(path.name + ".lock")
    try:
        descriptor = await asyncio.to_thread(os.open, lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"the lock file {lock_path} cannot be made ({error.strerror}); the folder of the store must exist and be "
            f"writable"
        ) from error
    try:
        _take(descriptor, path)
        yield
    finally:
        os.close(descriptor)  # the file stays: whoever deleted it could delete another's lock


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip()
        raise _held(str(path), f" (process {holder})" if holder.isdigit() else "") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


@asynccontextmanager
async def _hold_server_lock(place: StorePlace) -> AsyncIterator[None]:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - only where a server is used

    engine = create_async_engine(place.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with aclosing(await _connect(engine, place)) as connection:
            if not (await connection.execute(_TRY_LOCK)).scalar():
                raise _held(place.shown, "")
            yield
    finally:
        await engine.dispose()


async def _connect(engine: "AsyncEngine", place: StorePlace) -> "AsyncConnection":
    try:
        return await engine.connect()
    except VENDOR_FAULTS as error:
        raise store_fault(error, f"the store {place.shown} cannot be opened") from error


def _held(name: str, holder: str) -> StoreError:
    return StoreError(
        f"another supportbot{holder} is running on the store {name}; stop it first, or give this one a store of its "
        f"own (store.url)"
    )

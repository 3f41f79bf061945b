"""SQLite in WAL mode, durable at commit.

SQLite is a library: a statement on cached pages takes about 20 microseconds with SQLAlchemy around it. Handing each one
to a thread and back costs twenty times that, and under load the thread waits for the interpreter after every statement.
So statements run where they are awaited; what may take its time runs elsewhere: the commit, which waits for the disk,
in a thread of its own, and waiting for another process's write lock on the event loop's clock.

Reads have a connection of their own: in WAL mode they wait for no writer, and no writer waits for them.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.faults import VENDOR_FAULTS, store_fault
from adapters.store.schema import bring_up_to_date
from adapters.store.session import Database, Parameters, Session
from adapters.store.tables import Row
from bot.domain.errors import StoreError, StoreNotReadyError

T = TypeVar("T")

_LOCK_PATIENCE_SECONDS = 10.0
"""How long a write waits for another process (a command beside the bot) to finish its own."""
_LOCK_PAUSE_SECONDS = 0.005
_OPENING_PATIENCE_SECONDS = 5.0
_READER_BUSY_MILLISECONDS = 1000
"""Readers wait only while another process repairs the log after a crash."""


class SqliteSession(Session):
    """Statements on one connection."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    @property
    @override
    def dialect(self) -> str:
        return "sqlite"

    @override
    async def rows(self, statement: sa.Executable, parameters: Parameters | None = None) -> Sequence[Row]:
        try:
            return self._connection.execute(statement, parameters).all()
        except sa.exc.SQLAlchemyError as error:
            raise store_fault(error, f"the store {self._name} cannot be used") from error

    @override
    async def change(self, statement: sa.Executable, parameters: Parameters | None = None) -> int:
        try:
            return self._connection.execute(statement, parameters).rowcount
        except sa.exc.SQLAlchemyError as error:
            raise store_fault(error, f"the store {self._name} cannot be changed") from error


class SqliteDatabase(Database):
    """One database file: a connection that writes, one that reads, and a thread for commits."""

    def __init__(self, writer: sa.Connection, reader: sa.Connection, thread: ThreadPoolExecutor, name: str) -> None:
        self._writer = writer
        self._reader = reader
        self._thread = thread
        self._name = name
        self._writing = SqliteSession(writer, name)
        self._reading = SqliteSession(reader, name)
        self._reading_turn = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, *, create: bool) -> "SqliteDatabase":
        """Open the file, make it where ``create`` allows, and bring its tables up to date."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            writer, reader = await asyncio.get_running_loop().run_in_executor(thread, _connect_both, path, create)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(writer, reader, thread, str(path))

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        await self._begin()
        try:
            yield self._writing
        except BaseException:
            self._writer.rollback()
            raise
        try:
            await self._in_thread(self._writer.commit)
        except sa.exc.SQLAlchemyError as error:
            with suppress(sa.exc.SQLAlchemyError):
                self._writer.rollback()
            raise store_fault(error, f"the store {self._name} cannot be changed") from error

    async def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _LOCK_PATIENCE_SECONDS
        while True:
            try:
                self._writer.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except sa.exc.SQLAlchemyError as error:
                self._writer.rollback()
                if not _is_busy(error):
                    raise store_fault(error, f"the store {self._name} cannot be changed") from error
                if loop.time() > deadline:
                    raise StoreError(
                        f"another program has kept the store {self._name} locked for "
                        f"{_LOCK_PATIENCE_SECONDS:.0f} seconds; close it"
                    ) from error
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)

    @override
    @asynccontextmanager
    async def view(self) -> AsyncIterator[Session]:
        async with self._reading_turn:
            try:
                self._reader.exec_driver_sql("BEGIN")
            except sa.exc.SQLAlchemyError as error:
                self._reader.rollback()
                raise store_fault(error, f"the store {self._name} cannot be read") from error
            try:
                yield self._reading
            finally:
                self._reader.rollback()

    @override
    async def close(self) -> None:
        try:
            await self._in_thread(self._disconnect)
        finally:
            self._thread.shutdown()

    def _disconnect(self) -> None:
        for connection in (self._reader, self._writer):
            with suppress(sa.exc.SQLAlchemyError):
                connection.close()

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


def _connect_both(path: Path, create: bool) -> tuple[sa.Connection, sa.Connection]:
    _look(path, create)
    try:
        writer = _connect(path)
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            writer.exec_driver_sql(f"PRAGMA {setting}")
        writer.commit()
        _prepare(writer, path, create)
        writer.exec_driver_sql("PRAGMA busy_timeout=0")
        writer.commit()
        reader = _connect(path)
        for setting in ("query_only=ON", f"busy_timeout={_READER_BUSY_MILLISECONDS}"):
            reader.exec_driver_sql(f"PRAGMA {setting}")
        reader.commit()
    except VENDOR_FAULTS as error:
        raise store_fault(error, f"the store {path} cannot be opened") from error
    return writer, reader


def _prepare(writer: sa.Connection, path: Path, create: bool) -> None:
    writer.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        bring_up_to_date(writer, create=create, name=str(path))
        writer.commit()
    except BaseException:
        writer.rollback()
        writer.close()
        raise


def _look(path: Path, create: bool) -> None:
    if not path.parent.is_dir():
        raise StoreError(f"the folder of the store {path} does not exist; make it, or change store.url")
    if path.exists():
        return
    if not create:
        raise StoreNotReadyError(f"there is no store {path} yet; `supportbot run` makes it, or change store.url")
    try:
        path.touch(mode=0o600, exist_ok=True)  # it holds what members wrote
    except OSError as error:
        raise store_fault(error, f"the store {path} cannot be made") from error


def _connect(path: Path) -> sa.Connection:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            path,
            timeout=_OPENING_PATIENCE_SECONDS,
            isolation_level=None,  # transactions begin where this module says so
            check_same_thread=False,  # used by one thread at a time
            cached_statements=256,
        )

    # hide_parameters: a traceback must not show what people wrote
    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool, hide_parameters=True).connect()


def _is_busy(error: sa.exc.SQLAlchemyError) -> bool:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY

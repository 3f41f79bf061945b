"""The store on an SQL database: opening it, writing in groups, reading beside the writer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from typing_extensions import override

from adapters.store.place import StorePlace, parse_place
from adapters.store.records import SqlRecords
from adapters.store.session import Database
from adapters.store.writer import GroupWriter
from bot.domain.delivery import Delivery
from bot.domain.errors import StoreError
from bot.ports.clock import Clock
from bot.ports.store import Records, Store

T = TypeVar("T")


class SqlStore(Store):
    """The store. Made by ``open_store``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: list[Callable[[Sequence[tuple[int, Delivery]]], None]] = []
        self._writer = GroupWriter(database, clock, self._announce)

    @override
    async def write(self, work: Callable[[Records], Awaitable[T]]) -> T:
        return await self._writer.submit(work)

    @override
    async def read(self, work: Callable[[Records], Awaitable[T]]) -> T:
        async with self._database.view() as session:
            return await work(SqlRecords(session, self._clock))

    @override
    def on_promised(self, listener: Callable[[Sequence[tuple[int, Delivery]]], None]) -> None:
        self._listeners.append(listener)

    async def writable(self) -> bool:
        """Whether a write succeeds right now; tried with one small write."""
        try:
            await self.write(self._leave_a_trace)
        except StoreError:
            return False
        return True

    async def close(self) -> None:
        """Finish the works that wait, then let go of the database."""
        try:
            await self._writer.close()
        finally:
            await self._database.close()

    async def _leave_a_trace(self, records: Records) -> None:
        await records.memory.remember("store", {"written_at": self._clock.now().isoformat()})

    def _announce(self, promised: Sequence[tuple[int, Delivery]]) -> None:
        for listener in self._listeners:
            listener(promised)


@asynccontextmanager
async def open_store(url: str, *, clock: Clock, create: bool = True) -> AsyncIterator[SqlStore]:
    """The store that ``store.url`` names, open until the block ends.

    ``create``: make it when it is not there, and bring an older one up to date; only `run` does so. ``StoreError``,
    written for operators and without any password, when that fails. ``clock`` dates changes and tells what is due.
    """
    store = SqlStore(await _open(parse_place(url), create=create), clock)
    try:
        yield store
    finally:
        await store.close()


async def _open(place: StorePlace, *, create: bool) -> Database:
    if place.path is not None:
        from adapters.store.sqlite import SqliteDatabase  # noqa: PLC0415 - only the engine in use is imported

        return await SqliteDatabase.open(place.path, create=create)
    from adapters.store.postgres import PostgresDatabase  # noqa: PLC0415 - as above

    return await PostgresDatabase.open(place, create=create)

"""PostgreSQL through asyncpg."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from typing_extensions import override

from adapters.store.faults import VENDOR_FAULTS, store_fault
from adapters.store.place import StorePlace
from adapters.store.schema import bring_up_to_date
from adapters.store.session import Database, Parameters, Session
from adapters.store.tables import Row

_MIGRATION_LOCK = sa.text("SELECT pg_advisory_xact_lock(7305808869231650)")
"""Two processes that start at once change the tables one after the other. The number is arbitrary, and ours."""

_CONNECTING_SECONDS = 10
_READERS = 4


class PostgresSession(Session):
    """Statements on one connection."""

    def __init__(self, connection: AsyncConnection, name: str) -> None:
        self._connection = connection
        self._name = name

    @property
    @override
    def dialect(self) -> str:
        return "postgresql"

    @override
    async def rows(self, statement: sa.Executable, parameters: Parameters | None = None) -> Sequence[Row]:
        try:
            return (await self._connection.execute(statement, parameters)).all()
        except VENDOR_FAULTS as error:
            raise store_fault(error, f"the store {self._name} cannot be used") from error

    @override
    async def change(self, statement: sa.Executable, parameters: Parameters | None = None) -> int:
        try:
            return (await self._connection.execute(statement, parameters)).rowcount
        except VENDOR_FAULTS as error:
            raise store_fault(error, f"the store {self._name} cannot be changed") from error


class PostgresDatabase(Database):
    """One database on a server. Connections come from a pool that replaces broken ones."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self._engine = engine
        self._viewing = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._name = name

    @classmethod
    async def open(cls, place: StorePlace, *, create: bool) -> "PostgresDatabase":
        """Connect, and bring the tables up to date."""
        engine = create_async_engine(
            place.url,
            pool_size=1 + _READERS,
            pool_pre_ping=True,
            hide_parameters=True,  # a traceback must not show what people wrote
            connect_args={"timeout": _CONNECTING_SECONDS},
        )
        try:
            async with engine.begin() as connection:
                await connection.execute(_MIGRATION_LOCK)
                await connection.run_sync(lambda sync: bring_up_to_date(sync, create=create, name=place.shown))
        except VENDOR_FAULTS as error:
            await engine.dispose()
            raise store_fault(error, f"the store {place.shown} cannot be opened") from error
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine, place.shown)

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        connection = await self._connect(self._engine)
        try:
            yield PostgresSession(connection, self._name)
            await self._commit(connection)
        finally:
            await connection.close()

    async def _commit(self, connection: AsyncConnection) -> None:
        try:
            await connection.commit()
        except VENDOR_FAULTS as error:
            raise store_fault(error, f"the store {self._name} cannot be changed") from error

    @override
    @asynccontextmanager
    async def view(self) -> AsyncIterator[Session]:
        connection = await self._connect(self._viewing)
        try:
            yield PostgresSession(connection, self._name)
        finally:
            await connection.close()

    async def _connect(self, engine: AsyncEngine) -> AsyncConnection:
        try:
            return await engine.connect()
        except VENDOR_FAULTS as error:
            raise store_fault(error, f"the store {self._name} cannot be reached") from error

    @override
    async def close(self) -> None:
        await self._engine.dispose()

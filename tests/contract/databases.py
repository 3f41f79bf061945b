"""Databases as they look from beside the bot: their rows, tables and indexes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from typing_extensions import override

from adapters.store.tables import metadata

T = TypeVar("T")


class Database(Protocol):
    """A database, and its store.url."""

    url: str

    async def run(self, act: Callable[[sa.Connection], T]) -> T:
        """Run it in a transaction beside the bot."""
        ...


class SqliteFile(Database):
    """A database file."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite+aiosqlite:///{path}"
        self._path = path

    @override
    async def run(self, act: Callable[[sa.Connection], T]) -> T:
        with sa.create_engine(f"sqlite:///{self._path}", poolclass=sa.NullPool).begin() as connection:
            return act(connection)


class PostgresDatabase(Database):
    """A database on the server."""

    def __init__(self, url: str) -> None:
        self.url = url

    @override
    async def run(self, act: Callable[[sa.Connection], T]) -> T:
        engine = create_async_engine(self.url, poolclass=sa.NullPool)
        async with engine.begin() as connection:
            return await connection.run_sync(act)


def all_rows(connection: sa.Connection) -> dict[str, list[Mapping[str, Any]]]:
    """Each row of each table, by table."""
    tables = sa.inspect(connection).get_table_names()
    return {
        table: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1")).mappings()]
        for table in tables
    }


def differences(connection: sa.Connection) -> object:
    """What Alembic would change to make the tables those of the code."""
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


def indexes(connection: sa.Connection) -> object:
    """The indexes, with the conditions of the partial ones, which Alembic does not look at."""
    source = {"sqlite": "sqlite_master WHERE type = 'index' AND sql IS NOT NULL", "postgresql": "pg_indexes"}
    name = {"sqlite": "sql", "postgresql": "indexdef"}[connection.dialect.name]
    found = connection.execute(sa.text(f"SELECT {name} FROM {source[connection.dialect.name]}")).scalars()
    return {sql for sql in found if "alembic" not in sql}

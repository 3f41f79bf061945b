"""What the records need of a database, whichever it is."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

import sqlalchemy as sa

from adapters.store.tables import Row

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Session(Protocol):
    """Statements within one transaction. Every fault of the database is a ``StoreError``."""

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        ...

    async def rows(self, statement: sa.Executable, parameters: Parameters | None = None) -> Sequence[Row]:
        """Run it and return all rows."""
        ...

    async def change(self, statement: sa.Executable, parameters: Parameters | None = None) -> int:
        """Run it, once per set of parameters, and return how many rows it touched."""
        ...


class Database(Protocol):
    """An open database."""

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        """Changes, durable when the block ends and undone when it raises. One at a time: the writer sees to that."""
        ...

    def view(self) -> AbstractAsyncContextManager[Session]:
        """A consistent view that cannot write and waits for no writer."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


async def first(session: Session, statement: sa.Executable, parameters: Parameters) -> Row | None:
    """The first row, or None."""
    rows = await session.rows(statement, parameters)
    return rows[0] if rows else None

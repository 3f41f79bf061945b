"""What columns hold, the same on SQLite and PostgreSQL."""

from datetime import datetime

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.codec import from_microseconds, storable, to_microseconds


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware instant; comes back in UTC."""

    impl = sa.BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    @override
    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Words(sa.types.TypeDecorator[str]):
    """Text that people wrote: may contain characters that a database refuses."""

    impl = sa.Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else storable(value)


Position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself, and finds them without an index, only where the column is called INTEGER."""

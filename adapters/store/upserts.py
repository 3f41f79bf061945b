"""Inserts that meet a row which is there already."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


class Upsert:
    """An insert that gives way to, or replaces, the row that is there.

    Both databases spell it alike, but SQLAlchemy has a construct for each: ``build`` is given the one to use.
    """

    def __init__(self, build: Callable[[Any], Any]) -> None:
        self._statements: Mapping[str, sa.Executable] = {
            "sqlite": build(sqlite.insert),
            "postgresql": build(postgresql.insert),
        }

    def on(self, dialect: str) -> sa.Executable:
        """The statement for a dialect by its name."""
        return self._statements[dialect]


def replacing(table: sa.Table, *names: str) -> Upsert:
    """An insert that replaces these columns where the primary key is there already."""

    def build(insert: Any) -> Any:
        statement = insert(table)
        return statement.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={name: statement.excluded[name] for name in names},
        )

    return Upsert(build)

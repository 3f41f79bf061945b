"""The database behind the simulator: one SQLite file, opened when first needed, closed and opened again without loss.

Writes are not forced to disk (a simulator need not survive a power cut), so a request stays cheap; they do survive the
end of the process.
"""

import secrets
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.freescout.schema import SCHEMA

FOLDER_TYPES = {
    "unassigned": 1,
    "mine": 20,
    "starred": 25,
    "drafts": 30,
    "assigned": 40,
    "closed": 60,
    "deleted": 70,
    "spam": 80,
}
SHARED_FOLDERS = ("unassigned", "drafts", "assigned", "closed", "deleted", "spam")
PERSONAL_FOLDERS = ("mine", "starred")


class Store:
    """Rows in, rows out; the rules of FreeScout live in the modules named after its nouns."""

    def __init__(self, path: Path | str, clock: Callable[[], datetime]) -> None:
        self._path = str(path)
        self.clock = clock
        self._connection: sqlite3.Connection | None = None
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []

    def now(self) -> str:
        """This instant as FreeScout writes it: whole seconds, UTC."""
        return iso(self.clock())

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection; opens the file, and makes its tables, when needed."""
        if self._connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            # A simulator that is simply dropped must not warn about an unclosed file.
            weakref.finalize(self, connection.close)
            connection.row_factory = sqlite3.Row
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF;")
            connection.executescript(SCHEMA)
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do it when the transaction has come to a good end; at once when there is none."""
        if self._depth == 0:
            act()
        else:
            self._after_commit.append(act)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one commits."""
        connection = self.connection
        if self._depth == 0:
            connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                connection.execute("ROLLBACK")
                self._after_commit.clear()
            raise
        self._depth -= 1
        if self._depth == 0:
            connection.execute("COMMIT")
            waiting, self._after_commit = self._after_commit, []
            for act in waiting:
                act()

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or nothing."""
        found: sqlite3.Row | None = self.connection.execute(query, values).fetchone()
        return found

    def one(self, table: str, row_id: object) -> sqlite3.Row | None:
        """The row of that id; nothing for an id that is not a number."""
        number = as_id(row_id)
        return None if number is None else self.row(f"SELECT * FROM {table} WHERE id = ?", number)  # noqa: S608 - our own table names

    def execute(self, query: str, *values: Any) -> None:
        """Run a statement."""
        self.connection.execute(query, values)

    def insert(self, table: str, **columns: Any) -> int:
        """Insert a row and return its id."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        cursor = self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608
        return int(cursor.lastrowid or 0)

    def update(self, table: str, row_id: int, **columns: Any) -> None:
        """Set columns of one row."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*columns.values(), row_id))  # noqa: S608

    def setting(self, name: str, default: Callable[[], str]) -> str:
        """A remembered value; the default is stored when it is asked for the first time."""
        found = self.row("SELECT value FROM setting WHERE name = ?", name)
        if found is not None:
            return str(found["value"])
        value = default()
        self.execute("INSERT INTO setting (name, value) VALUES (?, ?)", name, value)
        return value

    def add_mailbox(self, name: str, email: str) -> int:
        """A mailbox with its shared folders."""
        mailbox_id = self.insert("mailbox", name=name, email=email, created_at=self.now())
        for folder in SHARED_FOLDERS:
            self.insert("folder", mailbox_id=mailbox_id, type=FOLDER_TYPES[folder])
        for user in self.rows("SELECT id FROM user"):
            for folder in PERSONAL_FOLDERS:
                self.insert("folder", mailbox_id=mailbox_id, type=FOLDER_TYPES[folder], user_id=user["id"])
        return mailbox_id

    def add_user(
        self, first_name: str, last_name: str, email: str, *, role: str = "user", subscribed: bool = True
    ) -> int:
        """A user with personal folders; `subscribed` ones get a mail for every customer post."""
        user_id = self.insert(
            "user",
            first_name=first_name,
            last_name=last_name,
            email=email,
            role=role,
            subscribed=int(subscribed),
            created_at=self.now(),
        )
        for mailbox in self.rows("SELECT id FROM mailbox"):
            for folder in PERSONAL_FOLDERS:
                self.insert("folder", mailbox_id=mailbox["id"], type=FOLDER_TYPES[folder], user_id=user_id)
        return user_id


def new_key() -> str:
    """32 hexadecimal digits, the form of FreeScout's API key."""
    return secrets.token_hex(16)


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with whole seconds, `2026-01-31T09:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> datetime:
    """The aware instant of a stored date."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def as_id(value: object) -> int | None:
    """A positive whole number given as a number or as digits, as PHP would take it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value > 0 else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None

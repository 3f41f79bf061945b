"""The tables, the same on SQLite and PostgreSQL.

Instants are whole microseconds since 1970 (exact, and sorted alike everywhere). Content that is never searched is JSON
text in the last column, so that scanning the others does not touch it. There are no foreign keys: links are never
deleted, and a work may write its rows in any order. `migrations/` makes these tables; a test compares the two.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from typing_extensions import override

from adapters.store.codec import from_microseconds, storable, to_microseconds

Row: TypeAlias = sa.Row[*tuple[Any, ...]]


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

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "pk": "%(table_name)s_pkey",
    }
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("dedup_key", Words, primary_key=True),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("link_id", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sa.Column("place", Words),  # of what belongs to a ticket: the chat thread, else the room
    sa.Column("author_id", Words),
    sqlite_with_rowid=False,
)
"""Messages received and, with the decisions "sent" and "asked", messages the bot sent."""

HAS_PLACE = sa.text("place IS NOT NULL")
sa.Index("inbox_place", inbox.c.place, inbox.c.at, sqlite_where=HAS_PLACE, postgresql_where=HAS_PLACE)

links = sa.Table(
    "links",
    metadata,
    sa.Column("seq", Position, primary_key=True),
    sa.Column("link_id", sa.Text, nullable=False, unique=True),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("room", Words, nullable=False),
    sa.Column("chat_thread", Words),
    sa.Column("opening_message_id", Words, nullable=False),
    sa.Column("author_id", Words, nullable=False),
    sa.Column("author_name", Words, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("conversation_id", sa.BigInteger),
    sa.Column("number", sa.BigInteger),
    sa.Column("customer_id", sa.BigInteger),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("priority", sa.Text),
    sa.Column("subject", Words, nullable=False),
    sa.Column("subject_folded", Words, nullable=False),  # databases fold the case of ASCII letters only
    sa.Column("is_mail", sa.Boolean),  # not known before release 0.2: then it is none
    sa.Column("followed", sa.Boolean),
    sa.Column("assignee_id", sa.BigInteger),
    sa.Column("changed_at", Instant),
    sa.Column("asked_at", Instant),
    sa.Column("question_at", Instant),
    sa.Column("reminded_at", Instant),
    sa.Column("answered_at", Instant),
    sa.UniqueConstraint("platform", "room", "chat_thread"),
    sa.Index("links_latest", "platform", "room", "author_id", "opened_at"),
    sa.Index("links_number", "number"),
    sa.Index("links_conversation", "conversation_id"),
)

LINK_IS_ASKED = sa.text("asked_at IS NOT NULL")
sa.Index("links_asked", links.c.asked_at, sqlite_where=LINK_IS_ASKED, postgresql_where=LINK_IS_ASKED)

former_conversations = sa.Table(
    "former_conversations",
    metadata,
    sa.Column("conversation_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("link_id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger),
    sa.Index("former_conversations_number", "number"),
    sqlite_with_rowid=False,
)
"""Conversations that tickets went on from: replies there, and their numbers, still lead to them. After a merge several
tickets share one conversation, and each may go on from it.
"""

threads = sa.Table(
    "threads",
    metadata,
    sa.Column("thread_id", Position, primary_key=True, autoincrement=False),
    sa.Column("conversation_id", sa.BigInteger, nullable=False),
    sa.Column("fate", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("rounds", sa.Integer, nullable=False),
    sa.Column("link_id", sa.Text),
    sa.Column("delivery_id", sa.Text),
)
"""Threads of the help desk that were seen (agents' replies) or written (own ones)."""

IS_WAITING = sa.text("due_at IS NOT NULL")
IS_OWN = sa.text("delivery_id IS NOT NULL")
sa.Index("threads_waiting", threads.c.due_at, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)
sa.Index("threads_delivery", threads.c.delivery_id, sqlite_where=IS_OWN, postgresql_where=IS_OWN)
sa.Index("threads_link", threads.c.link_id, sqlite_where=IS_OWN, postgresql_where=IS_OWN)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("dedup_key", Words, primary_key=True),
    sa.Column("filed", Words, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
"""Messages that were edited, as they are now."""

LINK_IS_OPEN = sa.text("number IS NOT NULL AND status NOT IN ('closed', 'spam')")
"""Written out in index and query alike: a partial index serves only queries that repeat its condition."""
sa.Index("links_open", links.c.opened_at, sqlite_where=LINK_IS_OPEN, postgresql_where=LINK_IS_OPEN)
sa.Index("links_unfinished", links.c.link_id, sqlite_where=LINK_IS_OPEN, postgresql_where=LINK_IS_OPEN)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("seq", Position, primary_key=True),
    sa.Column("delivery_id", sa.Text, nullable=False, unique=True),
    sa.Column("ordering_key", Words, nullable=False),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("outcome_unknown", sa.Boolean, nullable=False),
    sa.Column("tried_at", Instant),
    sa.Column("next_attempt_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("holds", sa.Boolean, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("fetch_id", sa.Text),  # the fetch whose files it needs
    sa.Column("reason", Words, nullable=False),
    sa.Column("effect", sa.Text, nullable=False),
    sqlite_autoincrement=True,  # a position is never given out twice, also after a purge
)

OPEN = sa.text("state NOT IN ('done', 'discarded')")
OVER = sa.text("state IN ('done', 'discarded')")
sa.Index("outbox_open", outbox.c.seq, sqlite_where=OPEN, postgresql_where=OPEN)
sa.Index("outbox_over", outbox.c.state, outbox.c.changed_at, sqlite_where=OVER, postgresql_where=OVER)

fetch_results = sa.Table(
    "fetch_results",
    metadata,
    sa.Column("fetch_id", sa.Text, primary_key=True),
    sa.Column("result", sa.Text, nullable=False),
)

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("user_id", Words, primary_key=True),
    sa.Column("customer_id", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

memory = sa.Table(
    "memory",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("name", Words, primary_key=True),
    sa.Column("value", Words, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", Position, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("place", Words, nullable=False),
    sa.Column("action", Words, nullable=False),
    sa.Column("ticket", Words, nullable=False),
    sa.Column("detail", Words, nullable=False),
    sqlite_autoincrement=True,
)


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

"""The tables, the same on SQLite and PostgreSQL.

Instants are whole microseconds since 1970 (exact, and sorted alike everywhere). Content that is never searched is JSON
text in the last column, so that scanning the others does not touch it. There are no foreign keys: links are never
deleted, and a work may write its rows in any order. `migrations/` makes these tables; a test compares the two.
"""

from typing import Any, TypeAlias

import sqlalchemy as sa

from adapters.store.columns import Instant, Position, Words

Row: TypeAlias = sa.Row[*tuple[Any, ...]]


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

sla_tickets = sa.Table(
    "sla_tickets",
    metadata,
    sa.Column("ticket_id", sa.Text, primary_key=True),
    sa.Column("link_id", sa.Text),
    sa.Column("conversation_id", sa.BigInteger),
    sa.Column("number", sa.BigInteger),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("label", Words, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("is_triaged", sa.Boolean, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("is_running", sa.Boolean, nullable=False),
    sa.Column("is_breached", sa.Boolean, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("next_at", Instant),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Index("sla_tickets_link", "link_id", "received_at"),
    sa.Index("sla_tickets_conversation", "conversation_id"),
    sa.Index("sla_tickets_number", "number"),
    sa.Index("sla_tickets_last", "ticket_id", "last_at", "received_at"),
)
"""Requests with their clocks; whatever is not looked for is in the content."""

SLA_IS_OPEN = sa.text("is_open = true")
SLA_IS_RUNNING = sa.text("is_running = true")
SLA_IS_PLANNED = sa.text("next_at IS NOT NULL")
sa.Index("sla_tickets_next", sla_tickets.c.next_at, sqlite_where=SLA_IS_PLANNED, postgresql_where=SLA_IS_PLANNED)
sa.Index(
    "sla_tickets_running",
    sla_tickets.c.ticket_id,
    sla_tickets.c.received_at,
    sqlite_where=SLA_IS_RUNNING,
    postgresql_where=SLA_IS_RUNNING,
)
sa.Index(
    "sla_tickets_open",
    sla_tickets.c.due_at,
    sla_tickets.c.received_at,
    sla_tickets.c.origin,
    sla_tickets.c.label,
    sla_tickets.c.priority,
    sla_tickets.c.is_breached,
    sla_tickets.c.is_triaged,
    sqlite_where=SLA_IS_OPEN,
    postgresql_where=SLA_IS_OPEN,
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
    sa.Index("audit_ticket", "ticket"),
    sqlite_autoincrement=True,
)

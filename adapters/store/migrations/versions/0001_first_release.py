"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _inbox_and_links()
    _outbox()
    _other_records()


def _inbox_and_links() -> None:
    op.create_table(
        "inbox",
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dedup_key", name="inbox_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "links",
        sa.Column("seq", _POSITION, nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("chat_thread", sa.Text()),
        sa.Column("opening_message_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger()),
        sa.Column("number", sa.BigInteger()),
        sa.Column("customer_id", sa.BigInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("priority", sa.Text()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="links_pkey"),
        sa.UniqueConstraint("link_id", name="links_link_id_key"),
        sa.UniqueConstraint("platform", "room", "chat_thread", name="links_platform_room_chat_thread_key"),
    )
    op.create_index("links_latest", "links", ["platform", "room", "author_id", "opened_at"])
    op.create_index("links_number", "links", ["number"])
    is_open = sa.text("number IS NOT NULL AND status NOT IN ('closed', 'spam')")
    op.create_index("links_open", "links", ["opened_at"], sqlite_where=is_open, postgresql_where=is_open)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", _POSITION, nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("ordering_key", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome_unknown", sa.Boolean(), nullable=False),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("fetch_id", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="outbox_pkey"),
        sa.UniqueConstraint("delivery_id", name="outbox_delivery_id_key"),
        sqlite_autoincrement=True,
    )
    is_open, is_over = sa.text("state NOT IN ('done', 'discarded')"), sa.text("state IN ('done', 'discarded')")
    op.create_index("outbox_open", "outbox", ["seq"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("outbox_over", "outbox", ["state", "changed_at"], sqlite_where=is_over, postgresql_where=is_over)


def _other_records() -> None:
    op.create_table(
        "fetch_results",
        sa.Column("fetch_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fetch_id", name="fetch_results_pkey"),
    )
    op.create_table(
        "customers",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "user_id", name="customers_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memory",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name="memory_pkey"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", _POSITION, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="audit_pkey"),
        sqlite_autoincrement=True,
    )

"""What answering in both directions needs: places of messages, status of links, threads of the help desk, edits."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add it; what an earlier release wrote stays as it is."""
    _inbox_and_links()
    _threads_and_versions()


def _inbox_and_links() -> None:
    op.add_column("inbox", sa.Column("place", sa.Text()))
    op.add_column("inbox", sa.Column("author_id", sa.Text()))
    has_place = sa.text("place IS NOT NULL")
    op.create_index("inbox_place", "inbox", ["place", "at"], sqlite_where=has_place, postgresql_where=has_place)
    for name in ("is_mail", "followed"):
        op.add_column("links", sa.Column(name, sa.Boolean()))
    for name in ("assignee_id", "changed_at", "asked_at", "question_at", "reminded_at", "answered_at"):
        op.add_column("links", sa.Column(name, sa.BigInteger()))
    op.create_index("links_conversation", "links", ["conversation_id"])
    asked = sa.text("asked_at IS NOT NULL")
    op.create_index("links_asked", "links", ["asked_at"], sqlite_where=asked, postgresql_where=asked)
    is_open = sa.text("number IS NOT NULL AND status NOT IN ('closed', 'spam')")
    op.create_index("links_unfinished", "links", ["link_id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "former_conversations",
        sa.Column("conversation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("conversation_id", "link_id", name="former_conversations_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("former_conversations_number", "former_conversations", ["number"])


def _threads_and_versions() -> None:
    op.create_table(
        "threads",
        sa.Column("thread_id", _POSITION, autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Text()),
        sa.Column("delivery_id", sa.Text()),
        sa.PrimaryKeyConstraint("thread_id", name="threads_pkey"),
    )
    is_waiting, is_own = sa.text("due_at IS NOT NULL"), sa.text("delivery_id IS NOT NULL")
    op.create_index("threads_waiting", "threads", ["due_at"], sqlite_where=is_waiting, postgresql_where=is_waiting)
    op.create_index("threads_delivery", "threads", ["delivery_id"], sqlite_where=is_own, postgresql_where=is_own)
    op.create_index("threads_link", "threads", ["link_id"], sqlite_where=is_own, postgresql_where=is_own)
    op.create_table(
        "versions",
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("filed", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dedup_key", name="versions_pkey"),
    )

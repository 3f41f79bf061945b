"""What clocks need: the requests they belong to, and the audit log by ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it; what an earlier release wrote stays as it is."""
    op.create_index("audit_ticket", "audit", ["ticket"])
    op.create_table(
        "sla_tickets",
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text()),
        sa.Column("conversation_id", sa.BigInteger()),
        sa.Column("number", sa.BigInteger()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("origin", "label", "priority")),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("is_triaged", "is_open", "is_running", "is_breached")
        ),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="sla_tickets_pkey"),
    )
    whole = {
        "link": ["link_id", "received_at"],
        "conversation": ["conversation_id"],
        "number": ["number"],
        "last": ["ticket_id", "last_at", "received_at"],
    }
    for name, columns in whole.items():
        op.create_index(f"sla_tickets_{name}", "sla_tickets", columns)
    parts = {
        "next": (["next_at"], "next_at IS NOT NULL"),
        "running": (["ticket_id", "received_at"], "is_running = true"),
        "open": (
            ["due_at", "received_at", "origin", "label", "priority", "is_breached", "is_triaged"],
            "is_open = true",
        ),
    }
    for name, (columns, condition) in parts.items():
        which = sa.text(condition)
        op.create_index(f"sla_tickets_{name}", "sla_tickets", columns, sqlite_where=which, postgresql_where=which)

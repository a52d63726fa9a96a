"""Drills and what came of them, and what comes round: once a minute, a day, a month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    started = sa.Enum(
        "command", "button", "month", name="started", native_enum=False, create_constraint=True, length=16
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("started", started, nullable=False),
        sa.Column("alert", sa.String(64), nullable=True),
        sa.Column("began_at", sa.Double(), nullable=True),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("answered_after", sa.Double(), nullable=True),
        sa.Column("rungs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drill"),
    )
    running = sa.text("until IS NOT NULL")
    op.create_index(
        "uq_drill_running",
        "drill",
        ["campus"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "drill_rung",
        sa.Column("drill", sa.String(64), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("told_after", sa.Double(), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["drill"], ["drill.id"], ondelete="CASCADE", name="fk_drill_rung_drill_drill"
        ),
        sa.PrimaryKeyConstraint("drill", "rung", name="pk_drill_rung"),
    )
    op.create_table(
        "routine",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.Double(), nullable=True),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.Column("told_at", sa.Double(), nullable=True),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campus", "name", name="pk_routine"),
    )

"""Handing an alert over, its findings by category, the ticks of the protocol, debriefs, and the staff key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("handed_by", sa.String(64), nullable=True))
    op.add_column("alert", sa.Column("asked_until", sa.Double(), nullable=True))
    op.add_column("alert_event", sa.Column("category", sa.String(64), nullable=True))
    op.create_table(
        "alert_tick",
        sa.Column("alert", sa.String(64), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("ticked_at", sa.Double(), nullable=False),
        sa.Column("ticked_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"], ondelete="CASCADE", name="fk_alert_tick_alert_alert"),
        sa.PrimaryKeyConstraint("alert", "item", name="pk_alert_tick"),
    )
    what = sa.Enum(
        "offered", "break", "talk", "no", name="debrief", native_enum=False, create_constraint=True, length=16
    )
    op.create_table(
        "debrief",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", what, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campus", "day", "what", name="pk_debrief"),
    )
    op.create_table(
        "staff_key",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("public", sa.LargeBinary(65), nullable=False),
        sa.Column("sealed", sa.LargeBinary(128), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_key"),
    )
    op.create_index("ix_staff_key_campus", "staff_key", ["campus"])

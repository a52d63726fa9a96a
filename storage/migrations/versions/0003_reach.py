"""Where people are reached, and which links of pages are used up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reach",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("tried_at", sa.Double(), nullable=True),
        sa.Column("confirmed_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_reach_person_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reach"),
    )
    op.create_index("ix_reach_person", "reach", ["person"])
    op.create_table(
        "used_link",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_used_link"),
    )

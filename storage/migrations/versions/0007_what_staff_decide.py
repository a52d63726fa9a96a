"""What staff decide of an alert that stays open, and debriefs that are still to be offered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("decision", sa.String(64), nullable=True))
    op.add_column("alert", sa.Column("decided_at", sa.Double(), nullable=True))
    op.create_table(
        "debrief_due",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_debrief_due_person_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person", name="pk_debrief_due"),
    )

"""Second factors of the team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(96), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_second_factor_person_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person", name="pk_second_factor"),
    )

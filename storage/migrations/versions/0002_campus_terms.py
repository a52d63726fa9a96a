"""What a campus changes in the screen, and how often each term was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    op.create_table(
        "campus_term",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("lexicon", sa.String(64), nullable=False),
        sa.Column("term", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change", _choice("change", "add", "mute", "lower"), nullable=False),
        sa.Column("state", _choice("term_state", "draft", "shadow", "live", "undone"), nullable=False),
        sa.Column("category", sa.String(64), nullable=True),
        sa.Column("severity", _choice("severity", "notice", "concern", "crisis"), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("say", sa.String(length=255), nullable=True),
        sa.Column("unless", sa.String(length=255), nullable=True),
        sa.Column("needs", sa.String(64), nullable=True),
        sa.Column("rises", sa.String(64), nullable=True),
        sa.Column("whose", sa.String(64), nullable=True),
        sa.Column("second", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("agreed_by", sa.String(64), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "second IS FALSE OR state IN ('draft', 'undone') OR agreed_by IS NOT NULL", name="agreed"
        ),
        sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> proposed_by", name="two_people"),
        sa.PrimaryKeyConstraint("campus", "lexicon", "term", "version", name="pk_campus_term"),
    )
    op.create_table(
        "term_mark",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("term", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", _choice("mark", "shown", "shadow", "false_alarm", "missed"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campus", "term", "day", "what", name="pk_term_mark"),
    )

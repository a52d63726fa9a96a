"""Rosters and ladders that people write, what changes them, and what is looked for ahead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def upgrade() -> None:
    op.create_table(
        "sheet",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("kind", _choice("sheet", "roster", "ladder"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(64), nullable=False),
        sa.Column("saved_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("campus", "kind", "version", name="pk_sheet"),
    )
    op.create_table(
        "sheet_line",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("kind", _choice("line_sheet", "roster", "ladder"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("campus", "kind", "version", "number", name="pk_sheet_line"),
        sa.ForeignKeyConstraint(
            ["campus", "kind", "version"],
            ["sheet.campus", "sheet.kind", "sheet.version"],
            name="fk_sheet_line_campus_kind_version_sheet",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "on_call_change",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("kind", _choice("change_kind", "cover", "swap", "calendar"), nullable=False),
        sa.Column(
            "state",
            _choice("change_state", "proposed", "in_force", "declined", "withdrawn"),
            nullable=False,
        ),
        sa.Column("place", _choice("change_place", "first", "second"), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("settled_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_on_call_change"),
    )
    op.create_index("ix_on_call_change_campus_ends_at", "on_call_change", ["campus", "ends_at"])
    op.create_table(
        "calendar_feed",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_calendar_feed"),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_calendar_feed_person_person", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "opening_override",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column(
            "reason",
            _choice("override", "setting_up", "staff_on_site", "channel_fault", "demonstration"),
            nullable=False,
        ),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("lasts_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_opening_override"),
    )
    op.create_index("ix_opening_override_campus_lasts_until", "opening_override", ["campus", "lasts_until"])
    op.create_table(
        "roster_gap",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("place", _choice("gap_place", "first", "second"), nullable=False),
        sa.Column("why", _choice("gap", "nobody", "unreachable"), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=True),
        sa.Column("pressed_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roster_gap"),
    )
    op.create_index("ix_roster_gap_campus", "roster_gap", ["campus"])
    op.create_table(
        "shift_notice",
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("place", _choice("notice_place", "first", "second"), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("campus", "place", "person", "starts_at", name="pk_shift_notice"),
    )

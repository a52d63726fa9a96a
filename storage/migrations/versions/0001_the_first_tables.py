"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("conversation", sa.String(64), nullable=True),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "notice",
                "concern",
                "crisis",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "screening",
                "seeker",
                "supporter",
                "failure",
                "practice",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "acknowledged",
                "resolved",
                "stood_down",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("outcome", sa.String(64), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("raised_at", sa.Double(), nullable=True),
        sa.Column("acknowledged_at", sa.Double(), nullable=True),
        sa.Column("entered_at", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("person", sa.String(64), nullable=True),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("held_until", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('open', 'acknowledged') AND conversation IS NOT NULL AND closed_on IS NULL) OR (state IN ('resolved', 'stood_down') AND conversation IS NULL AND closed_on IS NOT NULL)",
            name="closed_is_unlinked",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index("ix_alert_closed_on", "alert", ["closed_on"])
    op.create_index(
        "ix_alert_next_at",
        "alert",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "uq_alert_conversation",
        "alert",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("conversation IS NOT NULL"),
        postgresql_where=sa.text("conversation IS NOT NULL"),
    )

    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject_kind", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("anchor_seq", sa.BigInteger(), nullable=False),
        sa.Column("anchor", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_chain"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("six_hour_block", sa.SmallInteger(), nullable=False),
        sa.Column(
            "wait_bucket",
            sa.Enum(
                "under_1",
                "1_to_5",
                "5_to_15",
                "15_to_30",
                "30_to_60",
                "over_60",
                name="wait_bucket",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "duration_bucket",
            sa.Enum(
                "under_5",
                "5_to_15",
                "15_to_30",
                "30_to_60",
                "60_to_90",
                "over_90",
                name="duration_bucket",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "notice",
                "concern",
                "crisis",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("helped", sa.SmallInteger(), nullable=True),
        sa.Column("mood_change", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("helped BETWEEN 1 AND 5", name="helped"),
        sa.CheckConstraint("mood_change BETWEEN -4 AND 4", name="mood_change"),
        sa.CheckConstraint("six_hour_block BETWEEN 0 AND 3", name="block"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_campus_day", "contact", ["campus", "day"])
    op.create_index("ix_contact_day", "contact", ["day"])

    op.create_table(
        "forgotten",
        sa.Column("table_name", sa.String(64), nullable=False),
        sa.Column("part", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "part", "day", name="pk_forgotten"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campus", sa.String(64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email", name="uq_person_email"),
    )
    op.create_index("ix_person_campus", "person", ["campus"])

    op.create_table(
        "sealing_key",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(length=128), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sealing_key"),
        sa.UniqueConstraint("slot", name="uq_sealing_key_slot"),
    )
    op.create_table(
        "alert_event",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("alert", sa.String(64), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "notice",
                "concern",
                "crisis",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert"], ["alert.id"], name="fk_alert_event_alert_alert", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_alert_event"),
    )
    op.create_index("ix_alert_event_alert", "alert_event", ["alert"])

    op.create_table(
        "delivery",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("alert", sa.String(64), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(64), nullable=True),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"], name="fk_delivery_alert_alert", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_alert_rung", "delivery", ["alert", "rung"])

    op.create_table(
        "person_role",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "supporter",
                "lead",
                "on_call",
                "coordinator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_person_role_person_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person", "role", name="pk_person_role"),
    )
    op.create_table(
        "session",
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_session_person_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name="pk_session"),
    )
    op.create_index("ix_session_person", "session", ["person"])


def downgrade() -> None:
    raise NotImplementedError("the first tables are not taken away; start an empty database instead")

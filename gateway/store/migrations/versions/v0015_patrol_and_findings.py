"""What people find, the files they put to cases, and patrol."""

import sqlalchemy as sa
from alembic import op

revision = "0015_patrol_and_findings"
down_revision = "0014_audit"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    _findings()
    _attachments()
    _plans()
    _rounds()
    _checkins()
    _handovers()


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("round_id", sa.String(length=36)),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_findings_incident_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", name="pk_findings"),
    )
    op.create_index("ix_findings_round_id", "findings", ["round_id"])


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_attachments_incident_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name="fk_attachments_evidence_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "revision", "position", name="pk_attachments"),
    )


def _plans() -> None:
    op.create_table(
        "patrol_plans",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_plans"),
        sqlite_autoincrement=True,
    )


def _rounds() -> None:
    op.create_table(
        "patrol_rounds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("route", sa.String(length=48), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("late_at", TIME, nullable=False),
        sa.Column("missed_at", TIME, nullable=False),
        sa.Column("stops", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=10)),
        sa.Column("settled_at", TIME),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_rounds"),
        sa.UniqueConstraint("route", "due_at", name="uq_patrol_rounds_route_due_at"),
    )
    op.create_index("ix_patrol_rounds_due_at", "patrol_rounds", ["due_at"])
    op.create_index(
        "ix_patrol_rounds_open",
        "patrol_rounds",
        ["due_at"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )


def _checkins() -> None:
    op.create_table(
        "patrol_checkins",
        sa.Column("round_id", sa.String(length=36), nullable=False),
        sa.Column("stop", sa.String(length=48), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("at", TIME),
        sa.Column("verdict", sa.String(length=10)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("captured_at", TIME),
        sa.Column("incident_id", sa.String(length=36)),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["patrol_rounds.id"],
            name="fk_patrol_checkins_round_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("round_id", "stop", name="pk_patrol_checkins"),
    )


def _handovers() -> None:
    op.create_table(
        "patrol_handovers",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("taken_at", TIME),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_handovers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_patrol_handovers_at", "patrol_handovers", ["at"])

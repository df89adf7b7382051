"""What the platform says, the tree of units, and who is told of what."""

import sqlalchemy as sa
from alembic import op

revision = "0013_platform_units_notices"
down_revision = "0012_deliveries"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Add the tables, and the unit that a user belongs to."""
    _heard_statuses()
    _parked_statuses()
    _units()
    op.add_column("users", sa.Column("unit_id", sa.String(length=48)))
    _notify_targets()
    _notices()


def _heard_statuses() -> None:
    op.create_table(
        "heard_statuses",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name="pk_heard_statuses"),
    )
    op.create_index("ix_heard_statuses_case_id", "heard_statuses", ["case_id"])


def _parked_statuses() -> None:
    op.create_table(
        "parked_statuses",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parked_statuses"),
        sa.UniqueConstraint("sha256", name="uq_parked_statuses_sha256"),
        sqlite_autoincrement=True,
    )


def _units() -> None:
    op.create_table(
        "units",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("parent_id", sa.String(length=48)),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
    )
    op.create_index("ix_units_parent_id", "units", ["parent_id"])


def _notify_targets() -> None:
    op.create_table(
        "notify_targets",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notify_targets"),
    )
    op.create_table(
        "notify_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_position"),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("occasion", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("target", "event_id", name="uq_notices_target_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_target_subject_id", "notices", ["target", "subject", "id"])
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )

"""Why rules were changed, what people decided about proposals, and what rain gauges measured."""

import sqlalchemy as sa
from alembic import op

revision = "0016_verdicts_and_rain_gauges"
down_revision = "0015_patrol_and_findings"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column(
        "rule_changes", sa.Column("why", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    _verdicts()
    _gauges()
    _feeds()


def _verdicts() -> None:
    op.create_table(
        "proposal_verdicts",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("remedy", sa.String(length=16), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_verdicts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_proposal_verdicts_at", "proposal_verdicts", ["at"])


def _gauges() -> None:
    op.create_table(
        "rain_readings",
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("gauge", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mm_per_h", sa.Float(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "gauge", "at", name="pk_rain_readings"),
    )
    op.create_index("ix_rain_readings_at", "rain_readings", ["at"])


def _feeds() -> None:
    op.create_table(
        "rain_feeds",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rain_feeds"),
    )

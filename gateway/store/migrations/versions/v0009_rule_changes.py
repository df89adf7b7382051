"""Who changed the zones and rules of a camera, when, and to what."""

import sqlalchemy as sa
from alembic import op

revision = "0009_rule_changes"
down_revision = "0008_counts"
branch_labels = None
depends_on = None

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "rule_changes",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_changes_camera_id", "rule_changes", ["camera_id"])

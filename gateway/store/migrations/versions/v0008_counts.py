"""What the counting rules counted, by interval."""

import sqlalchemy as sa
from alembic import op

revision = "0008_counts"
down_revision = "0007_water"
branch_labels = None
depends_on = None

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the intervals, and what was counted in each."""
    op.create_table(
        "tallies",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tallies"),
        sa.UniqueConstraint(
            "camera_id",
            "rule",
            "place",
            "starts_at",
            "since",
            name="uq_tallies_camera_id_rule_place_starts_at_since",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tallies_starts_at", "tallies", ["starts_at"])
    op.create_index("ix_tallies_ends_at", "tallies", ["ends_at"])
    op.create_table(
        "counted",
        sa.Column("tally_id", serial, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tally_id"], ["tallies.id"], name="fk_counted_tally_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tally_id", "kind", "label", "direction", name="pk_counted"),
    )

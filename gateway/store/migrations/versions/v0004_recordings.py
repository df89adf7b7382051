"""The index of continuous recordings; evidence that was deleted says so."""

import sqlalchemy as sa
from alembic import op

revision = "0004_recordings"
down_revision = "0003_reader"
branch_labels = None
depends_on = None

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
kept = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Add the table of segments, and when a piece of evidence was deleted."""
    op.create_table(
        "segments",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("codec", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("set_up", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
        sa.UniqueConstraint("path", name="uq_segments_path"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_segments_started_at", "segments", ["started_at"])
    op.create_index("ix_segments_camera_id_started_at", "segments", ["camera_id", "started_at"])
    op.add_column("evidence", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_evidence_kept", "evidence", ["path"], sqlite_where=kept, postgresql_where=kept
    )

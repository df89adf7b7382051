"""What is kept of controlling cameras: tours, and encoders as they were before us."""

import sqlalchemy as sa
from alembic import op

revision = "0005_controls"
down_revision = "0004_recordings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "camera_controls",
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("tour", sa.Text(), nullable=False),
        sa.Column("encoder_before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_controls_camera_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_controls"),
    )

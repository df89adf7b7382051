"""Where water is watched at each camera, how it stands, how it went, and when it rained."""

import sqlalchemy as sa
from alembic import op

revision = "0007_water"
down_revision = "0006_shares"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for the cameras there are, and the tables."""
    water = sa.Column("water", sa.Text(), nullable=False, server_default="")
    op.add_column("cameras", water)
    op.create_table(
        "water_states",
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("passability", sa.String(length=10), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unseen", sa.String(length=10), nullable=False),
        sa.Column("blind_since", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("area_ratio", sa.Float(), nullable=False),
        sa.Column("ratio_per_h", sa.Float()),
        sa.Column("depth_cm", sa.Float()),
        sa.Column("error_cm", sa.Float()),
        sa.Column("cm_per_h", sa.Float()),
        sa.Column("level_by", sa.String(length=10), nullable=False),
        sa.Column("rain", sa.String(length=10), nullable=False),
        sa.Column("reference_count", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_water_states_camera_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("camera_id", name="pk_water_states"),
    )
    op.create_table(
        "water_readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("camera_id", sa.String(length=48), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("unseen", sa.String(length=10), nullable=False),
        sa.Column("area_ratio", sa.Float(), nullable=False),
        sa.Column("depth_cm", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_water_readings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_water_readings_camera_id_at", "water_readings", ["camera_id", "at"])
    op.create_index("ix_water_readings_at", "water_readings", ["at"])
    op.create_table(
        "rain",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rain"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rain_until", "rain", ["until"])

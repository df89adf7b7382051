"""How often each camera is looked at and why, and how busy the workers are."""

import sqlalchemy as sa
from alembic import op

revision = "0006_shares"
down_revision = "0005_controls"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[str]] = {
    "rung": sa.String(length=10),
    "interest": sa.String(length=10),
    "why": sa.String(length=20),
}


def upgrade() -> None:
    """Add the columns, empty until the next report of each camera, and the table."""
    with op.batch_alter_table("camera_states") as states:
        states.add_column(sa.Column("seen_every_s", sa.Float()))
        for name, kind in COLUMNS.items():
            states.add_column(sa.Column(name, kind, nullable=False, server_default=""))
    with op.batch_alter_table("camera_states") as states:
        for name in COLUMNS:
            states.alter_column(name, server_default=None)
    op.create_table(
        "worker_loads",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overloaded_since", sa.DateTime(timezone=True)),
        sa.Column("budget", sa.Float(), nullable=False),
        sa.Column("decode", sa.Float(), nullable=False),
        sa.Column("detect", sa.Float(), nullable=False),
        sa.Column("other", sa.Float(), nullable=False),
        sa.Column("cameras", sa.Integer(), nullable=False),
        sa.Column("full", sa.Integer(), nullable=False),
        sa.Column("stirred", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name="pk_worker_loads"),
    )

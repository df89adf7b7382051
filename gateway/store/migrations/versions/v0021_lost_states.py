"""What became of the states of its place that a camera had learnt, where they were lost."""

import sqlalchemy as sa
from alembic import op

revision = "0021_lost_states"
down_revision = "0020_closed_as"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nothing is known to be lost."""
    op.add_column("water_states", sa.Column("loss", sa.String(10)))
    op.add_column("water_states", sa.Column("lost_at", sa.DateTime(timezone=True)))

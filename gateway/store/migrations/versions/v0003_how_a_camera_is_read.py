"""Which reader and transport a camera's stream takes, and why not the usual ones."""

import sqlalchemy as sa
from alembic import op

revision = "0003_reader"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[str]] = {
    "reader": sa.String(length=10),
    "transport": sa.String(length=10),
    "note": sa.Text(),
}


def upgrade() -> None:
    """Add the columns, empty until the next report of each camera."""
    with op.batch_alter_table("camera_states") as states:
        for name, kind in COLUMNS.items():
            states.add_column(sa.Column(name, kind, nullable=False, server_default=""))
    with op.batch_alter_table("camera_states") as states:
        for name in COLUMNS:
            states.alter_column(name, server_default=None)

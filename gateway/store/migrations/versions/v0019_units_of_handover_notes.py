"""Notes between shifts stay in a unit: those there are belong where their authors do."""

import sqlalchemy as sa
from alembic import op

revision = "0019_units_of_handover_notes"
down_revision = "0018_fresh_cases"
branch_labels = None
depends_on = None

_NOTES = sa.table("patrol_handovers", sa.column("unit"), sa.column("by"))
_USERS = sa.table("users", sa.column("unit_id"), sa.column("username"))


def upgrade() -> None:
    """Add the column, and fill it; "" stands for the whole site."""
    op.add_column(
        "patrol_handovers",
        sa.Column("unit", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    unit = sa.select(_USERS.c.unit_id).where(_USERS.c.username == _NOTES.c.by).scalar_subquery()
    op.execute(sa.update(_NOTES).values(unit=sa.func.coalesce(unit, "")))

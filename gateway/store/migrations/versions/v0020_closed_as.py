"""How bad a case was when it was closed: water that turns red later is looked at again."""

import sqlalchemy as sa
from alembic import op

revision = "0020_closed_as"
down_revision = "0019_units_of_handover_notes"
branch_labels = None
depends_on = None

_CASES = sa.table(
    "cases", sa.column("incident_id"), sa.column("step"), sa.column("closed_as", sa.String(10))
)
_INCIDENTS = sa.table("incidents", sa.column("id"), sa.column("severity", sa.String(10)))


def upgrade() -> None:
    """Add the column; a case that is closed already was closed as its incident now is."""
    op.add_column("cases", sa.Column("closed_as", sa.String(10)))
    severity = (
        sa.select(_INCIDENTS.c.severity)
        .where(_INCIDENTS.c.id == _CASES.c.incident_id)
        .scalar_subquery()
    )
    op.execute(sa.update(_CASES).where(_CASES.c.step == "closed").values(closed_as=severity))

"""How far each camera's own motion alarms agree with what is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010_alarm_agreement"
down_revision = "0009_rule_changes"
branch_labels = None
depends_on = None

COLUMNS: dict[str, sa.types.TypeEngine[float] | sa.types.TypeEngine[int]] = {
    "alarm_told_ratio": sa.Float(),
    "alarm_true_ratio": sa.Float(),
    "alarm_occasions": sa.Integer(),
    "alarm_wakes": sa.Boolean(),
}


def upgrade() -> None:
    """Add the columns, empty until the next report of each camera."""
    with op.batch_alter_table("camera_states") as states:
        for name, kind in COLUMNS.items():
            states.add_column(sa.Column(name, kind))

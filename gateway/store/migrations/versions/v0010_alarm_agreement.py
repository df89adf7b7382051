"""How far each camera's own motion alarms agree with what is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010_alarm_agreement"
down_revision = "0009_rule_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty until the next report of each camera."""
    with op.batch_alter_table("camera_states") as states:
        states.add_column(sa.Column("alarm_told_ratio", sa.Float()))
        states.add_column(sa.Column("alarm_true_ratio", sa.Float()))
        states.add_column(sa.Column("alarm_occasions", sa.Integer()))
        states.add_column(sa.Column("alarm_wakes", sa.Boolean()))

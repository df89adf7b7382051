"""Where cameras stand, what is recorded of them, how they are dialled, what was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FOR_KNOWN_CAMERAS = {"record": "incidents", "transport": "auto", "survey": ""}


def upgrade() -> None:
    """Add the columns; the defaults are for the cameras there are, new ones say theirs."""
    with op.batch_alter_table("cameras") as cameras:
        cameras.add_column(sa.Column("latitude", sa.Float()))
        cameras.add_column(sa.Column("longitude", sa.Float()))
        cameras.add_column(_column("record", sa.String(length=12)))
        cameras.add_column(_column("transport", sa.String(length=4)))
        cameras.add_column(_column("survey", sa.Text()))
    with op.batch_alter_table("cameras") as cameras:
        for name in FOR_KNOWN_CAMERAS:
            cameras.alter_column(name, server_default=None)


def _column(name: str, kind: sa.types.TypeEngine[str]) -> "sa.Column[str]":
    return sa.Column(name, kind, nullable=False, server_default=FOR_KNOWN_CAMERAS[name])

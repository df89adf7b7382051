"""Sealed manifests of cases, legal holds, and files whose rows say already that they are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0017_custody"
down_revision = "0016_verdicts_and_rain_gauges"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, empty: what was closed before has no manifest, and nothing is held."""
    op.create_table(
        "manifests",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        _of_incident("manifests"),
        sa.PrimaryKeyConstraint("incident_id", "number", name="pk_manifests"),
    )
    op.create_table(
        "holds",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_incident("holds"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_holds"),
    )
    op.create_table(
        "removals",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_removals"),
    )


def _of_incident(table: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        ["incident_id"], ["incidents.id"], name=f"fk_{table}_incident_id", ondelete="CASCADE"
    )

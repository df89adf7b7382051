"""What waits for each sink, most urgent first, and what a sink will not take."""

import sqlalchemy as sa
from alembic import op

revision = "0012_deliveries"
down_revision = "0011_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, with the dispatch queue as the first sink and all that waits for it."""
    _sinks()
    _deliveries()
    _parked()
    op.execute("INSERT INTO sinks (name, failures, detail, shed) VALUES ('queue', 0, '', 0)")
    op.execute(
        "INSERT INTO deliveries (sink, seq, incident_id, urgency, refusals)"
        " SELECT 'queue', outbox.seq, outbox.incident_id,"
        " CASE incidents.severity WHEN 'red' THEN 0 WHEN 'yellow' THEN 1 ELSE 2 END, 0"
        " FROM outbox JOIN incidents ON incidents.id = outbox.incident_id"
        " WHERE outbox.delivered_at IS NULL"
    )


def _sinks() -> None:
    op.create_table(
        "sinks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("down_since", sa.DateTime(timezone=True)),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("shed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sinks"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sink", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        *_keys("deliveries"),
    )
    op.create_index("ix_deliveries_sink_urgency_seq", "deliveries", ["sink", "urgency", "seq"])
    op.create_index("ix_deliveries_incident_id_sink", "deliveries", ["incident_id", "sink"])


def _parked() -> None:
    op.create_table(
        "parked",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sink", sa.String(length=32), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        *_keys("parked"),
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["sink"], ["sinks.name"], name=f"fk_{table}_sink", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["seq"], ["outbox.seq"], name=f"fk_{table}_seq", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", "sink", name=f"pk_{table}"),
    )

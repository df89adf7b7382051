"""The audit log: a chain of records that nothing may change or take away."""

import sqlalchemy as sa
from alembic import op

revision = "0014_audit"
down_revision = "0013_platform_units_notices"
branch_labels = None
depends_on = None

REFUSAL = "the audit log is append-only"
ABORT = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
SQLITE = (
    "CREATE TRIGGER audit_keeps_records BEFORE UPDATE ON audit " + ABORT,
    "CREATE TRIGGER audit_loses_nothing BEFORE DELETE ON audit " + ABORT,
    # INSERT OR REPLACE deletes without a trigger's knowing.
    "CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit"
    " WHEN NEW.seq <= (SELECT MAX(seq) FROM audit)"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_keeps_records BEFORE UPDATE OR DELETE ON audit"
    " FOR EACH ROW EXECUTE FUNCTION audit_refuses()",
    "CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
)


def upgrade() -> None:
    """Add the table, empty, and what refuses to change it."""
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_object_action_actor", "audit", ["object", "action", "actor"])
    is_sqlite = op.get_context().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)

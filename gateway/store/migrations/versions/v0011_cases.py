"""Each incident as a case: the step it stands at, and what was done to it by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0011_cases"
down_revision = "0010_alarm_agreement"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, with a case for every incident: those that are over are closed, as recorded.

    Nobody was asked to deal with what was there before, so none of it has a deadline.
    """
    _cases()
    _changes()
    op.execute(
        "INSERT INTO cases (incident_id, step, since, revision, handler, level, outcome)"
        " SELECT id, CASE WHEN closed_at IS NULL THEN 'discovered' ELSE 'closed' END,"
        " last_seen_at, CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, '', 'grid',"
        " CASE WHEN closed_at IS NULL THEN NULL ELSE 'no_action' END FROM incidents"
    )
    op.execute(
        "INSERT INTO case_changes (incident_id, revision, at, action, party, actor, step, note,"
        " handler) SELECT id, 0, opened_at, 'discover', 'camera', camera_id, 'discovered', '', ''"
        " FROM incidents"
    )
    op.execute(
        "INSERT INTO case_changes (incident_id, revision, at, action, party, actor, step, note,"
        " handler) SELECT id, 1, last_seen_at, 'record', 'policy', 'upgrade', 'closed', '', ''"
        " FROM incidents WHERE closed_at IS NOT NULL"
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("chased_at", TIME),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("deadline", TIME),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("verified_by", sa.String(length=10)),
        sa.Column("outcome", sa.String(length=12)),
        sa.Column("reason", sa.String(length=12)),
        sa.Column("merged_into", sa.String(length=36)),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_cases_incident_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["incidents.id"], name="fk_cases_merged_into"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_cases"),
    )
    op.create_index("ix_cases_step_due_at", "cases", ["step", "due_at"])
    op.create_index(
        "ix_cases_merged",
        "cases",
        ["merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )


def _changes() -> None:
    op.create_table(
        "case_changes",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("deadline", TIME),
        sa.Column("reason", sa.String(length=12)),
        sa.Column("other", sa.String(length=36)),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name="fk_case_changes_incident_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_changes"),
        sa.UniqueConstraint("incident_id", "revision", name="uq_case_changes_incident_id_revision"),
        sqlite_autoincrement=True,
    )

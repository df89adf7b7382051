"""What is done about an incident, step by step, and what false alarms taught."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.schema import (
    Name,
    UtcDateTime,
    Uuid,
    index_where,
    metadata,
    of_incident,
    serial,
)

cases = Table(
    "cases",
    metadata,
    of_incident(primary_key=True),
    Column("step", String(12), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("chased_at", UtcDateTime),
    Column("handler", Text, nullable=False),
    Column("deadline", UtcDateTime),
    Column("level", String(10), nullable=False),
    Column("verified_by", String(10)),
    Column("outcome", String(12)),
    Column("reason", String(12)),
    Column("merged_into", Uuid, ForeignKey("incidents.id")),
    Column("closed_as", String(10)),
    Index("ix_cases_since", "since"),
    Index("ix_cases_step_due_at", "step", "due_at"),
    index_where("ix_cases_merged", "merged_into", "merged_into IS NOT NULL"),
)

case_changes = Table(
    "case_changes",
    metadata,
    serial(),
    of_incident(),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(12), nullable=False),
    Column("party", String(10), nullable=False),
    Column("actor", Text, nullable=False),
    Column("step", String(12), nullable=False),
    Column("note", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("deadline", UtcDateTime),
    Column("reason", String(12)),
    Column("other", Uuid),
    UniqueConstraint("incident_id", "revision"),
    sqlite_autoincrement=True,
)

proposal_verdicts = Table(
    "proposal_verdicts",
    metadata,
    serial(),
    Column("camera_id", Name, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", String(12), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("proposal", Text, nullable=False),
    Column("is_accepted", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("by", String(80), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

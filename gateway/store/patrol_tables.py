"""Patrol: what is planned, the rounds that came due, what was seen at each stop, notes between."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.store.tables import SerialNumber, UtcDateTime, metadata

patrol_plans = Table(
    "patrol_plans",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("document", Text, nullable=False),
    sqlite_autoincrement=True,
)

patrol_rounds = Table(
    "patrol_rounds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("route", String(48), nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("late_at", UtcDateTime, nullable=False),
    Column("missed_at", UtcDateTime, nullable=False),
    Column("stops", Text, nullable=False),
    Column("outcome", String(10)),
    Column("settled_at", UtcDateTime),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("route", "due_at"),
    Index(
        "ix_patrol_rounds_open",
        "due_at",
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    ),
)

patrol_checkins = Table(
    "patrol_checkins",
    metadata,
    Column(
        "round_id", String(36), ForeignKey("patrol_rounds.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("stop", String(48), primary_key=True),
    Column("by", Text, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime),
    Column("verdict", String(10)),
    Column("note", Text, nullable=False),
    Column("path", Text),
    Column("sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("captured_at", UtcDateTime),
    Column("incident_id", String(36)),
)

patrol_handovers = Table(
    "patrol_handovers",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("shift", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("taken_at", UtcDateTime),
    Column("taken_by", Text, nullable=False),
    sqlite_autoincrement=True,
)

"""Patrol: what is planned, the rounds that came due, what was seen at each stop, notes between."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint, text

from gateway.store.tables.schema import (
    Name,
    Sha256,
    UtcDateTime,
    Uuid,
    index_where,
    metadata,
    serial,
)

patrol_plans = Table(
    "patrol_plans",
    metadata,
    serial(),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("document", Text, nullable=False),
    sqlite_autoincrement=True,
)

patrol_rounds = Table(
    "patrol_rounds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("route", Name, nullable=False),
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
    index_where("ix_patrol_rounds_open", "due_at", "outcome IS NULL"),
)

patrol_checkins = Table(
    "patrol_checkins",
    metadata,
    Column("round_id", Uuid, ForeignKey("patrol_rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("stop", Name, primary_key=True),
    Column("by", Text, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime),
    Column("verdict", String(10)),
    Column("note", Text, nullable=False),
    Column("path", Text),
    Column("sha256", Sha256),
    Column("size_bytes", BigInteger),
    Column("captured_at", UtcDateTime),
    Column("incident_id", Uuid),
)

patrol_handovers = Table(
    "patrol_handovers",
    metadata,
    serial(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("shift", Text, nullable=False),
    Column("unit", Text, nullable=False, server_default=text("''")),
    Column("text", Text, nullable=False),
    Column("taken_at", UtcDateTime),
    Column("taken_by", Text, nullable=False),
    sqlite_autoincrement=True,
)

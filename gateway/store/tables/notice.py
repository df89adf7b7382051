"""Who is told of what happens, and what they were told."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from gateway.store.tables.schema import UtcDateTime, Uuid, index_where, metadata, serial

notify_targets = Table(
    "notify_targets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    Column("wishes", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

notify_position = Table(
    "notify_position",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    serial(),
    Column("target", String(32), nullable=False),
    Column("event_id", String(80), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("occasion", String(12), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("line", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("detail", Text, nullable=False),
    UniqueConstraint("target", "event_id"),
    Index("ix_notices_target_subject_id", "target", "subject", "id"),
    index_where("ix_notices_waiting", "due_at", "state = 'waiting'"),
    sqlite_autoincrement=True,
)

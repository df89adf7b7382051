"""What a grid platform has said: the statuses heard, and those that nothing could be made of."""

from sqlalchemy import Column, Integer, String, Table, Text

from gateway.store.tables.schema import Sha256, UtcDateTime, Uuid, metadata, serial

heard_statuses = Table(
    "heard_statuses",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("case_id", Uuid, nullable=False, index=True),
    Column("status", String(12), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
)

parked_statuses = Table(
    "parked_statuses",
    metadata,
    serial(),
    Column("sha256", Sha256, nullable=False, unique=True),
    Column("way", String(10), nullable=False),
    Column("parked_at", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
    Column("code", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)

"""What was recorded."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from gateway.store.tables.schema import Name, UtcDateTime, metadata, serial

segments = Table(
    "segments",
    metadata,
    serial(),
    Column("camera_id", Name, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("codec", String(20), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("set_up", String(64), nullable=False),
    Index("ix_segments_camera_id_started_at", "camera_id", "started_at"),
    sqlite_autoincrement=True,
)

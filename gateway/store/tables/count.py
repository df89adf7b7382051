"""What was counted, in which stretch of time."""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, UniqueConstraint

from gateway.store.tables.schema import Name, SerialNumber, UtcDateTime, metadata, serial

tallies = Table(
    "tallies",
    metadata,
    serial(),
    Column("camera_id", Name, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("place", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False, index=True),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("watched_s", Float, nullable=False),
    UniqueConstraint("camera_id", "rule", "place", "starts_at", "since"),
    sqlite_autoincrement=True,
)

counted = Table(
    "counted",
    metadata,
    Column(
        "tally_id", SerialNumber, ForeignKey("tallies.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("kind", String(32), primary_key=True),
    Column("label", String(200), primary_key=True),
    Column("direction", String(10), primary_key=True),
    Column("passed", Integer, nullable=False),
)

"""What rain gauges measured, and how the feeds fare that tell of them."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from gateway.store.tables import UtcDateTime, metadata

rain_readings = Table(
    "rain_readings",
    metadata,
    Column("feed", String(32), primary_key=True),
    Column("gauge", String(80), primary_key=True),
    Column("at", UtcDateTime, primary_key=True, index=True),
    Column("mm_per_h", Float, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
)

rain_feeds = Table(
    "rain_feeds",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("detail", Text, nullable=False),
)

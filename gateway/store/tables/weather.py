"""Water on the ground, and rain: what people say, what gauges measure, how their feeds fare."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from gateway.store.tables.schema import Name, UtcDateTime, metadata, of_camera, serial

water_states = Table(
    "water_states",
    metadata,
    of_camera(),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("passability", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("unseen", String(10), nullable=False),
    Column("blind_since", UtcDateTime),
    Column("reason", String(10), nullable=False),
    Column("area_ratio", Float, nullable=False),
    Column("ratio_per_h", Float),
    Column("depth_cm", Float),
    Column("error_cm", Float),
    Column("cm_per_h", Float),
    Column("level_by", String(10), nullable=False),
    Column("rain", String(10), nullable=False),
    Column("reference_count", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("loss", String(10)),
    Column("lost_at", UtcDateTime),
)

water_readings = Table(
    "water_readings",
    metadata,
    serial(),
    Column("camera_id", Name, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("unseen", String(10), nullable=False),
    Column("area_ratio", Float, nullable=False),
    Column("depth_cm", Float),
    Index("ix_water_readings_camera_id_at", "camera_id", "at"),
    sqlite_autoincrement=True,
)

rain = Table(
    "rain",
    metadata,
    serial(),
    Column("unit", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
    Column("source", Text, nullable=False),
    sqlite_autoincrement=True,
)

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

"""A camera: what is known of it, how it is doing, and what was changed about it."""

from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text, text

from gateway.store.tables.schema import Name, UtcDateTime, metadata, of_camera, serial

cameras = Table(
    "cameras",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("grid", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("password", Text),
    Column("main_uri", Text),
    Column("sub_uri", Text),
    Column("zones", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("water", Text, nullable=False, server_default=text("''")),
    Column("enabled", Boolean, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("record", String(12), nullable=False),
    Column("transport", String(4), nullable=False),
    Column("survey", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

camera_states = Table(
    "camera_states",
    metadata,
    of_camera(),
    Column("state", String(20), nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("last_picture_at", UtcDateTime),
    Column("codec", String(20)),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("gop_s", Float),
    Column("clock", String(20)),
    Column("live", String(10), nullable=False),
    Column("analysed_fps", Float),
    Column("seen_every_s", Float),
    Column("rung", String(10), nullable=False),
    Column("interest", String(10), nullable=False),
    Column("why", String(20), nullable=False),
    Column("alarm_told_ratio", Float),
    Column("alarm_true_ratio", Float),
    Column("alarm_occasions", Integer),
    Column("alarm_wakes", Boolean),
    Column("worker_url", Text),
    Column("reader", String(10), nullable=False),
    Column("transport", String(10), nullable=False),
    Column("note", Text, nullable=False),
)

camera_controls = Table(
    "camera_controls",
    metadata,
    of_camera(),
    Column("tour", Text, nullable=False),
    Column("encoder_before", Text, nullable=False),
)

rule_changes = Table(
    "rule_changes",
    metadata,
    serial(),
    Column("camera_id", Name, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", Text, nullable=False, server_default=text("''")),
    Column("zones", Text, nullable=False),
    Column("rules", Text, nullable=False),
    sqlite_autoincrement=True,
)

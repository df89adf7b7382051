"""The workers and their load, and the news that processes tell each other."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from gateway.store.tables.schema import UtcDateTime, metadata, serial

workers = Table(
    "workers",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

worker_loads = Table(
    "worker_loads",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("overloaded_since", UtcDateTime),
    Column("budget", Float, nullable=False),
    Column("decode", Float, nullable=False),
    Column("detect", Float, nullable=False),
    Column("other", Float, nullable=False),
    Column("cameras", Integer, nullable=False),
    Column("full", Integer, nullable=False),
    Column("stirred", Integer, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    serial("seq"),
    Column("topic", String(20), nullable=False),
    Column("key", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

"""The table of the audit log; its triggers, which refuse to change it, are in the migrations."""

from sqlalchemy import Column, Index, String, Table, Text

from gateway.store.tables import SerialNumber, UtcDateTime, metadata

audit = Table(
    "audit",
    metadata,
    Column("seq", SerialNumber, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_object_action_actor", "object", "action", "actor"),
)

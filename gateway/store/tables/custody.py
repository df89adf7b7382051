"""What keeps evidence trustworthy: the audit log, sealed manifests, legal holds, files to remove.

The triggers that refuse to change the audit log are in the migrations.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from gateway.store.tables.schema import SerialNumber, Sha256, UtcDateTime, metadata, of_incident

audit = Table(
    "audit",
    metadata,
    Column("seq", SerialNumber, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev", Sha256, nullable=False),
    Column("hash", Sha256, nullable=False),
    Index("ix_audit_object_action_actor", "object", "action", "actor"),
)

manifests = Table(
    "manifests",
    metadata,
    of_incident(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", Sha256, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    of_incident(primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

removals = Table(
    "removals",
    metadata,
    Column("path", Text, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

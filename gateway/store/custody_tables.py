"""What keeps evidence trustworthy: sealed manifests, legal holds, files that are to go."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from gateway.store.tables import UtcDateTime, metadata

manifests = Table(
    "manifests",
    metadata,
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
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

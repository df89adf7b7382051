"""What people found, and the files they put to what is done about it."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables import metadata

findings = Table(
    "findings",
    metadata,
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("source", String(10), nullable=False),
    Column("party", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("round_id", String(36)),
    Index("ix_findings_round_id", "round_id"),
)

attachments = Table(
    "attachments",
    metadata,
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("revision", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column(
        "evidence_id", String(36), ForeignKey("evidence.id", ondelete="CASCADE"), nullable=False
    ),
    Column("name", Text, nullable=False),
)

"""What happened, the pictures that show it, and what people found and added."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.schema import (
    Name,
    Sha256,
    UtcDateTime,
    Uuid,
    index_where,
    metadata,
    of_incident,
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera_id", Name, nullable=False),
    Column("camera_name", Text, nullable=False),
    Column("channel_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("grid", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("zone", Text),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("ending", String(20)),
    Column("readings", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_sha256", Sha256, nullable=False),
    Column("version", Text, nullable=False),
    Column("change_sequence", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_incidents_opened_at_id", "opened_at", "id"),
    Index("ix_incidents_camera_id_opened_at_id", "camera_id", "opened_at", "id"),
    index_where("ix_incidents_open", "camera_id", "closed_at IS NULL"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Uuid, primary_key=True),
    of_incident(index=True),
    Column("type", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    index_where("ix_evidence_kept", "path", "deleted_at IS NULL"),
)

findings = Table(
    "findings",
    metadata,
    of_incident(primary_key=True),
    Column("source", String(10), nullable=False),
    Column("party", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("round_id", Uuid),
    Index("ix_findings_round_id", "round_id"),
)

attachments = Table(
    "attachments",
    metadata,
    of_incident(primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("evidence_id", Uuid, ForeignKey("evidence.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
)

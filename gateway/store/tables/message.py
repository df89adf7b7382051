"""Messages on their way out: the outbox, the sinks, and how each delivery fares."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.schema import (
    SerialNumber,
    UtcDateTime,
    Uuid,
    index_where,
    metadata,
    serial,
)


def _of_message() -> Column[int]:
    return Column(
        "seq", SerialNumber, ForeignKey("outbox.seq", ondelete="CASCADE"), primary_key=True
    )


def _of_sink() -> Column[str]:
    return Column(
        "sink", String(32), ForeignKey("sinks.name", ondelete="CASCADE"), primary_key=True
    )


outbox = Table(
    "outbox",
    metadata,
    serial("seq"),
    Column("event_id", String(80), nullable=False, unique=True),
    Column("incident_id", Uuid, ForeignKey("incidents.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("queue_id", Text),
    Column("attempts", Integer, nullable=False),
    Index("ix_outbox_incident_id_revision", "incident_id", "revision"),
    index_where("ix_outbox_waiting", "seq", "delivered_at IS NULL"),
    sqlite_autoincrement=True,
)

sinks = Table(
    "sinks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("down_since", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("detail", Text, nullable=False),
    Column("shed", Integer, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    _of_message(),
    _of_sink(),
    Column("incident_id", Uuid, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Index("ix_deliveries_sink_urgency_seq", "sink", "urgency", "seq"),
    Index("ix_deliveries_incident_id_sink", "incident_id", "sink"),
)

parked = Table(
    "parked",
    metadata,
    _of_message(),
    _of_sink(),
    Column("parked_at", UtcDateTime, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("detail", Text, nullable=False),
)

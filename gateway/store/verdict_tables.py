"""What people decided about proposals to suppress false alarms."""

from sqlalchemy import Boolean, Column, String, Table, Text

from gateway.store.tables import SerialNumber, UtcDateTime, metadata

proposal_verdicts = Table(
    "proposal_verdicts",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("camera_id", String(48), nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", String(12), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("proposal", Text, nullable=False),
    Column("is_accepted", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("by", String(80), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

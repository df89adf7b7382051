"""The tree of units: county, town, village, grid."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from gateway.store.tables import metadata

units = Table(
    "units",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", String(10), nullable=False),
    Column("parent_id", String(48), ForeignKey("units.id"), index=True),
)

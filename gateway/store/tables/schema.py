"""What tables are made of: the metadata that gathers them, column types, columns that repeat."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC with microseconds; SQLite forgets zones, this gives them back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC; raises ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the store keeps aware times only")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the stored time, aware, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SerialNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number the database counts up; SQLite does so for INTEGER alone."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Name: Final = String(48)
"""An id that people give: of a camera, a unit, a route."""
Uuid: Final = String(36)
"""An id that gridpatrol gives: of an incident, a file of evidence, a round."""
Sha256: Final = String(64)
"""A digest in hexadecimal."""


def serial(name: str = "id") -> Column[int]:
    """Return the key of a table whose rows are counted; give it `sqlite_autoincrement` as well."""
    return Column(name, SerialNumber, primary_key=True, autoincrement=True)


def of_camera() -> Column[str]:
    """Return the key of a table with one row a camera, which goes when the camera goes."""
    return Column("camera_id", Name, ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)


def of_incident(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    """Return the column of the incident that a row belongs to and goes with."""
    return Column(
        "incident_id",
        Uuid,
        ForeignKey("incidents.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=index,
    )


def index_where(name: str, column: str, condition: str) -> Index:
    """Return an index of the few rows that meet a condition, the same on both databases."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))

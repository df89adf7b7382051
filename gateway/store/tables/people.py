"""Who may sign in, who is signed in, and the tree of units: county, town, village, grid."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from gateway.store.tables.schema import Name, SerialNumber, Sha256, UtcDateTime, metadata, serial

units = Table(
    "units",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", String(10), nullable=False),
    Column("parent_id", Name, ForeignKey("units.id"), index=True),
)

users = Table(
    "users",
    metadata,
    serial(),
    Column("username", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("unit_id", Name),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", String(160), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_failed_at", UtcDateTime, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", Sha256, primary_key=True),
    Column(
        "user_id",
        SerialNumber,
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

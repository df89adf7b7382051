"""The tables, for SQLite and PostgreSQL alike; migrations/ creates and changes them."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
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

cameras = Table(
    "cameras",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("grid", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("password", Text),
    Column("main_uri", Text),
    Column("sub_uri", Text),
    Column("zones", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("water", Text, nullable=False, server_default=text("''")),
    Column("enabled", Boolean, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("record", String(12), nullable=False),
    Column("transport", String(4), nullable=False),
    Column("survey", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

camera_states = Table(
    "camera_states",
    metadata,
    Column("camera_id", String(48), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("last_picture_at", UtcDateTime),
    Column("codec", String(20)),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("gop_s", Float),
    Column("clock", String(20)),
    Column("live", String(10), nullable=False),
    Column("analysed_fps", Float),
    Column("seen_every_s", Float),
    Column("rung", String(10), nullable=False),
    Column("interest", String(10), nullable=False),
    Column("why", String(20), nullable=False),
    Column("alarm_told_ratio", Float),
    Column("alarm_true_ratio", Float),
    Column("alarm_occasions", Integer),
    Column("alarm_wakes", Boolean),
    Column("worker_url", Text),
    Column("reader", String(10), nullable=False),
    Column("transport", String(10), nullable=False),
    Column("note", Text, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(48), nullable=False),
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
    Column("model_sha256", String(64), nullable=False),
    Column("version", Text, nullable=False),
    Column("change_sequence", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_incidents_opened_at_id", "opened_at", "id"),
    Index("ix_incidents_camera_id_opened_at_id", "camera_id", "opened_at", "id"),
    Index(
        "ix_incidents_open",
        "camera_id",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", String(36), primary_key=True),
    Column(
        "incident_id",
        String(36),
        ForeignKey("incidents.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("type", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index(
        "ix_evidence_kept",
        "path",
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

segments = Table(
    "segments",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("camera_id", String(48), nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("codec", String(20), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("set_up", String(64), nullable=False),
    Index("ix_segments_camera_id_started_at", "camera_id", "started_at"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", SerialNumber, primary_key=True, autoincrement=True),
    Column("event_id", String(80), nullable=False, unique=True),
    Column("incident_id", String(36), ForeignKey("incidents.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("queue_id", Text),
    Column("attempts", Integer, nullable=False),
    Index("ix_outbox_incident_id_revision", "incident_id", "revision"),
    Index(
        "ix_outbox_waiting",
        "seq",
        sqlite_where=text("delivered_at IS NULL"),
        postgresql_where=text("delivered_at IS NULL"),
    ),
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
    Column("seq", SerialNumber, ForeignKey("outbox.seq", ondelete="CASCADE"), primary_key=True),
    Column("sink", String(32), ForeignKey("sinks.name", ondelete="CASCADE"), primary_key=True),
    Column("incident_id", String(36), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Index("ix_deliveries_sink_urgency_seq", "sink", "urgency", "seq"),
    Index("ix_deliveries_incident_id_sink", "incident_id", "sink"),
)

parked = Table(
    "parked",
    metadata,
    Column("seq", SerialNumber, ForeignKey("outbox.seq", ondelete="CASCADE"), primary_key=True),
    Column("sink", String(32), ForeignKey("sinks.name", ondelete="CASCADE"), primary_key=True),
    Column("parked_at", UtcDateTime, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("detail", Text, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("step", String(12), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("chased_at", UtcDateTime),
    Column("handler", Text, nullable=False),
    Column("deadline", UtcDateTime),
    Column("level", String(10), nullable=False),
    Column("verified_by", String(10)),
    Column("outcome", String(12)),
    Column("reason", String(12)),
    Column("merged_into", String(36), ForeignKey("incidents.id")),
    Index("ix_cases_since", "since"),
    Index("ix_cases_step_due_at", "step", "due_at"),
    Index(
        "ix_cases_merged",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

case_changes = Table(
    "case_changes",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column(
        "incident_id", String(36), ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False
    ),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(12), nullable=False),
    Column("party", String(10), nullable=False),
    Column("actor", Text, nullable=False),
    Column("step", String(12), nullable=False),
    Column("note", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("deadline", UtcDateTime),
    Column("reason", String(12)),
    Column("other", String(36)),
    UniqueConstraint("incident_id", "revision"),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("unit_id", String(48)),
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
    Column("token_sha256", String(64), primary_key=True),
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

journal = Table(
    "journal",
    metadata,
    Column("seq", SerialNumber, primary_key=True, autoincrement=True),
    Column("topic", String(20), nullable=False),
    Column("key", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

tallies = Table(
    "tallies",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("camera_id", String(48), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("place", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False, index=True),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("watched_s", Float, nullable=False),
    UniqueConstraint("camera_id", "rule", "place", "starts_at", "since"),
    sqlite_autoincrement=True,
)

counted = Table(
    "counted",
    metadata,
    Column(
        "tally_id", SerialNumber, ForeignKey("tallies.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("kind", String(32), primary_key=True),
    Column("label", String(200), primary_key=True),
    Column("direction", String(10), primary_key=True),
    Column("passed", Integer, nullable=False),
)

rule_changes = Table(
    "rule_changes",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("camera_id", String(48), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", Text, nullable=False, server_default=text("''")),
    Column("zones", Text, nullable=False),
    Column("rules", Text, nullable=False),
    sqlite_autoincrement=True,
)

camera_controls = Table(
    "camera_controls",
    metadata,
    Column("camera_id", String(48), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("tour", Text, nullable=False),
    Column("encoder_before", Text, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

worker_loads = Table(
    "worker_loads",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("overloaded_since", UtcDateTime),
    Column("budget", Float, nullable=False),
    Column("decode", Float, nullable=False),
    Column("detect", Float, nullable=False),
    Column("other", Float, nullable=False),
    Column("cameras", Integer, nullable=False),
    Column("full", Integer, nullable=False),
    Column("stirred", Integer, nullable=False),
)

water_states = Table(
    "water_states",
    metadata,
    Column("camera_id", String(48), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("passability", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("unseen", String(10), nullable=False),
    Column("blind_since", UtcDateTime),
    Column("reason", String(10), nullable=False),
    Column("area_ratio", Float, nullable=False),
    Column("ratio_per_h", Float),
    Column("depth_cm", Float),
    Column("error_cm", Float),
    Column("cm_per_h", Float),
    Column("level_by", String(10), nullable=False),
    Column("rain", String(10), nullable=False),
    Column("reference_count", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("basis", Text, nullable=False),
)

water_readings = Table(
    "water_readings",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("camera_id", String(48), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("unseen", String(10), nullable=False),
    Column("area_ratio", Float, nullable=False),
    Column("depth_cm", Float),
    Index("ix_water_readings_camera_id_at", "camera_id", "at"),
    sqlite_autoincrement=True,
)

rain = Table(
    "rain",
    metadata,
    Column("id", SerialNumber, primary_key=True, autoincrement=True),
    Column("unit", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
    Column("source", Text, nullable=False),
    sqlite_autoincrement=True,
)

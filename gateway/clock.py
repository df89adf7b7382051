"""The two clocks: UTC for what is recorded, monotonic for what is waited for."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of day, aware, UTC."""
    return datetime.now(UTC)


def utc_s() -> float:
    """Return the time of day in seconds since 1970."""
    return time.time()


def monotonic_s() -> float:
    """Return seconds that never jump, for intervals and deadlines."""
    return time.monotonic()


def to_iso(moment: datetime) -> str:
    """Return an aware time as messages spell it: ISO 8601, UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

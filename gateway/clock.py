"""The two clocks: UTC for what is recorded, monotonic for what is waited for."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of day, aware, UTC."""
    return datetime.now(UTC)


utc_s = time.time
"""Returns the time of day in seconds since 1970."""

monotonic_s = time.monotonic
"""Returns seconds that never jump, for intervals and deadlines."""


def to_iso(moment: datetime) -> str:
    """Return an aware time as messages spell it: ISO 8601, UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

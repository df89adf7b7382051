"""The two clocks: UTC for what is recorded, monotonic for what is waited for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of day, aware, UTC."""
    return datetime.now(UTC)


utc_s = time.time
"""Returns the time of day in seconds since 1970."""

monotonic_s = time.monotonic
"""Returns seconds that never jump, for intervals and deadlines."""


SET_BACK_S = 5.0
"""A clock set back by less is a correction: recorded time runs slower until it has caught up."""


class ClockWatch:
    """Notices that the time of day was set back, by the clock that never is. Both in seconds."""

    def __init__(
        self, utc: Callable[[], float] = utc_s, monotonic: Callable[[], float] = monotonic_s
    ) -> None:
        self._utc, self._monotonic = utc, monotonic
        self._ahead_s = utc() - monotonic()

    def set_back_s(self) -> float:
        """Return by how much it was set back since the last call, 0.0 for less than SET_BACK_S."""
        before_s, self._ahead_s = self._ahead_s, self._utc() - self._monotonic()
        back_s = before_s - self._ahead_s
        return back_s if back_s >= SET_BACK_S else 0.0


def to_iso(moment: datetime) -> str:
    """Return an aware time as messages spell it: ISO 8601, UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

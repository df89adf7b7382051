"""Is the machine short of time for its cameras? Said calmly: not for a second, nor on and off."""

from datetime import datetime

BEGINS_S = 6.0
"""A camera that wakes may take the machine beyond its budget for some seconds; that is no news."""

ENDS_S = 20.0
"""It is over when there was enough for so long: the crowd that one car brings comes in waves."""


class Overload:
    """Watches over time whether there is too much to do. since: when it began, None while not."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._began: tuple[float, datetime] | None = None
        self._last_s = 0.0

    def see(self, *, overloaded: bool, at_s: float, now: datetime) -> None:
        """Take in how it is just now. at_s: monotonic seconds; now: the same moment, UTC."""
        if overloaded:
            self._began = self._began or (at_s, now)
            self._last_s = at_s
            if at_s - self._began[0] >= BEGINS_S:
                self.since = self._began[1]
        elif self.since is None or at_s - self._last_s >= ENDS_S:
            self.since = self._began = None

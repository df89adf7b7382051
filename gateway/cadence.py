"""How often something happens, told rightly from many times a second to once in half a minute."""

import threading
from collections import deque
from dataclasses import dataclass

SHORTEST_S, LONGEST_S = 10.0, 60.0
"""A rate is taken over so many seconds: the fewest in which `ENOUGH` happened."""
ENOUGH = 10

MARK_EVERY_S = 1.0
"""Events closer together than this are remembered by their number alone."""

FORGOTTEN_S = 120.0
"""After so long without, it does not happen any more."""

LATE = 2.0
"""What is this many times as late as usual counts as having become rarer."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The event number `count` happened at `at_s`."""

    at_s: float
    count: int


class Cadence:
    """Counts events, and tells how often they come; for any thread. Times are monotonic seconds.

    Rates are taken from one event to another, not from one reading to the next: what happens every
    30 s is told as that, whenever it is asked for. Memory: at most a mark a second of a minute.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: deque[_Mark] = deque(maxlen=round(LONGEST_S / MARK_EVERY_S) + 1)
        self._newest = _Mark(0.0, 0)

    def happened(self, at_s: float) -> None:
        """Count one event."""
        with self._lock:
            self._newest = _Mark(at_s, self._newest.count + 1)
            if not self._marks or at_s - self._marks[-1].at_s >= MARK_EVERY_S:
                self._marks.append(self._newest)

    def per_s(self, now_s: float) -> float | None:
        """Return how often it happens each second; None before there were two events."""
        with self._lock:
            newest, first = self._newest, self._first(now_s)
        happened = newest.count - first.count if first else 0
        if first is None or not happened:
            return None
        silent_s = now_s - newest.at_s
        if silent_s > FORGOTTEN_S:
            return 0.0
        span_s = max(newest.at_s - first.at_s, 1e-3)
        if silent_s > LATE * span_s / happened:
            span_s += silent_s
        return happened / span_s

    def every_s(self, now_s: float) -> float | None:
        """Return the seconds from one event to the next; None where none comes."""
        rate = self.per_s(now_s)
        return 1.0 / rate if rate else None

    def _first(self, now_s: float) -> _Mark | None:
        """Return the mark that the rate is taken from: the youngest that tells enough."""
        first = None
        for mark in reversed(self._marks):
            if first is not None and now_s - mark.at_s > LONGEST_S:
                happened = self._newest.count - first.count
                return first if happened else mark
            first = mark
            happened = self._newest.count - mark.count
            if now_s - mark.at_s >= SHORTEST_S and happened >= ENOUGH:
                return mark
        return first

"""Collects what a camera shows over some seconds, when it is time to look at its water again.

The eye's thread hands in every picture it shows and the detector's what it saw; the round's thread
takes them out. No more than a few wait, so a 4K camera costs a few frames and no more.
"""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.decode import Picture
from vision.types import Detections
from vision.water.sampler import MOST, SECONDS

WAITING = 3
"""Pictures that may wait for the round, which comes once a second."""
EVERY = timedelta(seconds=0.9 * SECONDS / (MOST - 1))
"""Pictures nearer to each other than this show the same."""
SAME_MOMENT = timedelta(seconds=2)
"""Boxes this old are where parked vehicles are, and where moving ones make no difference."""


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """One picture. at: UTC, when it was shown here. detections: None where nobody looked lately."""

    at: datetime
    picture: Picture
    detections: Detections | None


class Collector:
    """The pictures of one camera that are wanted; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = False
        self._glimpses: deque[Glimpse] = deque(maxlen=WAITING)
        self._taken_at: datetime | None = None
        self._seen: tuple[datetime, Detections] | None = None

    @property
    def wanted(self) -> bool:
        """Whether pictures are collected now."""
        return self._wanted

    def want(self, *, wanted: bool) -> None:
        """Begin to collect, or leave off and drop what waits."""
        with self._lock:
            self._wanted = wanted
            if not wanted:
                self._glimpses.clear()

    def detected(self, at: datetime, detections: Detections) -> None:
        """Note what the detector saw. at: UTC, when it was taken, as pictures say it."""
        with self._lock:
            self._seen = (at, detections)

    def see(self, picture: Picture, now: datetime) -> None:
        """Take a picture if one is wanted; with every picture, and without waiting."""
        with self._lock:
            taken_at = self._taken_at
            soon = taken_at is not None and timedelta() <= now - taken_at < EVERY
            if self._wanted and not soon:
                self._taken_at = now
                self._glimpses.append(Glimpse(now, picture, self._boxes_at(picture.captured_at)))

    def take(self) -> tuple[Glimpse, ...]:
        """Return what has come since, oldest first."""
        with self._lock:
            taken = tuple(self._glimpses)
            self._glimpses.clear()
            return taken

    def _boxes_at(self, at: datetime) -> Detections | None:
        if self._seen is None:
            return None
        seen_at, detections = self._seen
        return detections if abs(at - seen_at) <= SAME_MOMENT else None

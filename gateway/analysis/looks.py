"""Pictures that wait for the detector: few of each camera, the most interesting camera first."""

import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from gateway import telemetry
from gateway.clock import monotonic_s
from gateway.decode import Picture
from vision.activity import Activity
from vision.attention import Interest
from vision.ensemble import DetectorSet, PreparedSet
from vision.types import Detections

RUN = 8
"""Pictures of the past that may wait of one camera: what it takes to see how something began."""

Judge: TypeAlias = Callable[["Look", Detections | None], None]


@dataclass(frozen=True, slots=True)
class Look:
    """One picture on its way through the detectors, and who judges what is seen in it.

    detectors: those that its camera needs. prepared: None for a picture in which nothing stirs,
    which passes them by and is judged in its turn. activity: what brightness showed just then, None
    where that was not measured. past: taken before the camera woke; such pictures wait for each
    other, where a newer one of the present takes the older's place. decoded_s: monotonic seconds.
    """

    camera: str
    picture: Picture
    detectors: DetectorSet
    prepared: PreparedSet | None
    activity: Activity | None
    interest: Interest
    decoded_s: float
    judge: Judge
    past: bool = False


class LookQueue:
    """What waits of each camera; for any number of eyes and one detector loop.

    A camera never has more than one picture of the present waiting: when the detector is behind, a
    newer one takes its place and the older is counted as skipped. Latency stays bounded, order is
    kept.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[Look]] = {}
        self._since_s: dict[str, float] = {}

    def put(self, look: Look) -> None:
        """Offer a picture.

        The camera keeps its place in the line, so a fast camera cannot push a slow one back.
        """
        with self._changed:
            line = self._waiting.setdefault(look.camera, deque())
            if line and not line[-1].past and (look.prepared or not line[-1].prepared):
                _count_skipped(line.pop())
            if len(line) > RUN:
                _count_skipped(line.popleft())
            line.append(look)
            self._since_s.setdefault(look.camera, look.decoded_s)
            self._changed.notify()

    def take(self, timeout_s: float) -> Look | None:
        """Return the next picture of the most interesting camera, of those the longest waiting.

        None when none came in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_s)
            return self._pop(self._waiting)

    def take_like(self, look: Look) -> Look | None:
        """Return the next picture that the same detectors are to look at; None when none waits."""
        with self._changed:
            alike = (
                camera
                for camera, line in self._waiting.items()
                if line[0].prepared is not None and line[0].detectors is look.detectors
            )
            return self._pop(list(alike))

    def _pop(self, cameras: Collection[str]) -> Look | None:
        """Take the first picture of the most interesting of these cameras."""
        if not cameras:
            return None
        camera = max(cameras, key=lambda camera: self._waiting[camera][0].interest)
        line = self._waiting.pop(camera)
        look = line.popleft()
        del self._since_s[camera]
        if line:
            self._waiting[camera], self._since_s[camera] = line, line[0].decoded_s
        return look

    def waiting_s(self) -> float:
        """Return for how many seconds the camera that has waited longest has been waiting.

        A newer picture in an older's place has not waited any less.
        """
        with self._changed:
            since_s = min(self._since_s.values(), default=None)
        return 0.0 if since_s is None else monotonic_s() - since_s

    def forget(self, camera: str) -> None:
        """Drop what waits of one camera; for a camera that is taken away."""
        with self._changed:
            self._waiting.pop(camera, None)
            self._since_s.pop(camera, None)


def _count_skipped(look: Look) -> None:
    if look.prepared is not None:
        telemetry.LOOKS_SKIPPED.labels(look.camera, "detector behind").inc()

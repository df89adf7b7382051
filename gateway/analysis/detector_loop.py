"""One thread that keeps the detector's device busy with the pictures that wait."""

import threading
from collections import deque
from collections.abc import Callable
from functools import partial

import structlog

from gateway import telemetry
from gateway.analysis.looks import Look, LookQueue
from gateway.clock import monotonic_s
from vision.ensemble import PendingSet

WAIT_S = 0.2
"""How long the thread waits before it looks whether it should stop."""

log = structlog.get_logger()


class DetectorLoop:
    """Feeds the detectors from the looks, with as many jobs in flight as keep the device busy.

    Each look is judged in this loop's thread, in the order the looks were taken. What goes wrong
    with one concerns that picture only; a camera's first failure is logged, and its recovery.
    looked: pictures that went through the detectors so far.
    """

    def __init__(self, in_flight: int, looks: LookQueue) -> None:
        self._in_flight = in_flight
        self._looks = looks
        self._pending: deque[tuple[Look, PendingSet | None]] = deque()
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detector")
        self.looked = 0

    def start(self) -> None:
        """Begin to detect, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in flight, end the thread and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            look = self._looks.take(0 if self._pending else WAIT_S)
            if look is not None:
                self._guard(look, partial(self._begin, look))
            if self._pending and (look is None or self._is_full()):
                self._finish_oldest()
        while self._pending:
            self._finish_oldest()

    def _is_full(self) -> bool:
        """Say whether one more than the device works on is under way: it waits for nobody then."""
        return len(self._pending) > self._in_flight

    def _begin(self, look: Look) -> None:
        job = look.detectors.start([look.prepared]) if look.prepared else None
        self._pending.append((look, job))

    def _finish_oldest(self) -> None:
        look, pending = self._pending.popleft()
        if self._guard(look, partial(self._finish, look, pending)) and look.camera in self._failing:
            self._failing.discard(look.camera)
            log.info("pictures are judged again", camera=look.camera)

    def _finish(self, look: Look, pending: PendingSet | None) -> None:
        if pending is None:
            look.judge(look, None)
            return
        (detections,) = pending.wait()
        self.looked += 1
        telemetry.DETECT_SECONDS.labels(look.camera).observe(monotonic_s() - look.decoded_s)
        telemetry.LOOKS.labels(look.camera).inc()
        look.judge(look, detections)

    def _guard(self, look: Look, step: Callable[[], None]) -> bool:
        """Take one step with a look; return whether it went well."""
        try:
            step()
        except Exception:
            if look.camera not in self._failing:
                self._failing.add(look.camera)
                log.exception("a picture could not be judged", camera=look.camera)
            return False
        return True

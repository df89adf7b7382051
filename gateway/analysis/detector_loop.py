"""One thread that keeps the detector's device busy with the pictures that wait."""

import threading
from collections import deque

import structlog

from gateway import telemetry
from gateway.analysis.looks import Look, LookQueue
from gateway.clock import monotonic_s
from vision.ensemble import PendingSet
from vision.types import Detections

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
        self._pending: deque[tuple[list[Look], PendingSet | None]] = deque()
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
                self._begin(self._batch_of(look))
            if self._pending and (look is None or self._is_full()):
                self._finish_oldest()
        while self._pending:
            self._finish_oldest()

    def _is_full(self) -> bool:
        """Say whether one more than the device works on is under way: it waits for nobody then."""
        return len(self._pending) > self._in_flight

    def _batch_of(self, look: Look) -> list[Look]:
        """Return a picture and those that wait for the same detectors, no more than one job takes.

        None is waited for: a batch is what has gathered while the device was busy.
        """
        batch = [look]
        while look.prepared is not None and len(batch) < look.detectors.batch:
            another = self._looks.take_like(look)
            if another is None:
                break
            batch.append(another)
        return batch

    def _begin(self, batch: list[Look]) -> None:
        """Start a batch; where that fails, each of its pictures by itself."""
        prepared = [look.prepared for look in batch if look.prepared is not None]
        if not prepared:
            self._pending.append((batch, None))
            return
        try:
            self._pending.append((batch, batch[0].detectors.start(prepared)))
        except Exception as error:  # noqa: BLE001 whatever is odd about one, the others may be well
            if len(batch) == 1:
                self._failed(batch[0], error)
            else:
                for look in batch:
                    self._begin([look])

    def _finish_oldest(self) -> None:
        batch, pending = self._pending.popleft()
        try:
            found = [None] if pending is None else pending.wait()
            judged = list(zip(batch, found, strict=True))
        except Exception as error:  # noqa: BLE001 one job that fails must not end the others
            for look in batch:
                self._failed(look, error)
            return
        for look, detections in judged:
            self._judge(look, detections)

    def _judge(self, look: Look, detections: Detections | None) -> None:
        if detections is not None:
            self.looked += 1
            telemetry.DETECT_SECONDS.labels(look.camera).observe(monotonic_s() - look.decoded_s)
            telemetry.LOOKS.labels(look.camera).inc()
        try:
            look.judge(look, detections)
        except Exception as error:  # noqa: BLE001 one camera's surprise must not blind the others
            self._failed(look, error)
            return
        if look.camera in self._failing:
            self._failing.discard(look.camera)
            log.info("pictures are judged again", camera=look.camera)

    def _failed(self, look: Look, error: Exception) -> None:
        """Log a camera's first failure."""
        if look.camera not in self._failing:
            self._failing.add(look.camera)
            log.error("a picture could not be judged", camera=look.camera, exc_info=error)

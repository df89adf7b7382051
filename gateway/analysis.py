"""From packets to detections: a thread decodes each camera, one thread keeps the detector full.

    hub ─► CameraEye (decode, a few pictures a second) ─► LatestLooks ─► DetectorLoop ─► look.judge

A camera never has more than one picture waiting: when the detector is behind, a newer picture takes
the older one's place and the older is counted as skipped. Latency stays bounded, order is kept.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from gateway import telemetry
from gateway.clock import monotonic_s, utc_now
from gateway.decode import DecodeHealth, Picture, PictureDecoder
from gateway.errors import NotVideoError
from gateway.hub import Delivery, Hub, HubClosedError
from gateway.packets import StreamInfo
from gateway.session import SessionReport, SessionState
from vision.detector import Detector, PendingDetections, Prepared
from vision.types import Detections

READER_PACKETS = 250
"""Packets that may wait for the decoder: ten seconds at 25 fps."""
WAIT_S = 0.2
"""How long a thread waits before it looks whether it should stop."""

log = structlog.get_logger()

Judge: TypeAlias = Callable[["Look", Detections], None]


@dataclass(frozen=True, slots=True)
class Look:
    """One picture on its way through the detector, and who judges what is seen in it.

    decoded_s: monotonic seconds.
    """

    camera: str
    picture: Picture
    prepared: Prepared
    decoded_s: float
    judge: Judge


class LatestLooks:
    """The newest unseen picture of each camera; for any number of eyes and one detector loop."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[str, Look] = {}

    def put(self, look: Look) -> None:
        """Offer a picture; one of the same camera that still waits is skipped and counted.

        The camera keeps its place in the line, so a fast camera cannot push a slow one back.
        """
        with self._changed:
            if look.camera in self._waiting:
                telemetry.FRAMES_SKIPPED.labels(look.camera).inc()
            self._waiting[look.camera] = look
            self._changed.notify()

    def take(self, timeout_s: float) -> Look | None:
        """Return the picture of the camera that has waited longest; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_s)
            if not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def forget(self, camera: str) -> None:
        """Drop what waits of one camera; for a camera that is taken away."""
        with self._changed:
            self._waiting.pop(camera, None)


class Pace:
    """Says which pictures of a camera are due, so that `fps` of them are, on the whole.

    Counts the pictures' own time. A camera whose rate is no multiple of `fps` still gets as many
    looks as asked for, only not evenly spaced.
    """

    def __init__(self, fps: float) -> None:
        self._interval = timedelta(seconds=1.0 / fps)
        self._early = self._interval / 10
        self._due_at: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Say whether to look at the picture taken at `at`; call once for each."""
        due_at = self._due_at
        if due_at is None or at < due_at - 2 * self._interval:
            due_at = at  # the first picture, or the camera's clock went back
        if at < due_at - self._early:
            return False
        next_at = due_at + self._interval
        self._due_at = next_at if next_at > at else at + self._interval
        return True


class CameraEye:
    """Decodes one camera and offers a picture every 1/fps seconds of the camera's own time.

    latest: the newest decoded picture, for snapshots; None before the first. fault: set while
    packets come that cannot be turned into pictures. mark: entered while native code has a packet.
    on_picture: shown every decoded picture, on the eye's thread; must not wait.
    """

    def __init__(
        self, hub: Hub, detector: Detector, looks: LatestLooks, fps: float, judge: Judge
    ) -> None:
        self.mark: AbstractContextManager[None] = nullcontext()
        self.on_picture: Callable[[Picture], None] = lambda _picture: None
        self.latest: Picture | None = None
        self.fault: SessionReport | None = None
        self._hub = hub
        self._detector = detector
        self._looks = looks
        self._pace = Pace(fps)
        self._judge = judge
        self._epoch = 0
        self._decoder: PictureDecoder | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"eye-{hub.camera_id}")

    @property
    def health(self) -> DecodeHealth:
        """What became of this connection's packets so far."""
        return self._decoder.health if self._decoder else DecodeHealth()

    def start(self) -> None:
        """Begin to decode, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with self._hub.reader("analysis", READER_PACKETS) as reader:
            while not self._stopping.is_set():
                try:
                    delivery = reader.get(WAIT_S)
                    if delivery is not None:
                        with self.mark:
                            self._see(delivery)
                except HubClosedError:
                    return
                except Exception as error:  # noqa: BLE001 one odd picture must not blind the camera
                    self._blame("undecodable", f"A picture cannot be used: {error!r}.")

    def _see(self, delivery: Delivery) -> None:
        if delivery.epoch != self._epoch:
            self._epoch = delivery.epoch
            self._decoder = self._decoder_for(delivery.info)
        if self._decoder is None:
            return
        pictures = self._decoder.decode(delivery.packet)
        for picture in pictures:
            self._show(picture)
        if pictures:
            self.fault = None
        elif self._decoder.health.broken:
            self._blame("undecodable", "The camera sends pictures that cannot be decoded.")

    def _decoder_for(self, info: StreamInfo) -> PictureDecoder | None:
        """Return a decoder for a new session; None, and a fault, when this machine has none."""
        self.fault = None
        try:
            return PictureDecoder(info)
        except NotVideoError as error:
            self._blame(error.code, str(error))
            return None

    def _blame(self, code: str, detail: str) -> None:
        """Set the fault, and log it unless it stands already."""
        if self.fault is None:
            log.warning("camera cannot be decoded", camera=self._hub.camera_id, detail=detail)
            self.fault = SessionReport(SessionState.NOT_VIDEO, utc_now(), code, detail)

    def _show(self, picture: Picture) -> None:
        self.latest = picture
        self.on_picture(picture)
        if not self._pace.is_due(picture.captured_at):
            return
        letterbox = self._detector.letterbox_for(picture.size)
        pixels = letterbox.place(picture.resized_bgr(letterbox.resized))
        prepared = Prepared(pixels, letterbox)
        look = Look(self._hub.camera_id, picture, prepared, monotonic_s(), self._judge)
        self._looks.put(look)


class DetectorLoop:
    """Feeds one detector from the looks, with as many jobs in flight as keep its device busy.

    Each look is judged in this loop's thread, in the order the looks were taken. What goes wrong
    with one concerns that picture only; a camera's first failure is logged, and its recovery.
    """

    def __init__(self, detector: Detector, looks: LatestLooks) -> None:
        self._detector = detector
        self._looks = looks
        self._pending: deque[tuple[Look, PendingDetections]] = deque()
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detector")

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
        return len(self._pending) > self._detector.runtime.in_flight

    def _begin(self, look: Look) -> None:
        self._pending.append((look, self._detector.start([look.prepared])))

    def _finish_oldest(self) -> None:
        look, pending = self._pending.popleft()
        if self._guard(look, partial(self._finish, look, pending)) and look.camera in self._failing:
            self._failing.discard(look.camera)
            log.info("pictures are judged again", camera=look.camera)

    def _finish(self, look: Look, pending: PendingDetections) -> None:
        (detections,) = pending.wait()
        telemetry.DETECT_SECONDS.labels(look.camera).observe(monotonic_s() - look.decoded_s)
        telemetry.FRAMES_ANALYSED.labels(look.camera).inc()
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

"""From packets to detections: a thread decodes each camera, one thread keeps the detector full.

    hub ─► CameraEye (decode, a few pictures a second) ─► LatestLooks ─► DetectorLoop ─► on_result

A camera never has more than one picture waiting: when the detector is behind, a newer picture takes
the older one's place and the older is counted as skipped. Latency stays bounded, order is kept.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway import telemetry
from gateway.clock import monotonic_s, utc_now
from gateway.decode import Picture, PictureDecoder
from gateway.errors import NotVideoError
from gateway.hub import Hub, HubClosedError
from gateway.packets import StreamInfo, VideoPacket
from gateway.session import SessionReport, SessionState
from vision.detector import Detector, PendingDetections, Prepared
from vision.types import Detections

READER_PACKETS = 250
"""Packets that may wait for the decoder: ten seconds at 25 fps."""
WAIT_S = 0.2
"""How long a thread waits before it looks whether it should stop."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """One picture on its way through the detector. decoded_s: monotonic seconds."""

    camera: str
    picture: Picture
    prepared: Prepared
    decoded_s: float


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


class CameraEye:
    """Decodes one camera and offers a picture every 1/fps seconds of the camera's own time.

    latest: the newest decoded picture, for snapshots; None before the first. fault: set while
    packets come that cannot be decoded.
    """

    def __init__(self, hub: Hub, detector: Detector, looks: LatestLooks, fps: float) -> None:
        self.latest: Picture | None = None
        self.fault: SessionReport | None = None
        self._hub = hub
        self._detector = detector
        self._looks = looks
        self._interval_s = 1.0 / fps
        self._last_offer: datetime | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"eye-{hub.camera_id}")

    def start(self) -> None:
        """Begin to decode, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        decoder: PictureDecoder | None = None
        epoch = 0
        with self._hub.reader("analysis", READER_PACKETS) as reader:
            while not self._stopping.is_set():
                try:
                    delivery = reader.get(WAIT_S)
                except HubClosedError:
                    return
                if delivery is None:
                    continue
                if delivery.epoch != epoch:
                    decoder, epoch = self._decoder_for(delivery.info), delivery.epoch
                if decoder is not None:
                    self._see(decoder, delivery.packet)

    def _decoder_for(self, info: StreamInfo) -> PictureDecoder | None:
        """Return a decoder for a new session; None, and a fault, when this machine has none."""
        self.fault = None
        try:
            return PictureDecoder(info)
        except NotVideoError as error:
            self._blame(error.code, str(error))
            return None

    def _see(self, decoder: PictureDecoder, packet: VideoPacket) -> None:
        pictures = decoder.decode(packet)
        if pictures:
            self.fault = None
        elif self.fault is None and decoder.health.broken:
            self._blame("undecodable", "The camera sends pictures that cannot be decoded.")
        for picture in pictures:
            self._show(picture)

    def _blame(self, code: str, detail: str) -> None:
        log.warning("camera cannot be decoded", camera=self._hub.camera_id, detail=detail)
        self.fault = SessionReport(SessionState.NOT_VIDEO, utc_now(), code, detail)

    def _show(self, picture: Picture) -> None:
        self.latest = picture
        if not self._is_due(picture.captured_at):
            return
        self._last_offer = picture.captured_at
        letterbox = self._detector.letterbox_for(picture.size)
        pixels = letterbox.place(picture.resized_bgr(letterbox.resized))
        prepared = Prepared(pixels, letterbox)
        self._looks.put(Look(self._hub.camera_id, picture, prepared, monotonic_s()))

    def _is_due(self, captured_at: datetime) -> bool:
        """Say whether 1/fps seconds went by (or the camera's clock jumped back) since the last."""
        if self._last_offer is None:
            return True
        passed_s = (captured_at - self._last_offer).total_seconds()
        return passed_s < 0 or passed_s >= self._interval_s * 0.95


class DetectorLoop:
    """Feeds one detector from the looks, with as many jobs in flight as keep its device busy.

    on_result is called in this loop's thread, in the order the looks were taken. What it raises
    concerns one picture only: it is logged and the loop goes on.
    """

    def __init__(
        self,
        detector: Detector,
        looks: LatestLooks,
        on_result: Callable[[Look, Detections], None],
    ) -> None:
        self._detector = detector
        self._looks = looks
        self._on_result = on_result
        self._pending: deque[tuple[Look, PendingDetections]] = deque()
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
                self._pending.append((look, self._detector.start([look.prepared])))
            if self._pending and (look is None or self._is_full()):
                self._finish_oldest()
        while self._pending:
            self._finish_oldest()

    def _is_full(self) -> bool:
        return len(self._pending) >= self._detector.runtime.in_flight

    def _finish_oldest(self) -> None:
        look, pending = self._pending.popleft()
        try:
            (detections,) = pending.wait()
            telemetry.DETECT_SECONDS.labels(look.camera).observe(monotonic_s() - look.decoded_s)
            telemetry.FRAMES_ANALYSED.labels(look.camera).inc()
            self._on_result(look, detections)
        except Exception:
            log.exception("a picture could not be judged", camera=look.camera)

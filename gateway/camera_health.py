"""One camera's health in its worker: looks at pictures, stream and alarms, and tells of faults.

eye ─► see ─┐
ONVIF ─► alarm ─┤                          once a second, one thread a worker
                └─► CameraHealth.look ─► IncidentBook ─► IncidentWriter
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from gateway.clock import utc_now
from gateway.config import HealthSettings
from gateway.decode import Picture
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.onvif.alarms import CameraAlarm
from gateway.store.stored_incident import Origin
from vision.health import (
    STREAM,
    AlarmBoard,
    AlarmState,
    AlarmType,
    StreamVitals,
    StreamWatch,
    still_held,
    wanted_specs,
)
from vision.incidents import IncidentBook
from vision.picture_watch import PictureWatch
from vision.quality import Luma
from vision.types import ChangeType, IncidentChange

LOOK_EVERY_S = 2.0
"""Looks are at least about so far apart where there is time to spare: the fastest fault waits ten
seconds."""
EARLY = 0.9
"""A picture that comes this share of the wait after the look before is due: the next key frame may
be far."""
ROUND_S = 1.0

log = structlog.get_logger()


class CameraHealth:
    """Watches one camera. Each method is for a thread of its own: eye, ONVIF, the health round.

    left_open: what an earlier process left open of this camera's health, from
    `store.incidents.left_open(vision.health.CAMERA_SPECS, camera)`. every_s: seconds between looks,
    under `vision.quality.GAP_S`; may be set at any time.
    """

    def __init__(
        self,
        origin: Origin,
        settings: HealthSettings,
        writer: IncidentWriter,
        left_open: Iterable[IncidentChange] = (),
    ) -> None:
        self._origin = origin
        self._writer = writer
        limits = settings.limits
        self._pictures = PictureWatch(limits)
        self._stream = StreamWatch(limits)
        self._alarms = AlarmBoard(limits.alarms)
        specs = wanted_specs(settings.off)
        self._wanted = frozenset(spec.id for spec in specs)
        self._book = IncidentBook(origin.camera.id, specs)
        self._book.adopt(left_open)
        self.every_s = LOOK_EVERY_S
        self._watching = threading.Lock()
        self._seen_at: datetime | None = None
        self._latest: Picture | None = None
        self._gop_s: float | None = None
        self._online_at: datetime | None = None

    @property
    def unfit(self) -> str | None:
        """The fault for which rules cannot judge the picture of now, None when they can."""
        return self._pictures.unfit

    def see(self, picture: Picture, thumbnail: Luma) -> None:
        """Look at a picture, if it is time to; for the eye's thread, with every picture.

        thumbnail: its brightness 160 pixels across, which `vision.quality` is tuned for.
        """
        now = utc_now()
        wait = timedelta(seconds=EARLY * self.every_s)
        if self._seen_at is not None and timedelta() <= now - self._seen_at < wait:
            return
        self._seen_at = now
        grey = picture.is_grey()
        with self._watching:
            self._latest = picture
            self._pictures.see(thumbnail, now, infrared=grey, gop_s=self._gop_s)

    def alarm(self, alarm: CameraAlarm) -> None:
        """Take an alarm of the camera itself; for ONVIF's thread."""
        kind = AlarmType(alarm.type.value)
        state = AlarmState(kind, alarm.active, utc_now(), alarm.topic, alarm.source)
        with self._watching:
            self._alarms.put(state)

    def view_changed(self) -> None:
        """Learn the view anew: the camera was turned on purpose (PTZ)."""
        with self._watching:
            self._pictures.forget_view()

    def look(self, at: datetime, vitals: StreamVitals) -> list[IncidentChange]:
        """Judge how it stands at a moment (UTC, now); hand changes to the writer and return them.

        Once a second, by one thread. While the camera is not online, what was wrong stays so.
        """
        with self._watching:
            self._gop_s = vitals.gop_s
            conditions = self._pictures.conditions() + self._alarms.conditions(at)
            picture = self._latest
        if vitals.online:
            conditions += self._stream.conditions(at, vitals)
            self._online_at = at
        elif self._online_at is not None:
            conditions += [
                still_held(rule, subject, self._online_at)
                for rule, subject in self._book.open_subjects()
                if subject == STREAM
            ]
        changes = self._book.step(at, (c for c in conditions if c.rule in self._wanted))
        for change in changes:
            opened = change.type is ChangeType.OPENED
            take = picture.to_bgr if opened and picture is not None else None
            self._writer.put(Sighting(change, self._origin, take))
        return changes


class HealthRound:
    """Asks every camera of a worker how it is, once a second, on one thread.

    checks: by camera at work now, what looks at it.
    """

    def __init__(self, checks: Callable[[], Mapping[str, Callable[[datetime], object]]]) -> None:
        self._checks = checks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        failing: set[str] = set()
        while not self._stopping.wait(ROUND_S):
            for camera, check in self._checks().items():
                try:
                    check(utc_now())
                    failing.discard(camera)
                except Exception:  # one camera's surprise must not blind the others
                    if camera not in failing:
                        log.exception("a camera's health could not be judged", camera=camera)
                    failing.add(camera)

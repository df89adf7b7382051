"""Keeps incidents: pictures on the disk first, then one transaction with all that tells of them.

One thread a worker. What it is given is never dropped: when the disk or the database refuses, it
tries again until it works or the worker stops, and the detector waits meanwhile.
"""

import hashlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import structlog

from gateway import telemetry
from gateway.clock import utc_now
from gateway.dispatch.message import MessageWriter
from gateway.errors import StorageError
from gateway.mp4 import ClipFile
from gateway.recorder import Recorder
from gateway.store import Store
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.store.stored_incident import Origin
from vision.overlay import draw
from vision.scene import Zone
from vision.types import ChangeType, Image, Incident, IncidentChange, Track

WAITING_CHANGES = 256
"""Changes that may wait; then whoever brings another waits too."""
RETRY_S = 2.0
"""Pause before the store is tried again."""
JPEG_QUALITY = 90

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A change, and what was seen when it happened. take_picture: None where there is none."""

    change: IncidentChange
    origin: Origin
    recorder: Recorder | None = None
    take_picture: Callable[[], Image] | None = None
    tracks: tuple[Track, ...] = ()
    zones: tuple[Zone, ...] = ()
    highlight: frozenset[int] = frozenset()


class IncidentWriter:
    """Takes sightings and finished clips from any thread and keeps them in the order they came."""

    def __init__(self, store: Store, data_dir: Path, compose: MessageWriter) -> None:
        self._store = store
        self._data_dir = data_dir
        self._compose = compose
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING_CHANGES)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="incident-writer")

    def start(self) -> None:
        """Begin to write, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, end the thread and wait for it."""
        self._stopping.set()
        self._work.put(None)
        self._thread.join()

    def put(self, sighting: Sighting) -> None:
        """Take a change of an incident; waits while too many wait already."""
        self._work.put(lambda: self._keep(sighting))

    def put_clip(self, clip: ClipFile) -> None:
        """Take a finished clip; its id is the incident's."""
        self._work.put(lambda: self._keep_clip(clip))

    def interrupt(self, camera: str) -> None:
        """Close what is open of a camera after all that was put before: its watching has ended."""
        self._work.put(lambda: self._interrupt(camera))

    def clip_path(self, incident: Incident) -> Path:
        """Return where an incident's clip belongs."""
        return self._folder(incident) / "clip.mp4"

    def _run(self) -> None:
        while (task := self._work.get()) is not None:
            self._insist(task)

    def _insist(self, task: Callable[[], None]) -> None:
        """Do one piece of work until the store takes it, or the worker stops."""
        refused = False
        while True:
            try:
                task()
            except StorageError as error:
                if not refused:
                    log.error("the store refuses an incident; trying on", reason=str(error))
                refused = True
                if self._stopping.wait(RETRY_S):
                    log.error("an incident was not kept before the stop", reason=str(error))
                    return
            except Exception:
                log.exception("an incident could not be kept")
                return
            else:
                if refused:
                    log.info("the store takes incidents again")
                return

    def _keep(self, sighting: Sighting) -> None:
        change = sighting.change
        incident = change.incident
        evidence = self._pictures(sighting) if change.type is ChangeType.OPENED else ()
        self._store.incidents.record(change, sighting.origin, evidence, self._compose)
        telemetry.INCIDENT_CHANGES.labels(incident.camera, incident.rule).inc()
        log.info(
            "incident",
            change=change.type.value,
            incident=incident.id,
            camera=incident.camera,
            rule=incident.rule,
            kind=incident.kind,
        )
        if sighting.recorder is None:
            return
        if change.type is ChangeType.OPENED:
            path = self.clip_path(incident)
            sighting.recorder.begin(incident.id, path, incident.opened_at)
        elif change.type is ChangeType.CLOSED:
            sighting.recorder.end(incident.id, incident.closed_at or change.at)

    def _pictures(self, sighting: Sighting) -> tuple[Evidence, ...]:
        """Write the raw and the marked picture of an incident that opens."""
        if sighting.take_picture is None:
            return ()
        raw = sighting.take_picture()
        marked = draw(raw, sighting.tracks, sighting.zones, sighting.highlight)
        pictures: Mapping[EvidenceType, Image] = {
            EvidenceType.RAW: raw,
            EvidenceType.MARKED: marked,
        }
        return tuple(
            self._write_picture(sighting.change.incident, kind, picture)
            for kind, picture in pictures.items()
        )

    def _write_picture(self, incident: Incident, kind: EvidenceType, picture: Image) -> Evidence:
        path = self._folder(incident) / f"{kind.value}.jpg"
        _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
        data = encoded.tobytes()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error
        digest = hashlib.sha256(data).hexdigest()
        return self._evidence(incident.id, kind, path, digest, len(data))

    def _interrupt(self, camera: str) -> None:
        self._store.incidents.interrupt(camera, utc_now(), self._compose)

    def _keep_clip(self, clip: ClipFile) -> None:
        incident = clip.label.clip_id
        piece = self._evidence(incident, EvidenceType.CLIP, clip.path, clip.sha256, clip.bytes)
        self._store.incidents.add_evidence(incident, (piece,), piece.created_at, self._compose)

    def _evidence(
        self, incident: str, kind: EvidenceType, path: Path, sha256: str, size_bytes: int
    ) -> Evidence:
        return Evidence(
            id=evidence_id(incident, kind, sha256),
            incident_id=incident,
            type=kind,
            path=path.relative_to(self._data_dir).as_posix(),
            sha256=sha256,
            size_bytes=size_bytes,
            created_at=utc_now(),
        )

    def _folder(self, incident: Incident) -> Path:
        """Return a directory inside the camera's own: its worker alone mends what a crash left."""
        day = f"{incident.opened_at:%Y-%m-%d}"
        return self._data_dir / "evidence" / incident.camera / day / incident.id

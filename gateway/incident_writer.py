"""Keeps incidents: pictures on the disk first, then one transaction with all that tells of them.

Counts take the same way, because they are no less to be lost.

One thread a worker. What it is given is never dropped while the worker runs: when the disk or the
database refuses, it tries again until it works, and the detector waits meanwhile.
"""

import hashlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import structlog

from gateway import telemetry
from gateway.clock import monotonic_s, utc_now
from gateway.dispatch.message import MessageWriter
from gateway.errors import NotFoundError, StorageError
from gateway.recording.films import ClipFile
from gateway.store import Store
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.store.stored_incident import Origin
from gateway.whole_file import write_whole
from vision.overlay import NO_WORDS, draw
from vision.scene import Line, Zone
from vision.types import ChangeType, Image, Incident, IncidentChange, Tally, Track

WAITING_CHANGES = 256
"""Changes that may wait; then whoever brings another waits too."""
RETRY_S = 0.5
"""Pause before a store that refused is tried again."""
STOP_S = 4.0
"""How long a store that refuses is still tried once the worker stops."""
JPEG_QUALITY = 90

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A change, and what was seen when it happened.

    take_picture: gives the picture; None where there is none, or none is wanted. more: gives
    pictures beside or in place of it, for what a picture and boxes do not show; where it is given
    they are kept of this change whatever it is, else only of an opening.
    """

    change: IncidentChange
    origin: Origin
    take_picture: Callable[[], Image] | None = None
    tracks: tuple[Track, ...] = ()
    zones: tuple[Zone | Line, ...] = ()
    highlight: frozenset[int] = frozenset()
    more: Callable[[], Mapping[EvidenceType, Image]] | None = None

    @property
    def wants_pictures(self) -> bool:
        """Whether pictures of this change are kept."""
        return self.change.type is ChangeType.OPENED or self.more is not None


class IncidentWriter:
    """Takes sightings, clips and counts from any thread and keeps them in the order they came.

    kind_words: what kinds are called in marked pictures, in the site's language.
    """

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        compose: MessageWriter,
        kind_words: Mapping[str, str] = NO_WORDS,
    ) -> None:
        self._store = store
        self._data_dir = data_dir
        self._compose = compose
        self._kind_words = kind_words
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING_CHANGES)
        self._refused = False
        self._attempt_began_s = float("inf")
        self._give_up_s = float("inf")
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name="incident-writer", daemon=True)

    def start(self) -> None:
        """Begin to write, in a thread of its own."""
        self._thread.start()

    def hurry(self) -> None:
        """Try a store that refuses for STOP_S more and then no longer; for a worker that stops.

        Whoever waits in `put` is free again by then. A store that takes what it is given is not
        hurried: everything is still written.
        """
        self._give_up_s = min(self._give_up_s, monotonic_s() + STOP_S)

    def stop(self) -> None:
        """Write what waits, end the thread and wait for it; bounded as `hurry` says."""
        self.hurry()
        while not self._offer(None) and not self._is_over():
            continue
        while self._thread.is_alive() and not self._is_over():
            self._thread.join(RETRY_S)
        self._thread.join(RETRY_S)
        lost = self._lost + self._work.qsize()
        if lost:
            log.error("changes of incidents or counts were not kept before the stop", count=lost)

    def put(self, sighting: Sighting) -> None:
        """Take a change of an incident; waits while too many wait already."""
        self._submit(lambda: self._keep(sighting))

    def put_clip(self, clip: ClipFile) -> None:
        """Take a finished clip; it becomes evidence of every incident it shows."""
        self._submit(lambda: self._keep_clip(clip))

    def put_proof(
        self,
        incident_id: str,
        change: IncidentChange,
        pictures: Callable[[], Mapping[EvidenceType, Image]],
    ) -> None:
        """Take what another camera saw of an open incident; change: what it saw, as its own."""
        self._submit(lambda: self._keep_proof(incident_id, change, pictures))

    def put_tallies(self, camera: str, tallies: tuple[Tally, ...]) -> None:
        """Take what was counted at a camera; a tally told again takes the place of the older one.

        Waits as `put` does.
        """
        if tallies:
            self._submit(lambda: self._store.counts.put(camera, tallies))

    def interrupt(self, camera: str) -> None:
        """Close what is open of a camera after all that was put before: its watching has ended."""
        self._submit(lambda: self._interrupt(camera))

    def abandon(self, camera: str, rule_type: str) -> None:
        """Close what is open of a camera by rules of one type that are not asked any more."""
        self._submit(
            lambda: self._store.incidents.abandon(camera, rule_type, utc_now(), self._compose)
        )

    def clip_path(self, incident: Incident) -> Path:
        """Return where an incident's clip belongs."""
        return self._folder(incident) / "clip.mp4"

    def _submit(self, task: Callable[[], None]) -> None:
        while not self._is_over():
            if self._offer(task):
                return
        self._lost += 1

    def _offer(self, task: Callable[[], None] | None) -> bool:
        """Put a task in line; return False when there was no room for RETRY_S."""
        try:
            self._work.put(task, timeout=RETRY_S)
        except queue.Full:
            return False
        return True

    def _is_over(self) -> bool:
        """Say whether a store that refuses, or never answers, has been tried for long enough."""
        now_s = monotonic_s()
        stuck = now_s - self._attempt_began_s > STOP_S
        return now_s > self._give_up_s and (self._refused or stuck)

    def _run(self) -> None:
        while (task := self._work.get()) is not None:
            self._insist(task)

    def _insist(self, task: Callable[[], None]) -> None:
        """Do one piece of work until the store takes it, or it is over."""
        while not self._is_over():
            self._attempt_began_s = monotonic_s()
            try:
                task()
            except StorageError as error:
                self._note_refusal(error)
                time.sleep(RETRY_S)
            except Exception:
                log.exception("a change of an incident, or a count, could not be kept")
                return
            else:
                self._note_success()
                return
            finally:
                self._attempt_began_s = float("inf")
        self._lost += 1

    def _note_refusal(self, error: StorageError) -> None:
        if not self._refused:
            log.error("the store refuses an incident; trying on", reason=str(error))
        self._refused = True

    def _note_success(self) -> None:
        if self._refused:
            log.info("the store takes incidents again")
        self._refused = False

    def _keep(self, sighting: Sighting) -> None:
        change, incident = sighting.change, sighting.change.incident
        evidence = self._pictures(sighting) if sighting.wants_pictures else ()
        if self._store.incidents.record(change, sighting.origin, evidence, self._compose) is None:
            return
        telemetry.INCIDENT_CHANGES.labels(incident.camera, incident.rule).inc()
        log.info(
            "incident",
            change=change.type.value,
            incident=incident.id,
            camera=incident.camera,
            rule=incident.rule,
            kind=incident.kind,
        )

    def _pictures(self, sighting: Sighting) -> tuple[Evidence, ...]:
        """Write the pictures of a change."""
        change = sighting.change
        return tuple(
            self._write_picture(change, kind, jpeg)
            for kind, jpeg in _jpegs(sighting, self._kind_words).items()
        )

    def _write_picture(self, change: IncidentChange, kind: EvidenceType, jpeg: bytes) -> Evidence:
        incident = change.incident
        number = "" if change.type is ChangeType.OPENED else f"-{change.sequence}"
        path = self._folder(incident) / f"{kind.value}{number}.jpg"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, jpeg)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error
        digest = hashlib.sha256(jpeg).hexdigest()
        return self._evidence(incident.id, kind, path, digest, len(jpeg))

    def _keep_proof(
        self,
        incident_id: str,
        change: IncidentChange,
        pictures: Callable[[], Mapping[EvidenceType, Image]],
    ) -> None:
        pieces = tuple(
            replace(
                piece,
                id=evidence_id(incident_id, piece.type, piece.sha256),
                incident_id=incident_id,
            )
            for kind, picture in pictures().items()
            for piece in (self._write_picture(change, kind, _jpeg(picture)),)
        )
        try:
            self._store.incidents.add_evidence(incident_id, pieces, change.at, self._compose)
        except NotFoundError:
            log.warning("proof belongs to no incident", incident=incident_id)

    def _interrupt(self, camera: str) -> None:
        self._store.incidents.interrupt(camera, utc_now(), self._compose)

    def _keep_clip(self, clip: ClipFile) -> None:
        for incident in clip.label.incidents:
            piece = self._evidence(incident, EvidenceType.CLIP, clip.path, clip.sha256, clip.bytes)
            at = piece.created_at
            try:
                self._store.incidents.add_evidence(incident, (piece,), at, self._compose)
            except NotFoundError:
                log.warning("a clip belongs to no incident", incident=incident, path=str(clip.path))

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


def _jpegs(sighting: Sighting, kind_words: Mapping[str, str]) -> dict[EvidenceType, bytes]:
    """Return the pictures of a change, coded; none where there are none."""
    try:
        drawn = _drawn(sighting, kind_words)
        return {kind: _jpeg(picture) for kind, picture in drawn.items()}
    except Exception:
        incident = sighting.change.incident
        log.exception("an incident is kept without pictures", incident=incident.id)
        return {}


def _drawn(sighting: Sighting, kind_words: Mapping[str, str]) -> dict[EvidenceType, Image]:
    """Return the raw picture, the marked one, and what there is beside them."""
    drawn: dict[EvidenceType, Image] = {}
    if sighting.take_picture is not None:
        raw = sighting.take_picture()
        marked = draw(
            raw, sighting.tracks, sighting.zones, sighting.highlight, kind_words=kind_words
        )
        drawn = {EvidenceType.RAW: raw, EvidenceType.MARKED: marked}
    return drawn | dict(sighting.more() if sighting.more else {})


def _jpeg(picture: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return encoded.tobytes()

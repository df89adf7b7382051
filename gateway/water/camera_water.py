"""One camera's water in its worker: collects, looks, keeps what was learnt, tells of what changed.

eye, detector ─► Collector ─► Sampler ─► WaterWatch ─► IncidentWriter, with pictures
                                             │  ▲
                              StoredWater ◄──┘  └──► BankFiles
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import cv2
import structlog

from gateway import telemetry
from gateway.clock import utc_now
from gateway.errors import GroundUnseenError, NoPictureError, NotFoundError, StorageError
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.store.stored_incident import NO_MODEL, ModelRef, Origin
from gateway.store.water import Loss, LostStates, StoredWater, WaterMoment
from gateway.water.bank_files import BankFiles
from gateway.water.collector import Collector
from gateway.water.last_look import LastLook
from gateway.water.places import Follower, Places
from gateway.water.proof import Pictures, Proof, ProofPolicy
from gateway.water.teacher import Pupil
from gateway.water_file import WaterPoint
from gateway.worker_water_api import ReferenceFacts, TrainingFacts
from vision.types import ChangeType, Image, IncidentChange
from vision.water.bank import ReferenceBank
from vision.water.conditions import SPECS, basis
from vision.water.lately import LATELY
from vision.water.reference import Reference
from vision.water.sampler import Sampler
from vision.water.state import LOOK_S
from vision.water.types import (
    Passability,
    PlaceType,
    RainState,
    Sample,
    Unseen,
    WaterReading,
    WaterState,
)
from vision.water.votes import WaterVoter
from vision.water.watch import WaterOutcome, WaterWatch

STALE = timedelta(seconds=60)
"""So long without any picture, nothing is known of the water: twice the pause between looks."""
COURSE = timedelta(hours=6)
"""What the curve of an incident shows at most: the rain before it as well."""
LOSS_TOLD = timedelta(days=1)
"""So long states that were lost are told: every light of a place comes round in a day."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WaterDesk:
    """What the waters of one worker share.

    voter_of: gives the network that judges a camera's pictures, the camera's own where it has one;
    None without any. model: how incidents name it. places: who leads at places that are shared.
    """

    store: Store
    writer: IncidentWriter
    data_dir: Path
    version: str
    time_zone: tzinfo = UTC
    voter_of: Callable[[BankFiles], WaterVoter | None] = lambda _files: None
    model: ModelRef = NO_MODEL
    places: Places | None = None


class CameraWater:
    """The water at one camera. `step` is for the round's thread, the rest for any.

    is_turning: says whether the camera is being turned. What an earlier process left open is gone
    on with.
    """

    def __init__(
        self, camera: Camera, point: WaterPoint, desk: WaterDesk, is_turning: Callable[[], bool]
    ) -> None:
        self.camera = camera
        self.collector = Collector()
        self._setup = point.setup
        self._desk = desk
        self._is_turning = is_turning
        self._origin = Origin(camera.ref, desk.model, desk.version)
        self._files = BankFiles(desk.data_dir, camera.id)
        self._policy = ProofPolicy()
        self._follower = Follower(camera, point.place, desk.places or Places(desk.store))
        self._looking = threading.Lock()
        self._sampler = Sampler()
        self._watch: WaterWatch | None = None
        self._head = 0
        self._last: LastLook | None = None
        self._judged: WaterReading | None = None
        self._basis = ""
        self._lost: LostStates | None = None
        self._began_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._ended_at = self._next_at = datetime.min.replace(tzinfo=UTC)
        self._unsaved = self._has_left = False

    def step(self, now: datetime, rain: RainState) -> StoredWater | None:
        """Collect and look where it is time to; return what a look led to, None without one.

        now: UTC; where the clock was set back, the pause is over. Raises StorageError, WaterError.
        """
        with self._looking:
            if self._has_left or self._ended_at <= now < self._next_at:
                return None
            self._begin(now)
            if self._is_turning():
                self._sampler.forget()
                return self._missed(now, Unseen.AWAY, rain)
            sample = self._sample(now)
            if sample is not None:
                return self._looked(now, sample, rain)
            if self._is_stale(now):
                return self._missed(now, Unseen.STALE, rain)
            return None

    def fail(self, now: datetime, rain: RainState) -> StoredWater:
        """Say that `step` failed and nothing is known; it is tried again after a pause.

        Raises StorageError.
        """
        with self._looking:
            self._end(now, LOOK_S)
            stored = replace(self._as_before(now, Unseen.FAULT), rain=rain)
            if self._watch is not None:
                try:
                    stored = self._told(
                        self._watch, self._watch.miss(now, Unseen.FAULT, rain), now, None
                    )
                except Exception:  # what failed before may fail again
                    log.exception("a blindness could not be told", camera=self.camera.id)
            return stored

    def leave(self) -> None:
        """Look no more; a place that this camera told of is the others' then."""
        with self._looking:
            self._has_left = True
            self._follower.leave()

    def only_wet(self) -> Reference:
        """Keep the ground as it was seen last as a state that is only wet, as a person says.

        Raises NoPictureError before the first look, GroundUnseenError, StorageError.
        """
        with self._looking:
            if self._watch is None:
                raise NoPictureError(f"camera {self.camera.id} has not looked at the water yet")
            reference = self._watch.teach_wet()
            if reference is None:
                raise GroundUnseenError(
                    f"camera {self.camera.id} has not seen the ground for "
                    f"{LATELY.total_seconds():.0f} s: say it again once it does, or dismiss the "
                    "case as a false alarm"
                )
            self._files.save(self._watch.bank)
            log.info("a person says: only wet", camera=self.camera.id, reference=reference.id)
            return reference

    def forget_reference(self, reference_id: str) -> None:
        """Drop a state. Raises NotFoundError, StorageError."""
        with self._looking:
            if self._watch is None or not self._watch.bank.forget(reference_id):
                raise self._unknown(reference_id)
            self._files.save(self._watch.bank)

    def reference_jpeg(self, reference_id: str) -> bytes:
        """Return the picture of a state. Raises NotFoundError."""
        for reference in self.references():
            if reference.id == reference_id:
                return cv2.imencode(".jpg", reference.image)[1].tobytes()
        raise self._unknown(reference_id)

    def references(self) -> tuple[Reference, ...]:
        """Return the states learnt so far."""
        with self._looking:
            return self._watch.bank.references if self._watch else ()

    def last_look(self) -> LastLook:
        """Return the last look that had a picture. Raises NoPictureError before the first."""
        if self._last is None:
            raise NoPictureError(f"camera {self.camera.id} has not looked at the water yet")
        return self._last

    def training(self) -> TrainingFacts | None:
        """Return how the camera was last taught, None where it never was. Raises StorageError."""
        return self._files.load_training(utc_now())

    @property
    def is_slope(self) -> bool:
        """Whether it watches ground that may slide, and no water."""
        return self._setup.place is PlaceType.SLOPE

    @property
    def pupil(self) -> Pupil:
        """What is taught when this camera is."""
        return Pupil(self.camera.id, self.camera.water, self._desk.data_dir)

    def _unknown(self, reference_id: str) -> NotFoundError:
        return NotFoundError(f"camera {self.camera.id} knows no state {reference_id}")

    def _begin(self, now: datetime) -> None:
        """Begin to collect, unless that goes on."""
        if self._began_at is None:
            self._began_at = now
            self._heard_at = self._heard_at or now
            self.collector.want(wanted=True)

    def _end(self, now: datetime, look_again_s: float) -> None:
        """Leave off collecting until the next look wants to begin; where nothing came, go on."""
        took = now - (self._began_at or now)
        pause = max(timedelta(), timedelta(seconds=look_again_s) - took)
        self._ended_at, self._next_at, self._began_at = now, now + pause, None
        self.collector.want(wanted=self._is_stale(now))

    def _is_stale(self, now: datetime) -> bool:
        return abs(now - (self._heard_at or now)) >= STALE

    def _sample(self, now: datetime) -> Sample | None:
        """Return the sample that what came by now completes."""
        for glimpse in self.collector.take():
            self._heard_at = now
            image = glimpse.picture.to_bgr()
            sample = self._sampler.add(glimpse.at, image, glimpse.detections)
            if sample is not None:
                return sample
        return None

    def _looked(self, now: datetime, sample: Sample, rain: RainState) -> StoredWater:
        began_s = time.thread_time()
        watch = self._watch_of(sample, now)
        outcome = watch.look(sample, rain)
        telemetry.WATER_LOOKS.labels(self.camera.id).inc()
        telemetry.WATER_SECONDS.inc(time.thread_time() - began_s)
        if outcome.evidence is not None:
            self._judged, self._basis = outcome.reading, basis(outcome.evidence)
        judged = sample.image if outcome.after is None else outcome.after
        self._last = LastLook(self._setup, outcome, judged, watch.text)
        self._keep(watch, learnt=outcome.learnt)
        return self._told(watch, outcome, now, sample.full)

    def _missed(self, now: datetime, why: Unseen, rain: RainState) -> StoredWater:
        watch = self._watch or self._recalled(now)
        if watch is None:
            self._end(now, LOOK_S)
            return replace(self._as_before(now, why), rain=rain)
        return self._told(watch, watch.miss(now, why, rain), now, None)

    def _recalled(self, now: datetime) -> WaterWatch | None:
        """Return the watch as an earlier process left it, before any picture; None without one."""
        bank = self._files.load(now).bank
        return None if bank is None else self._made(bank.shape, now)

    def _as_before(self, now: datetime, why: Unseen) -> StoredWater:
        """Return what was said last, known no more: there is no watch that could tell."""
        fresh = StoredWater(self.camera.id, now, WaterState.NORMAL, None, now)
        last = self._desk.store.water.get(self.camera.id) or fresh
        return replace(
            last,
            updated_at=now,
            passability=None if last.passability is Passability.OPEN else last.passability,
            unseen=why,
            blind_since=last.blind_since or last.updated_at,
            lost=self._lost or last.lost,
        )

    def _told(
        self, watch: WaterWatch, outcome: WaterOutcome, now: datetime, full: Image | None
    ) -> StoredWater:
        """Hand changes to the writer, and return what is known now."""
        self._end(now, outcome.judgement.look_again_s)
        if self._last is None and outcome.judgement.unseen is not None:
            stored = replace(
                self._as_before(now, outcome.judgement.unseen), rain=outcome.judgement.rain
            )
        else:
            stored = self._stored(watch, outcome)
        if outcome.changes:
            moment = WaterMoment(
                stored.updated_at, stored.state, stored.unseen, stored.area_ratio, stored.depth_cm
            )
            course = (*self._desk.store.water.since(self.camera.id, now - COURSE), moment)
            proof = Proof(self._setup, outcome, full, course, self._desk.time_zone)
            for change in outcome.changes:
                self._tell(change, self._policy.wanted(change, proof))
        taken_over = self._follower.take_over()
        if taken_over is not None:
            self._desk.writer.put(Sighting(taken_over, self._origin))
        return stored

    def _tell(self, change: IncidentChange, more: Callable[[], Pictures] | None) -> None:
        """Tell of a change as this camera's own, or as proof of what another has told."""
        was_followed = self._follower.followed is not None
        lead = self._follower.lead_of(change)
        if lead is not None:
            if more is not None:
                self._desk.writer.put_proof(lead, change, more)
            return
        if was_followed and self._follower.followed is not None:
            self._follower.followed = None
            change = replace(change, type=ChangeType.OPENED)
        self._desk.writer.put(Sighting(change, self._origin, more=more))

    def _stored(self, watch: WaterWatch, outcome: WaterOutcome) -> StoredWater:
        judgement, water = outcome.judgement, outcome.judgement.water
        judged = self._judged
        level = judged.level if judged else None
        return StoredWater(
            camera_id=self.camera.id,
            updated_at=judgement.at,
            state=judgement.state,
            passability=judgement.passability,
            since=judgement.since,
            unseen=judgement.unseen,
            blind_since=judgement.blind_since,
            reason=judgement.reason.value,
            area_ratio=round(water.ratio, 4) if water else 0.0,
            ratio_per_h=water.ratio_per_h if water else None,
            depth_cm=water.depth_cm if water else None,
            error_cm=level.error_cm if level else None,
            cm_per_h=water.cm_per_h if water else None,
            level_by=level.by if level else outcome.wading or "",
            rain=judgement.rain,
            reference_count=len(watch.bank.references),
            reference=judged.reference if judged else "",
            basis=self._basis,
            lost=self._lost_lately(judgement.at),
        )

    def _lost_lately(self, now: datetime) -> LostStates | None:
        is_told = self._lost is not None and now - self._lost.at < LOSS_TOLD
        return self._lost if is_told else None

    def _watch_of(self, sample: Sample, now: datetime) -> WaterWatch:
        """Return the watch, made at the first sample.

        It is made anew when pictures change their shape, and when the camera was taught an eye.
        """
        watch = self._watch
        if (
            watch is None
            or watch.bank.shape != sample.shape
            or self._files.head_stamp() != self._head
        ):
            watch = self._made(sample.shape, now)
        return watch

    def _made(self, shape: tuple[int, int], now: datetime) -> WaterWatch:
        """Return a new watch, which goes on with what is known and with what was left open."""
        self._head = self._files.head_stamp()
        bank = self._bank(shape, now)
        voter = self._desk.voter_of(self._files)
        marks = self._files.load_marks(self._setup.marks, now)
        watch = WaterWatch(self._setup, bank, voter, camera=self.camera.id, marks=marks)
        self._files.load_slope(watch.recall_slope, now)
        feet = self._files.load_feet(now) if bank.references else None
        if feet is not None:
            watch.wading.recall(feet)
        watch.adopt(self._desk.store.incidents.left_open(SPECS, self.camera.id))
        self._watch = watch
        return watch

    def _bank(self, shape: tuple[int, int], now: datetime) -> ReferenceBank:
        """Return what is known of the place, and note what was lost of it. Raises StorageError."""
        last = self._desk.store.water.get(self.camera.id)
        before = None if last is None else last.lost
        was_refused = before is not None and before.how is Loss.UNREADABLE
        try:
            kept = self._files.load(now)
        except StorageError:
            self._lost = before if was_refused else LostStates(Loss.UNREADABLE, now)
            raise
        bank, loss = kept.bank, kept.loss
        if bank is not None and bank.shape != shape:
            loss = Loss.RESHAPED if bank.references else None
            bank = None
        elif bank is None and loss is None and last is not None and last.reference_count:
            loss = Loss.MISSING
        if loss is not None:
            self._lost = LostStates(loss, now)
        else:
            self._lost = None if was_refused else before
        return bank or ReferenceBank(shape)

    def _keep(self, watch: WaterWatch, *, learnt: bool) -> None:
        """Keep what was learnt; a disk that refuses is told once, and tried again."""
        if not (learnt or self._unsaved):
            return
        try:
            self._files.save(watch.bank)
            self._files.save_marks(watch.marks)
            self._files.save_slope(watch.slope_bytes())
            self._files.save_feet(watch.wading.dry)
        except StorageError as error:
            if not self._unsaved:
                log.error("a water bank cannot be kept", camera=self.camera.id, reason=str(error))
            self._unsaved = True
        else:
            self._unsaved = False


def facts_of(reference: Reference) -> ReferenceFacts:
    """Return what other processes are told of a state."""
    return ReferenceFacts(
        id=reference.id,
        kind=reference.kind.value,
        infrared=reference.infrared,
        made_at=reference.made_at,
        seen_at=reference.seen_at,
        looks=reference.looks,
        taught=reference.taught,
    )

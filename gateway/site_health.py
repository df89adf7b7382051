"""What is wrong at the site as seen from outside the workers: who gives no picture, and the disk.

Pure but for its memory: the inventory, the states and the time come in, changes of incidents come
out. A camera whose worker is silent or has not dialled yet is neither well nor lost: an incident of
it stays as it is, and none opens. So a restart raises nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from gateway.api.cameras import SILENT_AFTER
from gateway.config import HealthSettings
from gateway.store.camera_states import CameraState
from gateway.store.inventory import SITE_ID, Camera, CameraRef, site_ref
from vision.health import (
    CAMERA_CONNECTION,
    CONNECTION,
    DISK_LOW,
    KINDS_OF_LOSS,
    UNIT_OFFLINE,
    WORKER_SILENT,
    site_specs,
    still_held,
)
from vision.incidents import IncidentBook
from vision.outage import UnitOutages, UnitView
from vision.types import Condition, Incident, IncidentChange, Readings

FIRST_DIAL = timedelta(seconds=180)
"""A camera may wait so long for its first attempt after a start: hundreds are dialled in turn."""
DISK_ENDS = 1.1
"""The disk is well again with so many times the least free space."""
NAMED = 20
"""So many cameras of a unit are named; the count tells of the rest."""
UNIT_SUBJECT = "unit:"
ONLINE, DIALLING = "online", "connecting"


class Standing(Enum):
    """How it stands with a camera at one moment."""

    SEEN = auto()
    LOST = auto()
    UNKNOWN = auto()


def standing(state: CameraState | None, now: datetime) -> Standing:
    """Return how it stands with a camera of which this was reported last."""
    if state is None or now - state.updated_at > SILENT_AFTER:
        return Standing.UNKNOWN
    if state.state == ONLINE:
        return Standing.SEEN
    undialled = state.state == DIALLING and not state.code
    return Standing.UNKNOWN if undialled and now - state.since <= FIRST_DIAL else Standing.LOST


@dataclass(frozen=True, slots=True)
class SiteView:
    """The site at one moment: its enabled cameras, their states by id, the disk's free space."""

    at: datetime
    cameras: tuple[Camera, ...]
    states: Mapping[str, CameraState]
    free_mb: float


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A change of an incident, and what it is about."""

    change: IncidentChange
    about: CameraRef


class SiteHealth:
    """Watches a site; looks come in the order of time, every few seconds.

    name: the site's, for what concerns no single camera.
    """

    def __init__(self, name: str, settings: HealthSettings) -> None:
        self._name = name
        self._settings = settings
        off = frozenset(settings.off)
        self._off = off
        self._specs = tuple(s for s in site_specs(settings.offline_s) if s.id not in off)
        self._wanted = frozenset(spec.id for spec in self._specs)
        self._outages = UnitOutages(settings.unit_share, settings.unit_least)
        self._books: dict[str, IncidentBook] = {SITE_ID: IncidentBook(SITE_ID, self._specs)}

    @property
    def rules(self) -> frozenset[str]:
        """The ids of the rules whose incidents are this watch's own."""
        return self._wanted

    def adopt(self, left_open: Iterable[IncidentChange]) -> None:
        """Go on with what an earlier process left open; for before the first look."""
        by_camera: dict[str, list[IncidentChange]] = {}
        for change in left_open:
            by_camera.setdefault(change.incident.camera, []).append(change)
        for camera, changes in by_camera.items():
            self._book(camera).adopt(changes)
        self._outages.adopt(_units(self._open(SITE_ID)))

    def look(self, view: SiteView) -> list[SiteChange]:
        """Judge the site at one moment; return what changed."""
        standings = {c.id: standing(view.states.get(c.id), view.at) for c in view.cameras}
        cameras = {camera.id: camera for camera in view.cameras}
        units = self._unit_views(cameras, standings)
        out = self._outages.judge(units) if UNIT_OFFLINE in self._wanted else frozenset[str]()
        found = [
            *self._site_conditions(view, standings),
            *self._unit_conditions(view, [unit for unit in units if unit.unit in out]),
        ]
        changes = [
            SiteChange(change, self._site_ref(change.incident))
            for change in self._books[SITE_ID].step(view.at, self._wanted_of(found))
        ]
        held_back = frozenset[str]().union(*(u.lost for u in units if u.unit in out))
        for camera in view.cameras:
            conditions = self._camera_conditions(
                view, camera, standings[camera.id], camera.id in held_back
            )
            book = self._book(camera.id)
            step = book.step(view.at, self._wanted_of(conditions))
            changes += [SiteChange(change, camera.ref) for change in step]
        self._forget(cameras)
        return changes

    def _book(self, camera: str) -> IncidentBook:
        return self._books.setdefault(camera, IncidentBook(camera, self._specs))

    def _open(self, camera: str) -> frozenset[tuple[str, str]]:
        book = self._books.get(camera)
        return book.open_subjects() if book else frozenset()

    def _wanted_of(self, conditions: Iterable[Condition]) -> Iterator[Condition]:
        return (c for c in conditions if c.rule in self._wanted and c.kind not in self._off)

    def _forget(self, cameras: Collection[str]) -> None:
        """Let go of cameras that are no longer watched; whoever took them away ends the rest."""
        keep = {SITE_ID, *cameras}
        self._books = {camera: book for camera, book in self._books.items() if camera in keep}

    def _unit_views(
        self, cameras: Mapping[str, Camera], standings: Mapping[str, Standing]
    ) -> list[UnitView]:
        members: dict[str, set[str]] = {}
        for camera in cameras.values():
            members.setdefault(camera.unit, set()).add(camera.id)
        views = []
        for unit, ids in members.items():
            told = {i for i in ids if (CAMERA_CONNECTION, CONNECTION) in self._open(i)}
            lost = {i for i in ids - told if standings[i] is Standing.LOST}
            unknown = {i for i in ids - told if standings[i] is Standing.UNKNOWN}
            views.append(UnitView(unit, *map(frozenset, (ids, lost, told, unknown))))
        return views

    def _camera_conditions(
        self, view: SiteView, camera: Camera, stands: Standing, held_back: bool
    ) -> Iterator[Condition]:
        """Yield what holds of one camera's connection: nothing, or that it is lost."""
        if stands is Standing.LOST and not held_back:
            state = view.states[camera.id]
            yield Condition(
                CAMERA_CONNECTION,
                CONNECTION,
                KINDS_OF_LOSS.get(state.state, "camera_offline"),
                holds=True,
                score=1.0,
                readings={"state": state.state, "cause": state.detail or state.code},
            )
        elif stands is Standing.UNKNOWN and self._open(camera.id):
            yield still_held(CAMERA_CONNECTION, CONNECTION, view.at - SILENT_AFTER)

    def _unit_conditions(self, view: SiteView, out: Iterable[UnitView]) -> Iterator[Condition]:
        names = {camera.id: camera.name for camera in view.cameras}
        for unit in out:
            subject = UNIT_SUBJECT + unit.unit
            if not unit.lost:
                yield still_held(UNIT_OFFLINE, subject, view.at - SILENT_AFTER)
                continue
            lost = sorted(names[camera] for camera in unit.lost)
            more = ["…"] if len(lost) > NAMED else []
            readings: Readings = {
                "lost": len(lost),
                "cameras": len(unit.cameras),
                "names": "、".join(lost[:NAMED] + more),
            }
            yield Condition(
                UNIT_OFFLINE, subject, UNIT_OFFLINE, holds=True, score=1.0, readings=readings
            )

    def _site_conditions(
        self, view: SiteView, standings: Mapping[str, Standing]
    ) -> Iterator[Condition]:
        silent = [
            camera.id
            for camera in view.cameras
            if (state := view.states.get(camera.id)) is None
            or view.at - state.updated_at > SILENT_AFTER
        ]
        if silent:
            yield Condition(
                WORKER_SILENT,
                "workers",
                WORKER_SILENT,
                holds=True,
                score=1.0,
                readings={"lost": len(silent), "cameras": len(standings)},
            )
        was_low = (DISK_LOW, "disk") in self._open(SITE_ID)
        if view.free_mb < self._settings.disk_free_mb * (DISK_ENDS if was_low else 1.0):
            readings: Readings = {"free_mb": round(view.free_mb)}
            yield Condition(DISK_LOW, "disk", DISK_LOW, holds=True, score=1.0, readings=readings)

    def _site_ref(self, incident: Incident) -> CameraRef:
        unit = incident.subject.removeprefix(UNIT_SUBJECT)
        if unit == incident.subject:
            return site_ref(self._name)
        return site_ref(unit or self._name, unit)


def _units(subjects: Iterable[tuple[str, str]]) -> list[str]:
    return [
        subject.removeprefix(UNIT_SUBJECT) for rule, subject in subjects if rule == UNIT_OFFLINE
    ]

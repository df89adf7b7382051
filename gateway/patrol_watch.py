"""Sees to patrol while `serve` runs: rounds become due and are missed, lapses become incidents.

Cameras that a missed round leaves turned go home.
It also ends the incidents that people found and are done with, as no camera will.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import structlog

from gateway.clock import utc_now
from gateway.dispatch.message import MessageWriter
from gateway.errors import (
    GatewayError,
    StorageError,
    StreamLostError,
    UnreachableError,
    WorkerUnreachableError,
)
from gateway.patrol.lapse import PATROL, ROUND_MISSED, Lapse, lapse_of
from gateway.patrol.round import Route
from gateway.patrol_desk import cameras_turned
from gateway.patrol_file import plan_of
from gateway.store import Store
from gateway.store.inventory import SITE_ID, CameraRef, site_ref
from gateway.store.stored_incident import NO_MODEL, Origin
from vision.incidents import incident_id
from vision.types import ChangeType, Incident, IncidentChange, Severity

LOOK_S = 5.0
"""Between looks; the shortest time of a round is a minute."""
TIDY_EVERY = timedelta(hours=1)
ASK_FOR = timedelta(minutes=30)
"""How long a camera is asked to go home; later somebody may have turned it elsewhere."""
PATROL_RULE = "@patrol"
"""Rule of the incidents; its subject is the route."""

log = structlog.get_logger()

Turn = Callable[[str], Awaitable[None]]
"""Turns a camera, by its id, to its home view; raises GatewayError."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds at a site. zone: of the clock on its walls. keep: how long pictures stay.

    version: of gridpatrol, for what it writes.
    """

    data_dir: Path
    zone: tzinfo
    keep: timedelta
    version: str


class PatrolWatch:
    """Looks after the patrol of one site."""

    def __init__(
        self,
        store: Store,
        terms: Terms,
        compose: MessageWriter,
        turn_home: Turn,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._terms = terms
        self._compose = compose
        self._now = now
        self._turn_home = turn_home
        self._away: dict[str, datetime] = {}
        self._has_caught_up = False
        self._tidied_at: datetime | None = None
        self._refused = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set; a store that refuses is asked again."""
        while not stop.is_set():
            await self.turn_home()
            await asyncio.to_thread(self._try)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def turn_home(self) -> None:
        """Send home the cameras that rounds about to be missed have left at their presets.

        It is done before they end, so that a product that stops in between does it again; a camera
        that cannot be asked is asked again for half an hour. As a product that begins does not know
        who answered, it asks all that rounds left turned in the last half hour.
        """
        now = self._now()
        with suppress(StorageError):
            for camera in await asyncio.to_thread(self._left_turned, now):
                self._away.setdefault(camera, now)
        for camera, since in list(self._away.items()):
            if await self._is_settled(camera) or now - since > ASK_FOR:
                del self._away[camera]

    def _left_turned(self, now: datetime) -> frozenset[str]:
        missed = self._store.patrol.about_to_be_missed(now)
        if not self._has_caught_up:
            missed += self._store.patrol.missed_since(now - ASK_FOR)
            self._has_caught_up = True
        return frozenset[str]().union(*map(cameras_turned, missed))

    async def _is_settled(self, camera: str) -> bool:
        """Send one camera home; return whether there is no sense in asking again."""
        try:
            await self._turn_home(camera)
        except (UnreachableError, StreamLostError, WorkerUnreachableError):
            return False
        except GatewayError as error:
            log.info(
                "a camera does not go home after a missed round", camera=camera, why=str(error)
            )
        return True

    def _try(self) -> None:
        try:
            self.look()
        except StorageError as error:
            if not self._refused:
                log.error("patrol cannot be looked after; trying on", reason=str(error))
            self._refused = True
        else:
            self._refused = False

    def look(self) -> None:
        """Do once what is to be done now. Raises StorageError."""
        now = self._now()
        self._store.patrol.advance(now, self._terms.zone)
        self._store.incidents.settle_findings(now, self._compose)
        self._tell_lapses(now)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidy(now)
            self._tidied_at = now

    def _tell_lapses(self, now: datetime) -> None:
        stored = self._store.patrol.plan()
        routes = () if stored is None else plan_of(stored.body).routes
        told = {one.incident.subject: one for one in self._store.incidents.left_open({PATROL_RULE})}
        for route in routes:
            walked = [one.walked for one in self._store.patrol.undone(route.id)]
            change = next_change(route.id, told.pop(route.id, None), lapse_of(walked, now), now)
            self._record(change, _ref(route))
        for last in told.values():
            gone = next_change(last.incident.subject, last, None, now)
            self._record(gone, site_ref(last.incident.subject))

    def _record(self, change: IncidentChange | None, about: CameraRef) -> None:
        if change is None:
            return
        origin = Origin(about, NO_MODEL, self._terms.version)
        self._store.incidents.record(change, origin, (), self._compose)
        log.info("patrol lapse", route=change.incident.subject, change=change.type.value)

    def _tidy(self, now: datetime) -> None:
        """Delete the pictures of rounds whose time is up; their hashes stay."""
        for name in self._store.patrol.forget_pictures(now - self._terms.keep):
            path = self._terms.data_dir / name
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()


def next_change(
    route: str, last: IncidentChange | None, lapse: Lapse | None, now: datetime
) -> IncidentChange | None:
    """Return what is to be told of a route's lapse, None where all is told. last: what was."""
    if lapse is None:
        return None if last is None else _closing(last, now)
    if last is None:
        return IncidentChange(ChangeType.OPENED, 0, now, _incident(route, lapse, now))
    incident = replace(
        last.incident,
        severity=max(last.incident.severity, lapse.severity, key=tuple(Severity).index),
        readings=_readings(lapse),
        last_seen_at=now,
    )
    if dict(incident.readings) == dict(last.incident.readings):
        return None
    return IncidentChange(ChangeType.UPDATED, last.sequence + 1, now, incident)


def _closing(last: IncidentChange, now: datetime) -> IncidentChange:
    incident = replace(last.incident, last_seen_at=now, closed_at=now)
    return IncidentChange(ChangeType.CLOSED, last.sequence + 1, now, incident)


def _incident(route: str, lapse: Lapse, now: datetime) -> Incident:
    return Incident(
        id=incident_id(SITE_ID, PATROL_RULE, route, lapse.since),
        camera=SITE_ID,
        rule=PATROL_RULE,
        rule_type=PATROL,
        subject=route,
        kind=ROUND_MISSED,
        severity=lapse.severity,
        zone=None,
        opened_at=lapse.since,
        last_seen_at=now,
        closed_at=None,
        readings=_readings(lapse),
    )


def _readings(lapse: Lapse) -> dict[str, int | float | str]:
    return {"standing": lapse.standing.value, "missed": lapse.missed, "rounds": lapse.rounds}


def _ref(route: Route) -> CameraRef:
    return site_ref(route.name, route.unit)

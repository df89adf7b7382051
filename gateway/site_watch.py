"""Watches the site from `serve`: states and disk every few seconds, and tells what is wrong.

What workers cannot tell of themselves is told here: a camera without pictures, a unit that dropped,
workers that are silent, a disk that fills up.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import structlog

from gateway.clock import utc_now
from gateway.dispatch.message import MessageWriter
from gateway.errors import GatewayError
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.site_health import SiteChange, SiteHealth, SiteView
from gateway.store import Store
from gateway.store.inventory import SITE_ID
from gateway.store.stored_incident import NO_MODEL, Origin
from gateway.worker_api import Snapshot
from vision.health import CAMERA_SPECS
from vision.types import ChangeType, Image
from vision.water.conditions import SPECS as WATER_SPECS

LOOK_S = 2.5
"""Between looks; workers tell of changes at once."""
PICTURE_S = 3.0
"""How long the last picture of a lost camera is waited for."""
MB = 1_000_000

TakeSnapshot = Callable[[str, str, int | None], Awaitable[Snapshot]]
"""`WorkerClient.snapshot`: worker's address, camera, width."""

log = structlog.get_logger()


class SiteWatch:
    """Keeps watch over one site, from `run` until it is told to stop.

    One process does so for one store. version: of gridpatrol, for what it writes.
    """

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        health: SiteHealth,
        compose: MessageWriter,
        snapshot: TakeSnapshot,
        version: str,
    ) -> None:
        self._store = store
        self._data_dir = data_dir
        self._health = health
        self._compose = compose
        self._snapshot = snapshot
        self._version = version
        self._writer = IncidentWriter(store, data_dir, compose)
        self._watched: frozenset[str] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until `stop` is set; what is open then stays open."""
        self._writer.start()
        failing = adopted = False
        try:
            while not stop.is_set():
                try:
                    if not adopted:
                        await asyncio.to_thread(self.resume)
                        adopted = True
                    await self.look(utc_now())
                    failing = False
                except Exception:
                    if not failing:
                        log.exception("the site could not be looked at")
                    failing = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_S)
        finally:
            await asyncio.to_thread(self._writer.stop)

    def resume(self) -> None:
        """Go on with the incidents that an earlier watch left open; for before the first look."""
        self._health.adopt(self._store.incidents.left_open(self._health.rules))

    async def look(self, at: datetime) -> list[SiteChange]:
        """Look at the site once, have the changes written, and return them."""
        view = await asyncio.to_thread(self._view, at)
        await asyncio.to_thread(self._give_up, frozenset(c.id for c in view.cameras), at)
        changes = self._health.look(view)
        pictures = await asyncio.gather(*(self._picture(view, change) for change in changes))
        await asyncio.to_thread(self._put, changes, pictures)
        return changes

    def _view(self, at: datetime) -> SiteView:
        return SiteView(
            at=at,
            cameras=tuple(c for c in self._store.inventory.cameras() if c.enabled),
            states=self._store.camera_states.by_camera(),
            free_mb=shutil.disk_usage(self._data_dir).free / MB,
        )

    def _give_up(self, watched: frozenset[str], at: datetime) -> None:
        """End what is open of cameras that were taken away or switched off: health and water.

        Their workers end the rest, and leave these to whoever watches next.
        """
        if self._watched is not None and watched >= self._watched:
            self._watched = watched
            return
        rules = self._health.rules | CAMERA_SPECS.keys() | WATER_SPECS.keys()
        kept = watched | {SITE_ID}
        for camera in {c.incident.camera for c in self._store.incidents.left_open(rules)} - kept:
            self._store.incidents.give_up(camera, at, self._compose)
        self._watched = watched

    async def _picture(self, view: SiteView, change: SiteChange) -> Image | None:
        """Return the last picture the worker has of a lost camera, None where it has none."""
        state = view.states.get(change.about.id)
        opened = change.change.type is ChangeType.OPENED
        if not opened or state is None or state.worker_url is None:
            return None
        try:
            async with asyncio.timeout(PICTURE_S):
                snapshot = await self._snapshot(state.worker_url, change.about.id, None)
        except (GatewayError, TimeoutError):
            return None
        return _decode(snapshot.jpeg)

    def _put(self, changes: Collection[SiteChange], pictures: Iterable[Image | None]) -> None:
        for change, picture in zip(changes, pictures, strict=True):
            origin = Origin(change.about, NO_MODEL, self._version)
            take = None if picture is None else _give(picture)
            self._writer.put(Sighting(change.change, origin, take))


def _decode(jpeg: bytes) -> Image | None:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(image, np.uint8)


def _give(picture: Image) -> Callable[[], Image]:
    return lambda: picture

"""Asks the waters of a worker to look, on one thread: a look costs tens of milliseconds."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.water import StoredWater
from gateway.water.camera_water import CameraWater
from gateway.water.rain_gauge import RainGauge
from vision.water.types import RainState

ROUND_S = 1.0

log = structlog.get_logger()


class WaterRound:
    """Goes round the cameras that watch water, from `start` to `stop`.

    waters: those at work now. One camera's surprise is logged, once until it is over, and blinds no
    other.
    """

    def __init__(self, store: Store, waters: Callable[[], Iterable[CameraWater]]) -> None:
        self._store = store
        self._waters = waters
        self._gauge = RainGauge(store.rain)
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="water", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def step(self, now: datetime) -> tuple[StoredWater, ...]:
        """Go round once; keep and return what the looks led to. Raises StorageError."""
        looks = []
        for water in self._waters():
            if self._stopping.is_set():
                break
            look = self._step(water, now)
            if look is not None:
                looks.append(look)
        self._store.water.put(looks)
        return tuple(looks)

    def _step(self, water: CameraWater, now: datetime) -> StoredWater | None:
        camera, rain = water.camera.id, RainState.UNKNOWN
        try:
            rain = self._gauge.at(water.camera, now)
            look = water.step(now, rain)
        except Exception:  # one camera's surprise must not blind the others
            if camera not in self._failing:
                log.exception("a camera's water could not be judged", camera=camera)
            self._failing.add(camera)
            return self._failed(water, now, rain)
        if look is not None:
            self._failing.discard(camera)
        return look

    @staticmethod
    def _failed(water: CameraWater, now: datetime, rain: RainState) -> StoredWater | None:
        """Return what is said of water that could not be judged; None while the store refuses."""
        try:
            return water.fail(now, rain)
        except StorageError:
            return None

    def _run(self) -> None:
        refused = False
        while not self._stopping.wait(ROUND_S):
            try:
                self.step(utc_now())
            except StorageError as error:
                if not refused:
                    log.error("the states of the water cannot be kept", reason=str(error))
                refused = True
            else:
                refused = False

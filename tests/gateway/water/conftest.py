"""A street that goes under water, as a camera would show it, on a clock of its own."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gateway.decode import Picture, PictureScaler
from gateway.dispatch.message import MessageWriter
from gateway.incident_writer import IncidentWriter
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.store.water import StoredWater
from gateway.water.camera_water import CameraWater, WaterDesk
from gateway.water.places import Places
from gateway.water.round import WaterRound
from gateway.water_file import point_of
from vision.water.types import RainState

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360
SETUP = """{"type": "%s", "place": "%s",
  "zones": [{"id": "low", "polygon": [[0.05, 0.55], [0.95, 0.55], [0.98, 1], [0.02, 1]]}],
  "lines": {"watch_s": 10, "yellow_s": 10, "red_s": 10, "clear_s": 30}}"""
"""Waits so short that a flood takes a minute."""


def street(level: float = 0.0) -> np.ndarray:
    """Return a picture of a street with houses; level: share of the road under smooth water."""
    rng = np.random.default_rng(7)
    picture = np.full((HEIGHT, WIDTH, 3), (200, 190, 180), np.uint8)
    for number in range(8):
        left = number * 80
        shade = tuple(int(value) for value in rng.integers(60, 200, 3))
        top = int(rng.integers(20, 90))
        cv2.rectangle(picture, (left, top), (left + 74, 190), shade, cv2.FILLED)
        for row in range(top + 12, 170, 26):
            cv2.rectangle(picture, (left + 12, row), (left + 28, row + 14), (40, 40, 50), -1)
            cv2.rectangle(picture, (left + 44, row), (left + 60, row + 14), (40, 40, 50), -1)
    road = rng.integers(70, 150, (HEIGHT - 190, WIDTH, 1), np.uint8).repeat(3, axis=2)
    picture[190:] = cv2.GaussianBlur(road, (0, 0), 1.2)
    for left in range(30, WIDTH, 90):
        cv2.line(picture, (left, 200), (left - 40, 359), (230, 230, 230), 3)
    top = round(HEIGHT - level * (HEIGHT - 190))
    if level > 0:
        mirror = cv2.flip(picture[2 * top - HEIGHT : top], 0) if 2 * top >= HEIGHT else None
        water = np.full((HEIGHT - top, WIDTH, 3), (120, 135, 140), np.uint8)
        if mirror is not None:
            water = cv2.addWeighted(water, 0.75, cv2.GaussianBlur(mirror, (0, 0), 6), 0.25, 0)
        picture[top:] = water
    return picture


def grain() -> np.ndarray:
    """Return a sensor's noise."""
    return np.random.default_rng(3).integers(0, 6, (HEIGHT, WIDTH), np.uint8)


@dataclass
class Clock:
    """The time of the street's camera."""

    now: datetime = NOW

    def pass_by(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass
class StreetCamera:
    """A camera at the street, its water, and who looks at it once a second.

    round: who asks it to; None: the test itself, with the rain it says.
    """

    water: CameraWater
    clock: Clock
    rain: RainState = RainState.UNKNOWN
    turning: bool = False
    round: WaterRound | None = None
    looks: list[StoredWater] = field(default_factory=list)
    scaler: PictureScaler = field(default_factory=PictureScaler)
    noise: np.ndarray = field(default_factory=grain)
    _shown: int = 0

    street = staticmethod(street)

    def show(self, scene: np.ndarray | None, seconds: float, *, every_s: float = 0.5) -> None:
        """Let the camera see a scene for a while, or nothing."""
        end = self.clock.now + timedelta(seconds=seconds)
        shown_at = self.clock.now
        while self.clock.now < end:
            now = self.clock.pass_by(0.5)
            if (
                scene is not None
                and self.water.collector.wanted
                and (now - shown_at).total_seconds() >= every_s
            ):
                shown_at = now
                self.water.collector.see(self._picture(scene, now), now)
            if now.microsecond == 0:
                self.looks += self._looked(now)

    def _looked(self, now: datetime) -> tuple[StoredWater, ...]:
        if self.round is not None:
            return self.round.step(now)
        look = self.water.step(now, self.rain)
        return (look,) if look else ()

    def _picture(self, scene: np.ndarray, at: datetime) -> Picture:
        """Return a picture of a scene with a sensor's noise, of which there are a few kinds."""
        self._shown += 1
        noisy = np.roll(self.noise, 97 * self._shown, axis=(0, 1))[:HEIGHT, :WIDTH, None]
        frame = av.VideoFrame.from_ndarray(cv2.add(scene, noisy.repeat(3, axis=2)), "bgr24")
        return Picture(frame.reformat(format="yuv420p"), at, self.scaler)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Return what waits until something holds; what is told is written by another thread."""

    def wait(condition: Callable[[], object], patience_s: float = 30.0) -> None:
        deadline = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait


@pytest.fixture
def writer(store: Store, tmp_path: Path):
    writer = IncidentWriter(store, tmp_path, MessageWriter("dongshan"))
    writer.start()
    yield writer
    writer.stop()


@pytest.fixture
def street_camera(store: Store, tmp_path: Path, writer) -> Callable[..., StreetCamera]:
    """Return a maker of cameras at the street; the same id is the same camera, restarted.

    worker: cameras of one worker know of each other at once, of others by the store.
    """

    workers: defaultdict[int, Places] = defaultdict(lambda: Places(store))

    def make(
        camera_id: str = "gate",
        place: str = "",
        clock: Clock | None = None,
        worker: int = 0,
        kind: str = "road",
    ) -> StreetCamera:
        camera = Camera(camera_id, camera_id, water=SETUP % (kind, place))
        if camera_id not in {one.id for one in store.inventory.cameras()}:
            store.inventory.add(camera)
        made: list[StreetCamera] = []
        desk = WaterDesk(store, writer, tmp_path, "0.1.0", places=workers[worker])
        point = point_of(camera.water)
        water = CameraWater(camera, point, desk, lambda: made[0].turning)
        made.append(StreetCamera(water, clock or Clock()))
        return made[0]

    return make

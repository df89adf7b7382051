"""Who is on the ground in the water benchmark: the people of the films, and a real van.

The van is cut out of vtest.avi, where it stands parked, and put on other ground at the size it has
there, in several colours. Nothing tells the detector about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np

from benchmarks.footage import pictures
from benchmarks.water_places import FILM_STEP, FOCAL, SHAPE, Colour, Place, passers
from benchmarks.water_surface import Surface
from vision.types import Image
from vision.water.types import Map

VAN = ((653, 80), (658, 48), (662, 45), (685, 44), (710, 46), (714, 55), (717, 63), (722, 67),
       (722, 83), (720, 90), (707, 91), (700, 100), (695, 100), (692, 90), (655, 88))  # fmt: skip
"""Its outline in vtest.avi, pixels."""
VAN_M = 2.3
"""Its height."""
FILM_S = 10.0
"""Pictures a second of vtest.avi; the car park's film is taken at the same step."""
PAINTS = ((1.0, 1.0, 1.0), (0.5, 0.5, 0.52), (0.35, 0.4, 0.75), (0.75, 0.55, 0.4), (0.28, 0.3, 0.3))

Patch: TypeAlias = tuple[Colour, Map]
"""A picture and its opacity, 0-1."""


@cache
def _van() -> Patch:
    """Return the van with its colours, and its opacity."""
    film = [p for n, p in enumerate(pictures("vtest")) if n % 60 == 0]
    empty: Image = np.asarray(np.median(np.stack(film), axis=0), np.uint8)
    outline = np.array(VAN, np.int32)
    left, top, width, height = cv2.boundingRect(outline)
    opacity = np.zeros((height, width), np.uint8)
    cv2.fillPoly(opacity, [outline - (left, top)], 255)
    soft = cv2.GaussianBlur(opacity, (3, 3), 0).astype(np.float32) / np.float32(255)
    return empty[top : top + height, left : left + width].astype(np.float32), soft


def put_van(picture: Colour, place: Place, foot: tuple[float, float], paint: int) -> None:
    """Draw the van with the middle of its foot at a point, 0-1; what stands before it hides it."""
    x, y = foot
    metres = float(place.floor.ahead_m[min(SHAPE[0] - 1, int(y * SHAPE[0])), SHAPE[1] // 2])
    tall = round(VAN_M * FOCAL * SHAPE[0] / metres)
    colours, opacity = _van()
    wide = max(4, tall * opacity.shape[1] // opacity.shape[0])
    size = (wide, max(4, tall))
    tint = np.array(PAINTS[paint % len(PAINTS)], np.float32)
    body = cv2.resize(colours, size, interpolation=cv2.INTER_LINEAR) * tint
    cover = cv2.resize(opacity, size, interpolation=cv2.INTER_LINEAR)
    left, top = round(x * SHAPE[1] - wide / 2), round(y * SHAPE[0]) - size[1]
    _shadow(picture, (left + wide // 2, top + size[1]), wide)
    rows = slice(max(0, top), min(SHAPE[0], top + size[1]))
    columns = slice(max(0, left), min(SHAPE[1], left + wide))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inner = (slice(rows.start - top, rows.stop - top),
             slice(columns.start - left, columns.stop - left))  # fmt: skip
    share = (cover[inner] * ~place.hidden[rows, columns])[..., None]
    picture[rows, columns] = picture[rows, columns] * (1 - share) + body[inner] * share


def _shadow(picture: Colour, foot: tuple[int, int], wide: int) -> None:
    """Darken the ground under a vehicle."""
    layer = np.ones(SHAPE, np.float32)
    cv2.ellipse(layer, foot, (wide // 2, max(2, wide // 8)), 0, 0, 360, 0.45, cv2.FILLED)
    picture *= cv2.GaussianBlur(layer, (0, 0), 3)[..., None]


@dataclass(frozen=True, slots=True)
class People:
    """Those of the place's own film, in a loop; nobody where it is a still."""

    place: Place
    offset: int = 0

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture with those who are there at a moment."""
        film = passers(self.place)
        if not film:
            return picture
        one = film[(int(at_s * FILM_S) // FILM_STEP + self.offset) % len(film)]
        solid = (one.opacity.astype(np.float32) / 255)[..., None]
        shade = (one.shade.astype(np.float32) / 255)[..., None]
        darker = (one.picture + 4.0) / (self.place.picture + np.float32(4.0))
        shaded = picture * (1 - shade + shade * np.minimum(darker, 1.1))
        return np.asarray(shaded * (1 - solid) + one.picture * solid, np.float32)


@dataclass(frozen=True, slots=True)
class Jam:
    """Vans that stand on the zone from start_s to end_s and creep a length each four minutes."""

    place: Place
    seed: int
    start_s: float = 600.0
    end_s: float = 2400.0
    count: int = 4

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture with the vans as they stand at a moment."""
        if not self.start_s <= at_s < self.end_s:
            return picture
        jammed = picture.copy()
        for number, foot in enumerate(sorted(self._feet(at_s), key=lambda one: one[1])):
            put_van(jammed, self.place, foot, number + self.seed)
        return jammed

    def _feet(self, at_s: float) -> Iterator[tuple[float, float]]:
        random = np.random.default_rng([31, self.seed])
        rows, columns = np.nonzero(self.place.zone_mask)
        crept = 0.03 * int((at_s - self.start_s) // 240.0)
        for chosen in random.integers(0, len(rows), self.count):
            x = columns[chosen] / SHAPE[1] + crept
            yield float(x % 1.0), float(rows[chosen] / SHAPE[0])


@dataclass(frozen=True, slots=True)
class Through:
    """A van each `every_s` seconds across the zone, in eight, with a wake where there is water."""

    place: Place
    surface: Surface | None
    seed: int
    every_s: float = 45.0

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture with the van of a moment, when one is there."""
        number, since = divmod(at_s + 7.0 * self.seed, self.every_s)
        if since > 8.0:
            return picture
        driven = picture.copy()
        x = 1.15 - 1.3 * since / 8.0
        y = float(np.clip(self.place.lowest[1] + 0.06 * np.sin(number), 0.1, 0.99))
        if self.surface is not None:
            self._wake(driven, (x, y))
        put_van(driven, self.place, (x, y), int(number))
        return driven

    def _wake(self, picture: Colour, foot: tuple[float, float]) -> None:
        """Draw foam and waves behind the van."""
        x, y = int(foot[0] * SHAPE[1]), int(foot[1] * SHAPE[0])
        layer = np.zeros(SHAPE, np.float32)
        for step in range(1, 7):
            spread = 4 + 5 * step
            middle = (x + 22 * step, y)
            cv2.ellipse(layer, middle, (12, spread), 0, 60, 300, 60.0 / step, 2, cv2.LINE_AA)
        cv2.ellipse(layer, (x, y), (40, 8), 0, 0, 360, 70.0, cv2.FILLED)
        picture += cv2.GaussianBlur(layer, (5, 5), 0)[..., None]

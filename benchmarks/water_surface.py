"""Water over the ground of a place, as its camera would show it: the benchmark's own rendering.

It shares neither code nor numbers with what the shipped network was trained on. A plane of water at
a level, mirror image by Schlick's approximation of Fresnel, ripples as travelling waves in metres
over the ground, turbidity by Beer and Lambert, rafts of debris that drift, wakes behind vehicles.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from benchmarks.water_places import FOCAL, SHAPE, Colour, Floor, Place, filled, unevenness
from vision.geometry import Polygon
from vision.water.types import Map, Mask

Window: TypeAlias = tuple[slice, slice]

FOCAL_PX = round(FOCAL * SHAPE[0])
"""Focal length in pixels: a slope of one moves a mirror image by twice as much."""
EDGE_CM = 0.7
"""Over so much depth the water's edge becomes opaque."""
WAVES = 7
GLINT = 55.0
"""Grey levels by which a slope of 0.1 towards the light is brighter, where all is mirrored."""
SKY_ROWS = 12
"""Rows of the picture's top whose mean stands for what is mirrored from above it."""


@dataclass(frozen=True, slots=True)
class Water:
    """What the water of one event is like.

    tint: BGR, 0-255. clear_cm: depth at which the ground shows with a third of its contrast.
    slope: root mean square of the ripples' slope. wave_m: the longest wave. debris: rafts.
    """

    tint: tuple[float, float, float]
    clear_cm: float
    slope: float
    wave_m: float
    debris: int
    seed: int


def some_water(random: np.random.Generator, seed: int) -> Water:
    """Return water of a kind met on streets: brown, grey or greenish, calm or rough."""
    tints = ((72.0, 104.0, 122.0), (96.0, 104.0, 104.0), (74.0, 98.0, 92.0), (58.0, 88.0, 112.0))
    return Water(
        tint=tints[int(random.integers(len(tints)))],
        clear_cm=float(random.uniform(2.0, 9.0)),
        slope=float(random.uniform(0.012, 0.06)),
        wave_m=float(random.uniform(0.35, 1.4)),
        debris=int(random.integers(0, 9)),
        seed=seed,
    )


class Surface:
    """One event's water over one place."""

    def __init__(self, place: Place, water: Water) -> None:
        self._floor: Floor = place.floor
        self._hidden = place.hidden
        self._water = water
        random = np.random.default_rng([11, water.seed])
        self._waves = [_Wave.of(self._floor, water, random) for _ in range(WAVES)]
        self._rafts = random.uniform(0, 1, (water.debris, 4))
        self._columns, self._rows = np.meshgrid(
            np.arange(SHAPE[1], dtype=np.float32), np.arange(SHAPE[0], dtype=np.float32)
        )
        self._upright = _upright(place)
        self._streaks = unevenness(self._floor.across_m, self._floor.ahead_m, seed=water.seed)

    def flooded(self, level_cm: float) -> Mask:
        """Return what lies under water of a level, `SHAPE`."""
        return np.asarray((self._floor.height_cm < level_cm) & ~self._hidden, np.bool_)

    def over(self, picture: Colour, level_cm: float, at_s: float) -> Colour:
        """Return the picture with water of a level in it, at a moment."""
        mask = self.flooded(level_cm)
        if not mask.any():
            return picture
        part = _window(mask)
        depth = np.maximum(np.float32(level_cm) - self._floor.height_cm[part], 0.0)
        toward, aside = self._slopes(part, at_s)
        under = self._seen_through(picture, part, depth)
        mirrored = self._mirror(picture, part, (toward, aside))
        fresnel = self._floor.fresnel[part]
        share = np.clip(fresnel * (1.0 + 9.0 * toward), 0.0, 1.0)[..., None]
        shown = under * (1.0 - share) + mirrored * share
        shown += (GLINT * 10.0 * toward * (0.25 + fresnel))[..., None]
        whole = picture.copy()
        opaque = cv2.GaussianBlur(np.clip(depth / EDGE_CM, 0, 1) * mask[part], (3, 3), 0)[..., None]
        whole[part] = picture[part] * (1.0 - opaque) + shown * opaque
        self._draw_rafts(whole, mask, at_s)
        return whole

    def strip(self, picture: Colour, polygon: Polygon, at_s: float) -> Colour:
        """Return the picture with deep water in a polygon: a river, at a moment."""
        mask = filled(polygon)
        part = _window(mask)
        toward, aside = self._slopes(part, at_s)
        deep = np.full(mask[part].shape, 100.0, np.float32)
        under = self._seen_through(picture, part, deep)
        mirrored = self._mirror(picture, part, (toward, aside))
        share = np.clip(0.4 * (1.0 + 9.0 * toward), 0.0, 1.0)[..., None]
        whole = picture.copy()
        soft = cv2.GaussianBlur(mask[part].astype(np.float32), (3, 3), 0)[..., None]
        shown = under * (1.0 - share) + mirrored * share
        whole[part] = picture[part] * (1.0 - soft) + shown * soft
        return whole

    def _seen_through(self, picture: Colour, part: Window, depth: Map) -> Colour:
        """Return the ground and what floats in the water above it."""
        clear = np.exp(-depth / np.float32(self._water.clear_cm))[..., None]
        light = float(picture[::8, ::8].mean()) / 110.0
        tint = np.array(self._water.tint, np.float32) * np.float32(light)
        body = tint * (1.0 + 0.04 * self._streaks[part])[..., None]
        return np.asarray(picture[part] * 0.8 * clear + body * (1.0 - clear), np.float32)

    def _mirror(self, picture: Colour, part: Window, leaning: tuple[Map, Map]) -> Colour:
        """Return what the water mirrors: what stands beyond the ground upside down, and the sky."""
        toward, aside = leaning
        rows = (
            2.0 * self._upright[:, part[1]] - self._rows[part] - toward * np.float32(2 * FOCAL_PX)
        )
        columns = self._columns[part] + aside * np.float32(FOCAL_PX)
        seen = cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        sky = picture[:SKY_ROWS].mean(axis=(0, 1))
        beyond = np.clip(-rows / 40.0, 0.0, 1.0)[..., None]
        return np.asarray(seen * (1.0 - beyond) + sky * beyond, np.float32)

    def _slopes(self, part: Window, at_s: float) -> tuple[Map, Map]:
        """Return how the surface leans towards the camera and aside at a moment."""
        shape = self._rows[part].shape
        toward, aside = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for wave in self._waves:
            leaning = wave.at(part, at_s)
            toward += wave.ahead * leaning
            aside += wave.across * leaning
        return toward, aside

    def _draw_rafts(self, shown: Colour, mask: Mask, at_s: float) -> None:
        """Draw leaves, foam and bags that drift across."""
        for x, y, size, shade in self._rafts:
            column = int(((x + 0.0011 * at_s * (0.5 + size)) % 1.0) * (SHAPE[1] - 1))
            row = int(((y + 0.0002 * at_s) % 1.0) * (SHAPE[0] - 1))
            if not mask[row, column]:
                continue
            metre = 1.0 / float(self._floor.pixel_m[row, column])
            radii = (max(1, int((0.05 + 0.3 * size) * metre)), max(1, int(0.08 * metre)))
            colour = (150.0, 170.0, 170.0) if shade > 0.6 else (25.0, 50.0, 55.0)
            cv2.ellipse(shown, (column, row), radii, 0.0, 0.0, 360.0, colour, cv2.FILLED)


def _upright(place: Place) -> Map:
    """Return the row of each column, (1, width), from which things stand upright: ground ends."""
    ground = filled(place.ground)
    horizon = np.float32(max(0.0, place.camera.horizon) * SHAPE[0])
    ends = np.where(ground.any(axis=0), ground.argmax(axis=0), horizon).astype(np.float32)
    return np.asarray(cv2.blur(ends[None], (31, 1)), np.float32)


def _window(mask: Mask) -> Window:
    """Return the rows and columns that a mask spans."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


class _Wave:
    """One train of waves. across, ahead: its direction."""

    def __init__(self, floor: Floor, way: tuple[float, float], length_m: float, rms: float) -> None:
        self.across, self.ahead = way
        along = floor.across_m * np.float32(way[0]) + floor.ahead_m * np.float32(way[1])
        self._phase = along * np.float32(2 * np.pi / length_m)
        # A wave smaller than two pixels averages out in each of them.
        resolved = np.exp(-((2.0 * floor.pixel_m / length_m) ** 2))
        self._height = np.asarray(resolved * np.float32(rms * np.sqrt(2)), np.float32)
        self._turns = float(np.sqrt(9.81 * 2 * np.pi / length_m))

    @classmethod
    def of(cls, floor: Floor, water: Water, random: np.random.Generator) -> "_Wave":
        angle = float(random.normal(0.6, 0.7))
        length_m = water.wave_m * float(random.uniform(0.12, 1.0))
        way = (float(np.cos(angle)), float(np.sin(angle)))
        return cls(floor, way, length_m, water.slope / WAVES**0.5)

    def at(self, part: Window, at_s: float) -> Map:
        """Return its slope in a window; deep-water waves: g k = w squared."""
        moved = self._phase[part] - np.float32((self._turns * at_s) % (2 * np.pi))
        return np.asarray(self._height[part] * np.sin(moved), np.float32)

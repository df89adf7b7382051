"""What troubles a camera that looks at ground without water: each a layer of the benchmark's hours.

A layer is a function of a picture and the seconds since its hour began. Those of the ground come
before what drives and walks there; those of the light, the air and the lens come after.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np

from benchmarks.water_places import SHAPE, Colour, Place, filled, unevenness
from benchmarks.weather import noise
from vision.types import Image
from vision.water.types import Map

Layer: TypeAlias = Callable[[Colour, float], Colour]
CLOCK_START = datetime(2026, 6, 18, tzinfo=UTC)
"""What the clock on the picture says when an hour begins."""
WET_STEP = 0.01
"""Ground that is so little wetter looks the same."""
GLOW = (1.06, 1.0, 0.92)
"""BGR by which light is bluer under a grey sky."""


def ramp(at_s: float, start_s: float, end_s: float) -> float:
    """Return 0 before a span of time, 1 after it, and evenly between."""
    return min(1.0, max(0.0, (at_s - start_s) / (end_s - start_s)))


@dataclass(slots=True)
class Wet:
    """Asphalt that gets wet and dries again: darker, a dull mirror, in patches.

    start_s, full_s: when rain begins and when all is wet. dry_s: when it begins to dry, in twenty
    minutes. It is the lowest layer of its hour: what it made is kept until it is wetter.
    """

    place: Place
    seed: int
    start_s: float = 300.0
    full_s: float = 900.0
    dry_s: float = math.inf
    _made: tuple[float, Colour] | None = field(default=None, repr=False)

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the ground as wet as it is by then."""
        wet = ramp(at_s, self.start_s, self.full_s)
        wet *= 1.0 - (0.0 if math.isinf(self.dry_s) else ramp(at_s, self.dry_s, self.dry_s + 1200))
        if wet <= 0.0:
            return picture
        if self._made is None or abs(wet - self._made[0]) > WET_STEP:
            self._made = (wet, self._wetted(picture, wet))
        return self._made[1]

    def _wetted(self, picture: Colour, wet: float) -> Colour:
        """Return the ground so wet, 0-1."""
        ground, patches, fresnel = _ground(self.place, self.seed)
        depth = ground * np.clip(3.0 * wet - 0.6 + 0.3 * patches, 0.0, 1.0)
        height = picture.shape[0]
        upside = cv2.resize(cv2.flip(picture, 0), (SHAPE[1] // 4, height // 4))
        dull = cv2.resize(cv2.GaussianBlur(upside, (0, 0), 2, sigmaY=9), SHAPE[::-1])
        share = (depth * (0.1 + 0.5 * fresnel))[..., None]
        darker = picture * (1.0 - 0.42 * depth)[..., None]
        return np.asarray(darker * (1 - share) + dull * share, np.float32)


@cache
def _ground(place: Place, seed: int) -> tuple[Map, Map, Map]:
    """Return where the ground is, 0-1, how unevenly it takes up water, and what it mirrors."""
    floor = place.floor
    open_ground = (filled(place.ground) & ~place.hidden).astype(np.float32)
    patches = unevenness(floor.across_m, floor.ahead_m, seed)
    return np.asarray(cv2.GaussianBlur(open_ground, (5, 5), 0), np.float32), patches, floor.fresnel


@dataclass(slots=True)
class SunShadows:
    """Low sun, and shadows of a house and a tree that wander over the ground within the hour.

    seed: of the house and the tree; a place keeps its own. from_s: how far into its day the hour
    begins.
    """

    seed: int
    from_s: float = 0.0
    depth: float = 0.55

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the ground with its shadows at a moment."""
        random = np.random.default_rng([21, self.seed])
        angle, start = random.uniform(-0.7, 0.7), random.uniform(-0.3, 0.4)
        hours = (self.from_s + at_s) / 3600.0
        shade = _bar(start + 0.6 * hours, angle, float(random.uniform(0.12, 0.3)))
        crown = _crown(self.seed, start + 0.5 + 0.5 * hours, at_s)
        lit = 1.12 * (1.0 - self.depth * np.maximum(shade, crown))
        return np.asarray(picture * lit[..., None], np.float32)


def _bar(middle: float, angle: float, half: float) -> Map:
    """Return the shadow of a house: a leaning band, sharp-edged, 0-1."""
    rows, columns = np.mgrid[0 : 1 : SHAPE[0] * 1j, 0 : 1 : SHAPE[1] * 1j].astype(np.float32)
    away = np.abs(columns + np.float32(angle) * (rows - 0.5) - np.float32(middle)) - np.float32(
        half
    )
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(away * 250.0, -60, 60))), np.float32)


def _crown(seed: int, middle: float, at_s: float) -> Map:
    """Return the dappled, swaying shadow of a tree, 0-1: gaps in the leaves show a blurred sun."""
    sway = 4.0 * math.sin(1.7 * at_s) + 2.0 * math.sin(4.1 * at_s)
    shift = np.array([[1, 0, sway], [0, 1, 0.4 * sway]], np.float32)
    mode = cv2.BORDER_REFLECT
    dapple = cv2.warpAffine(_leaves(seed), shift, SHAPE[::-1], borderMode=mode)
    rows, columns = np.mgrid[0 : 1 : SHAPE[0] * 1j, 0 : 1 : SHAPE[1] * 1j].astype(np.float32)
    away = np.hypot(columns - np.float32(middle), 0.8 * (rows - 0.55))
    dense = 1.0 / (1.0 + np.exp(np.clip((away - 0.2) * 30.0, -60, 60)))
    return np.asarray(dense * np.clip(0.75 + 0.45 * dapple, 0.0, 1.0), np.float32)


@cache
def _leaves(seed: int) -> Map:
    """Return gaps and clusters of leaves, about nought, of a fiftieth and a twentieth across."""
    random = np.random.default_rng([22, seed])
    total = np.zeros(SHAPE, np.float32)
    for cell in (9, 22):
        some = random.standard_normal((SHAPE[0] // cell, SHAPE[1] // cell), np.float32)
        total += cv2.resize(some, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(total, (0, 0), 2.0), np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness of the day: clouds drift before the sun. depth: how much darker at most, 0-1."""

    seed: int
    depth: float = 0.25

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture by the light of a moment."""
        phase = 0.9 * self.seed
        cloud = 0.5 + 0.5 * math.sin(at_s / 310.0 + phase) * math.cos(at_s / 97.0 + 2 * phase)
        bluer = 1.0 + (np.array(GLOW, np.float32) - 1.0) * np.float32(cloud)
        return np.asarray(picture * bluer * np.float32(1.0 - self.depth * cloud), np.float32)


@dataclass(frozen=True, slots=True)
class Infrared:
    """The camera's own lamp, from start_s to end_s: no colour, brightest in the middle."""

    start_s: float = 0.0
    end_s: float = math.inf

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture as the sensor shows it then."""
        if not self.start_s <= at_s < self.end_s:
            return picture
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        seen = luma * _lamp() + 2.0 * noise(np.zeros_like(luma), at_s)
        return np.asarray(np.repeat(seen[..., None], 3, axis=2), np.float32)


@cache
def _lamp() -> Map:
    rows, columns = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j].astype(np.float32)
    return np.asarray(0.22 + 0.6 * np.exp(-1.1 * (columns**2 + (rows - 0.2) ** 2)), np.float32)


@dataclass(frozen=True, slots=True)
class Headlights:
    """Cars out of sight whose beams sweep over the ground, each eleven seconds, some standing."""

    wet: bool = True

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return night with the beams of a moment; on wet ground they are long streaks."""
        night = picture * np.float32(0.36)
        rows, columns = np.mgrid[0 : 1 : SHAPE[0] * 1j, 0 : 1 : SHAPE[1] * 1j].astype(np.float32)
        near = (at_s % 11.0) / 11.0 if at_s % 240.0 < 150.0 else 0.55
        x, y = 1.2 - 1.1 * near, 0.45 + 0.3 * near
        wide, deep = (0.05, 0.4) if self.wet else (0.16, 0.14)
        beam = np.exp(-(((columns - x) / wide) ** 2) - ((rows - y - 0.1) / deep) ** 2)
        pool = np.exp(-(((columns - x) / 0.2) ** 2) - ((rows - y) / 0.12) ** 2)
        lit = night + picture * (0.8 * pool)[..., None]
        return np.asarray(lit + (70.0 * beam * (rows > y - 0.12))[..., None], np.float32)


@dataclass(frozen=True, slots=True)
class Snow:
    """Snow that covers ground and roofs within the hour, and flakes in the air."""

    place: Place
    seed: int

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the place as white as it is by then; tyres keep two tracks open."""
        floor = self.place.floor
        uneven = unevenness(floor.across_m, floor.ahead_m, self.seed)
        cover = np.clip(2.4 * ramp(at_s, 300.0, 3000.0) - 0.9 + 0.35 * uneven, 0.0, 0.93)
        horizon = SHAPE[0] * (self.place.camera.horizon + 0.03)
        flat = (np.arange(SHAPE[0]) > horizon).astype(np.float32)[:, None]
        tracks = 1.0 - 0.75 * np.exp(-((np.abs(floor.across_m - 1.0) - 0.8) ** 2) / 0.03)
        share = (cover * flat * tracks)[..., None]
        white = np.array((212.0, 206.0, 202.0), np.float32) * (1.0 + 0.02 * uneven)[..., None]
        return flakes(np.asarray(picture * (1 - share) + white * share, np.float32), at_s)


def flakes(picture: Colour, at_s: float) -> Colour:
    """Draw snowflakes, others in every picture."""
    random = np.random.default_rng([23, round(at_s * 1000)])
    layer = np.zeros(SHAPE, np.float32)
    for x, y, radius in random.uniform((0, 0, 0.6), (SHAPE[1], SHAPE[0], 3.2), (160, 3)):
        cv2.circle(layer, (int(x), int(y)), int(radius), 130.0, cv2.FILLED, cv2.LINE_AA)
    return np.asarray(picture + cv2.GaussianBlur(layer, (3, 3), 0)[..., None], np.float32)


@dataclass(frozen=True, slots=True)
class Drops:
    """Drops that gather on the lens from start_s on, run, and stay."""

    seed: int
    start_s: float = 600.0
    count: int = 26

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture through the drops of a moment."""
        shown = int(self.count * ramp(at_s, self.start_s, self.start_s + 900.0))
        if shown == 0:
            return picture
        layer = np.zeros(SHAPE, np.float32)
        random = np.random.default_rng([24, self.seed])
        for x, y, radius in random.uniform((0, 0, 9), (SHAPE[1], SHAPE[0], 34), (shown, 3)):
            run = 6.0 * math.floor((at_s + 31.0 * radius) / 400.0)
            centre = (int(x), int((y + run) % SHAPE[0]))
            cv2.circle(layer, centre, int(radius), 1.0, cv2.FILLED, cv2.LINE_AA)
        soft = cv2.GaussianBlur(layer, (0, 0), 4)[..., None]
        small = cv2.resize(picture, (SHAPE[1] // 4, SHAPE[0] // 4), interpolation=cv2.INTER_AREA)
        blurred = cv2.resize(cv2.GaussianBlur(cv2.flip(small, 0), (0, 0), 3), SHAPE[::-1])
        return np.asarray(picture * (1 - soft) + (0.8 * blurred + 18.0) * soft, np.float32)


@dataclass(frozen=True, slots=True)
class Haze:
    """Fog or the veil of heavy rain, thickest in the middle of its span. depth: 0-1 at most."""

    place: Place
    start_s: float = 600.0
    end_s: float = 3000.0
    depth: float = 0.85

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture through the haze of a moment."""
        thick = min(ramp(at_s, self.start_s, self.start_s + 600.0),
                    1.0 - ramp(at_s, self.end_s - 600.0, self.end_s))  # fmt: skip
        if thick <= 0.0:
            return picture
        clear = np.exp(-np.float32(2.2 * thick) * np.clip(self.place.floor.ahead_m / 25.0, 0.15, 1))
        clear = np.maximum(clear, 1.0 - self.depth)[..., None]
        return np.asarray(picture * clear + 168.0 * (1.0 - clear), np.float32)


def streaks(picture: Colour, at_s: float) -> Colour:
    """Draw rain in the air, others in every picture, and a thin veil."""
    random = np.random.default_rng([25, round(at_s * 1000)])
    layer = np.zeros(SHAPE, np.float32)
    for count, length in ((120, 9), (8, 30)):
        for x, y in random.integers((0, 0), (SHAPE[1], SHAPE[0]), (count, 2)):
            start, end = (int(x), int(y)), (int(x) + length // 5, int(y) + length)
            cv2.line(layer, start, end, 38.0, 1, cv2.LINE_AA)
    return np.asarray(picture * 0.92 + 9.0 + layer[..., None], np.float32)


@dataclass(frozen=True, slots=True)
class Turned:
    """A camera nudged or turned away. moves: (from_s, columns, rows) by which the view is moved."""

    moves: tuple[tuple[float, float, float], ...]

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return what the camera sees as it stands at a moment; its edge repeats."""
        columns, rows = next(
            ((x, y) for from_s, x, y in reversed(self.moves) if at_s >= from_s), (0.0, 0.0)
        )
        if not columns and not rows:
            return picture
        shift = np.array([[1, 0, columns], [0, 1, rows]], np.float32)
        moved = cv2.warpAffine(picture, shift, SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)
        return np.asarray(moved, np.float32)


def as_sent(picture: Colour, at_s: float) -> Image:
    """Return a picture as a camera sends it: noise, its clock written on it, coded."""
    grain = noise(np.zeros(SHAPE, np.float32), at_s) * np.float32(0.7)
    seen = np.clip(picture + grain[..., None], 0, 255).astype(np.uint8)
    clock = (CLOCK_START + timedelta(seconds=int(at_s))).strftime("%Y-%m-%d %H:%M:%S")
    for shade, thick in ((0, 3), (255, 1)):
        cv2.putText(seen, clock, (12, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (shade,) * 3, thick)
    cv2.putText(seen, "CAM 03", (392, 262), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3, 1)
    _, coded = cv2.imencode(".jpg", seen, (cv2.IMWRITE_JPEG_QUALITY, 70))
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

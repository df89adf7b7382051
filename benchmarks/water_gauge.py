"""How exactly a mark of known height tells the depth, by its size in pixels.

Staff gauges and posts are drawn on real ground, in the benchmark's own water, with their dim mirror
image in it, by day, in shadow, in rain and by infrared light. What is read is held against the true
level. A gauge is half a metre high, whatever its size in the picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from statistics import median

import cv2
import numpy as np

from benchmarks.report import Figure
from benchmarks.water_places import SHAPE, SIZE, Colour, Place
from benchmarks.water_surface import Surface, some_water
from benchmarks.water_trial import EPOCH
from benchmarks.water_weather import Infrared, Layer, SunShadows, as_sent, streaks
from vision.types import Image
from vision.water.bank import ReferenceBank
from vision.water.sampler import is_infrared, sample_shape
from vision.water.types import Mark, RainState, Sample
from vision.water.watch import WaterWatch

HEIGHT_CM = 50.0
SIZES_PX = (16, 32, 64, 110)
"""Heights of marks in the camera's picture."""
KINDS = ("gauge", "post")
DRY_LOOKS = 3
SHARES = (0.1, 0.25, 0.45, 0.7)
"""Of the mark that is under water, one after the other."""
MIRRORED = 0.35
"""Share of the mark's light in its mirror image."""
STRIPE_CM = 5.0
LIGHTS: dict[str, tuple[Layer, ...]] = {
    "day": (),
    "shadow": (SunShadows(71),),
    "rain": (streaks,),
    "infrared": (Infrared(),),
}


@dataclass(frozen=True, slots=True)
class Staged:
    """A mark in water, in a full picture. depth_cm: true, above the lowest ground."""

    picture: Image
    depth_cm: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a mark. error_cm: read less true, None when nothing was read."""

    kind: str
    size_px: int
    light: str
    error_cm: float | None
    within: bool


def figures(places: Sequence[Place]) -> Iterator[Figure]:
    """Yield how far readings are off, by kind and size of the mark."""
    some = [place for place in places if not place.extra][::3]
    done = [
        reading
        for place, kind, size_px, light in product(some, KINDS, SIZES_PX, LIGHTS)
        for reading in readings(place, kind, size_px, light)
    ]
    for kind, size_px in product(KINDS, SIZES_PX):
        of_size = [one for one in done if (one.kind, one.size_px) == (kind, size_px)]
        read = [abs(one.error_cm) for one in of_size if one.error_cm is not None]
        name = f"level: {kind} of {size_px} px"
        yield Figure(f"{name}, read", len(read) / len(of_size), f"of {len(of_size)}")
        if read:
            yield Figure(f"{name}, median error", median(read), "cm")
            yield Figure(f"{name}, 95 % of errors", float(np.quantile(read, 0.95)), "cm")
            sure = sum(one.within for one in of_size if one.error_cm is not None) / len(read)
            yield Figure(f"{name}, within twice the error told", sure, "share of readings")


def readings(place: Place, kind: str, size_px: int, light: str) -> Iterator[Reading]:
    """Yield what a watch reads of one mark as water rises on it."""
    mark = mark_at(place, kind, size_px)
    setup = replace(place.setup, marks=(mark,))
    watch = WaterWatch(setup, ReferenceBank(sample_shape(SIZE)), camera="gauge")
    shown = [*standing_dry(place, mark), *rising(place, mark, LIGHTS[light])]
    for number, one in enumerate(shown):
        outcome = watch.look(_sample(one.picture, number), RainState.UNKNOWN)
        if number < DRY_LOOKS:
            continue
        level = outcome.reading.level
        known = level is not None and level.by == "mark"
        error_cm = level.depth_cm - one.depth_cm if level and known else None
        within = error_cm is not None and level is not None and abs(error_cm) <= 2 * level.error_cm
        yield Reading(kind, size_px, light, error_cm, within)


def standing_dry(place: Place, mark: Mark) -> Iterator[Staged]:
    """Yield the place with its mark on dry ground, as often as a state wants to be seen."""
    dry = _with_mark(place.picture.astype(np.float32), mark, 0.0)
    for number in range(DRY_LOOKS):
        yield Staged(_sent(dry, (), 20.0 * number), 0.0)


def rising(place: Place, mark: Mark, light: Sequence[Layer]) -> Iterator[Staged]:
    """Yield the place as water rises on its mark."""
    size_px = round((mark.foot[1] - mark.top[1]) * SHAPE[0])
    surface = Surface(place, some_water(np.random.default_rng([72, size_px]), size_px))
    for number, share in enumerate(SHARES):
        depth_cm = mark.zero_cm + share * HEIGHT_CM
        at_s = 900.0 + 30.0 * number
        flooded = surface.over(place.picture.astype(np.float32), depth_cm, at_s)
        yield Staged(_sent(_with_mark(flooded, mark, share), light, at_s), depth_cm)


def _sample(picture: Image, number: int) -> Sample:
    shape = sample_shape(SIZE)
    small = np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    at = EPOCH + timedelta(seconds=30.0 * number)
    nothing = np.zeros(shape, np.bool_)
    return Sample(at, small, nothing, SIZE, is_infrared(small), picture)


def mark_at(place: Place, kind: str, size_px: int) -> Mark:
    """Return a mark that stands at the lowest place, wholly in the picture."""
    x = place.lowest[0]
    y = min(0.97, max(place.lowest[1], (size_px + 4) / SHAPE[0]))
    row, column = round(y * (SHAPE[0] - 1)), round(x * (SHAPE[1] - 1))
    zero_cm = float(place.floor.height_cm[row, column])
    return Mark(kind, (x, y), (x, y - size_px / SHAPE[0]), HEIGHT_CM, zero_cm, kind)


def _with_mark(picture: Colour, mark: Mark, hidden: float) -> Colour:
    """Return the picture with a mark in it, of which a share stands under water."""
    foot, top = mark.foot[1] * SHAPE[0], mark.top[1] * SHAPE[0]
    size_px = foot - top
    half = max(1, round(size_px / 16))
    column = round(mark.foot[0] * SHAPE[1])
    drawn = picture.copy()
    line = foot - hidden * size_px
    for row in range(max(0, int(top)), min(SHAPE[0], int(np.ceil(foot)))):
        covered = min(1.0, max(0.0, line - row))
        at_cm = (foot - row - 0.5) / size_px * HEIGHT_CM
        strip = drawn[row, column - half : column + half + 1]
        if covered > 0:
            strip[:] = covered * _colours(mark.kind, at_cm, 2 * half + 1) + (1 - covered) * strip
        if covered < 1:
            mirror_cm = 2 * hidden * HEIGHT_CM - at_cm
            image = _colours(mark.kind, mirror_cm, 2 * half + 1)
            strip[:] = strip + (1 - covered) * MIRRORED * (image - strip) * (mirror_cm < HEIGHT_CM)
    return drawn


def _colours(kind: str, at_cm: float, columns: int) -> Colour:
    """Return a row of a mark, BGR: stripes that change sides on a gauge, one colour on a post."""
    row = np.empty((columns, 3), np.float32)
    if kind != "gauge":
        row[:] = (60.0, 62.0, 190.0) if at_cm > HEIGHT_CM * 0.8 else (150.0, 152.0, 150.0)
        return row
    row[:] = (225.0, 228.0, 228.0)
    number = int(at_cm // STRIPE_CM)
    side = slice(0, columns // 2 + 1) if number % 2 else slice(columns // 2, columns)
    row[side] = (40.0, 40.0, 200.0) if number % 4 < 2 else (50.0, 45.0, 45.0)
    return row


def _sent(picture: Colour, layers: Sequence[Layer], at_s: float) -> Image:
    for layer in layers:
        picture = layer(picture, at_s)
    return as_sent(picture, at_s)

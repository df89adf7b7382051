"""How exactly a mark of known height tells the depth, by its size in pixels.

Staff gauges, posts with a red head and plain dark poles are drawn on real ground, in the
benchmark's own water, with their dim mirror image in it, by day, in shadow, in rain and by infrared
light; the camera has seen them dry by day and by infrared light. What is read is held against the
true level. The same marks are looked at dry, on dry and wet ground, in shadow, rain and headlights,
and under water to above their tops: no level is true of either. A mark is half a metre high,
whatever its size in the picture.
"""

from collections.abc import Iterable, Iterator, Sequence
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
from benchmarks.water_weather import Headlights, Infrared, Layer, SunShadows, Wet, as_sent, streaks
from vision.types import Image
from vision.water.bank import ReferenceBank
from vision.water.sampler import is_infrared, sample_shape
from vision.water.types import Level, Mark, RainState, Sample
from vision.water.watch import WaterWatch

HEIGHT_CM = 50.0
SIZES_PX = (16, 32, 64, 110)
"""Heights of marks in the camera's picture."""
KINDS = ("gauge", "post", "pole")
DRY_LOOKS = 3
"""By each of the two lights."""
DROWNED = (1.1, 1.4)
"""Depths that leave nothing of a mark to be seen."""
SHARES = (0.1, 0.25, 0.45, 0.7)
"""Of the mark that is under water, one after the other."""
MIRRORED = 0.35
"""Share of the mark's light in its mirror image."""
STRIPE_CM = 5.0
READ_AS = {"pole": "post"}
"""Kinds of marks of a setup that are other than those drawn."""
LIGHTS: dict[str, tuple[Layer, ...]] = {
    "day": (),
    "shadow": (SunShadows(71),),
    "rain": (streaks,),
    "infrared": (Infrared(),),
}
DRY_LIGHTS: dict[str, tuple[Layer, ...]] = {
    **LIGHTS,
    "other shadows": (SunShadows(72),),
    "headlights": (Headlights(),),
}


@dataclass(frozen=True, slots=True)
class Staged:
    """A mark in a full picture. depth_cm: true, above the lowest ground."""

    picture: Image
    depth_cm: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a mark. error_cm: read less true, None when nothing was read.

    within: twice the error told. stands: whether water was told that its error would not explain.
    """

    kind: str
    size_px: int
    error_cm: float | None
    within: bool
    stands: bool


def figures(places: Sequence[Place]) -> Iterator[Figure]:
    """Yield how far readings are off, and where there is nothing to be read, by kind and size."""
    some = [place for place in places if not place.extra][::3]
    for kind, size_px in product(KINDS, SIZES_PX):
        marks = [(place, mark_at(place, kind, size_px)) for place in some]
        name = f"level: {kind} of {size_px} px"
        in_water = [
            reading
            for (place, mark), light in product(marks, LIGHTS.values())
            for reading in readings(place, mark, rising(place, mark, light))
        ]
        yield from _read_figures(name, in_water)
        dry = [
            reading
            for (place, mark), (light, is_wet) in product(marks, product(DRY_LIGHTS, (False, True)))
            for reading in readings(place, mark, dry_in(place, mark, DRY_LIGHTS[light], is_wet))
        ]
        yield _false_figure(f"{name}, dry: false levels", dry)
        drowned = [
            reading
            for (place, mark), light in product(marks, LIGHTS.values())
            for reading in readings(place, mark, rising(place, mark, light, DROWNED))
        ]
        yield _false_figure(f"{name}, under water: levels", drowned)


def _read_figures(name: str, done: Sequence[Reading]) -> Iterator[Figure]:
    """Yield how often and how well marks were read."""
    read = [abs(one.error_cm) for one in done if one.error_cm is not None]
    yield Figure(f"{name}, read", len(read) / len(done), f"of {len(done)}")
    if read:
        yield Figure(f"{name}, median error", median(read), "cm")
        yield Figure(f"{name}, 95 % of errors", float(np.quantile(read, 0.95)), "cm")
        sure = sum(one.within for one in done if one.error_cm is not None) / len(read)
        yield Figure(f"{name}, within twice the error told", sure, "share of readings")


def _false_figure(name: str, done: Sequence[Reading]) -> Figure:
    """Return how often water was told of where no mark shows any."""
    return Figure(name, sum(one.stands for one in done), f"of {len(done)}")


def readings(place: Place, mark: Mark, shown: Iterable[Staged]) -> Iterator[Reading]:
    """Yield what a watch that knows the place dry reads of one mark."""
    setup = replace(place.setup, marks=(replace(mark, kind=READ_AS.get(mark.kind, mark.kind)),))
    watch = WaterWatch(setup, ReferenceBank(sample_shape(SIZE)), camera="gauge")
    known = list(standing_dry(place, mark))
    for number, one in enumerate([*known, *shown]):
        outcome = watch.look(_sample(one.picture, number), RainState.UNKNOWN)
        if number >= len(known):
            yield _reading(mark, outcome.reading.level, one.depth_cm)


def _reading(mark: Mark, level: Level | None, depth_cm: float) -> Reading:
    size_px = round((mark.foot[1] - mark.top[1]) * SHAPE[0])
    if level is None or level.by != "mark":
        return Reading(mark.kind, size_px, None, within=False, stands=False)
    off_cm, told_cm = level.depth_cm - depth_cm, 2 * level.error_cm
    return Reading(mark.kind, size_px, off_cm, abs(off_cm) <= told_cm, level.depth_cm > told_cm)


def standing_dry(place: Place, mark: Mark) -> Iterator[Staged]:
    """Yield the place with its mark on dry ground, as often as a state wants to be seen."""
    dry = _with_mark(place.picture.astype(np.float32), mark, 0.0)
    for light, number in product((LIGHTS["day"], LIGHTS["infrared"]), range(DRY_LOOKS)):
        yield Staged(_sent(dry, light, 20.0 * number), 0.0)


def dry_in(place: Place, mark: Mark, light: Sequence[Layer], is_wet: bool) -> Iterator[Staged]:
    """Yield the place with its mark out of the water, at two moments."""
    ground = place.picture.astype(np.float32)
    for at_s in (900.0, 1900.0):
        under = Wet(place, 73, -1200.0, -600.0)(ground, at_s) if is_wet else ground
        yield Staged(_sent(_with_mark(under, mark, 0.0), light, at_s), 0.0)


def rising(
    place: Place, mark: Mark, light: Sequence[Layer], shares: Sequence[float] = SHARES
) -> Iterator[Staged]:
    """Yield the place as water rises on its mark, to each share of its height."""
    size_px = round((mark.foot[1] - mark.top[1]) * SHAPE[0])
    surface = Surface(place, some_water(np.random.default_rng([72, size_px]), size_px))
    for number, share in enumerate(shares):
        depth_cm = mark.zero_cm + share * HEIGHT_CM
        at_s = 900.0 + 30.0 * number
        flooded = surface.over(place.picture.astype(np.float32), depth_cm, at_s)
        yield Staged(_sent(_with_mark(flooded, mark, min(share, 1.0)), light, at_s), depth_cm)


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
    if kind == "pole":
        row[:] = (52.0, 50.0, 48.0)
        return row
    if kind == "post":
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

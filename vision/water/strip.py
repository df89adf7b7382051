"""A mark as a strip of rows from its foot to its top, and the row up to which water hides it.

Above the water the strip is the dry one of the reference in another light. Below, it is water: of
one tone, or the mirror image of what is above, dimmer than that. The waterline is the row that
explains all rows best when the one model holds above and the other below. So neither a shadow nor
a mirror image is taken for the mark, nor the mark for water. How sure it is follows from how much
worse the rows beside it explain the same.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image, Points

Strip: TypeAlias = npt.NDArray[np.float32]
"""float32 (rows, columns, 3): logarithm of brightness along a mark, row 0 at its foot, BGR."""
Series: TypeAlias = npt.NDArray[np.float64]
"""float64 (N,)."""

LOG_FLOOR = 16.0
"""Added before the logarithm: black as coded."""
ROWS_A_PIXEL = 2.0
MOST_ROWS = 240
"""A strip has two rows a pixel, and no more than these: a mark of 120 pixels and more is read to
half a percent."""
LEAST_ROWS = 16
MIRROR_MOST = 0.8
"""Water mirrors no more than this of what stands in it, in logarithms of brightness: less than all
even at the flattest angle, and ripples take their part."""
VISIBLE = 0.2
"""Share of a mark that must stick out to be known for what it is."""
PATTERN = 0.12
"""Spread of rows, in logarithms of brightness, from which they have a pattern: 1 for black on
white, 0.5 for red on white, 0.05 for a post of one colour."""
KNOWN_SPREAD = 0.02
"""Spread squared that the top must exceed to tell contrast: noise and coding make less."""
ALIKE_ROWS = 4.0
"""So many rows beside each other say the same: they share pixels, and what coding made of them."""
SHADOW_REACH = 0.5
"""Share of a mark over which the middle of many rows is taken: two stripes or more."""
SHADED = 0.8
"""A shadow is believed in that leaves less than this part unexplained. Measured on the marks of
`vision.water.level`: with one 0.34 to 0.66, without 0.96 and more."""
DEEPEST = 1.4
"""No shadow is deeper than a quarter of the light."""
PRICE = 0.002
"""What each hidden row costs, in squared logarithms of brightness: what may as well be the mark is
not water."""
TINY = 1e-6
"""Keeps ratios of nothing finite."""
CONTRAST_LEAST, CONTRAST_MOST = 0.3, 2.0
"""A mark in haze or backlight has this part of its contrast at least; this much in harsher sun."""


@dataclass(frozen=True, slots=True)
class Waterline:
    """Where water hides a strip.

    part: of the strip that is hidden, 0-1 from its foot. error: its standard deviation, by how
    sharp the edge is. likeness: correlation of the rest with the reference, 0-1. better: by how
    much each hidden row is explained better as water than as mark, in squared logarithms of
    brightness. shows: contrast of the mark's own pattern just below the waterline, as a share of
    that above it. patterned: whether the strip has a pattern all along. tinted: by how much the
    step in brightness at the waterline differs between the colours, in logarithms. apart: how far
    from part the waterline is by colours alone, which a shadow's edge does not change.
    """

    part: float
    error: float
    likeness: float
    better: float
    shows: float
    patterned: bool
    tinted: float
    apart: float


def strip_of(
    image: Image, foot: Points, top: Points, half_width: float, moved: Points | None = None
) -> Strip:
    """Return the strip of a mark. foot, top: pixels; half_width: a share of its length.

    moved: by how many pixels it lies elsewhere.
    """
    axis = (top - foot).astype(np.float64)
    length = float(np.hypot(*axis))
    rows = int(np.clip(round(ROWS_A_PIXEL * length), LEAST_ROWS, MOST_ROWS))
    columns = 2 * max(1, round(half_width * length)) + 1
    up = axis / rows
    across = np.array((-axis[1], axis[0])) / max(length, 1.0)
    start = foot + 0.5 * up - across * (columns // 2)
    if moved is not None:
        start = start + moved
    matrix = np.column_stack((across, up, start))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picked = cv2.warpAffine(
        image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.log(picked.astype(np.float32) + LOG_FLOOR), np.float32)


def waterline(now: Strip, then: Strip) -> Waterline:
    """Return where water hides a strip that was dry then; both of one shape."""
    lit = _lit(now, then)
    costs = _explained(now, lit)
    prices = PRICE * np.arange(len(costs))
    costs += prices
    patterned = _is_patterned(then)
    if patterned:
        unshaded = now - _shadow(now - lit)
        shaded = _explained(unshaded, lit) + prices
        if shaded.min() < SHADED * costs.min():
            now, costs = unshaded, shaded
    rows, edge = len(now), int(np.argmin(costs))
    top = -max(4, round(rows * VISIBLE))
    hidden = max(edge, 1) * (rows - edge) / rows
    part = _refined(costs, edge) / rows
    return Waterline(
        part=part,
        error=_spread(costs, edge, rows) / rows,
        likeness=min(_likeness(now[edge:], then[edge:]), _likeness(now[top:], then[top:])),
        better=float(costs[0] - costs[edge]) / hidden,
        shows=_shown(now, then, edge),
        patterned=patterned,
        tinted=_tinted(now - lit, edge),
        apart=abs(_edge_of_colours(now, lit) / rows - part),
    )


def _tinted(change: Strip, edge: int) -> float:
    """Return the spread between colours of a step in brightness at a row."""
    if edge == 0:
        return 0.0
    step = change[:edge].mean(axis=(0, 1)) - change[edge:].mean(axis=(0, 1))
    return float(step.max() - step.min())


def _edge_of_colours(now: Strip, lit: Strip) -> int:
    """Return the row of the waterline by colours alone, however light or dark they are.

    Asked of the lower half: from a row higher up, the mark's mirror image ends within the strip,
    and a waterline where it ends would pass for that end.
    """
    costs = _explained(_hues(now), _hues(lit))
    return int(np.argmin(costs[: len(now) // 2 + 1]))


def _hues(strip: Strip) -> Strip:
    """Return by how much each colour of a row differs from the mean of all: (rows, 1, 3)."""
    own = strip - strip.mean(axis=2, keepdims=True)
    return np.asarray(own.mean(axis=1, keepdims=True), np.float32)


def _shown(now: Strip, then: Strip, edge: int) -> float:
    """Return how clearly the mark's own pattern shows just below a row: as above it is 1."""
    below = slice(max(0, edge - max(edge // 2, round(len(now) * VISIBLE))), edge)
    above = _contrast(now[edge:], then[edge:])
    return _contrast(now[below], then[below]) / max(above, CONTRAST_LEAST)


def _contrast(now: Strip, then: Strip) -> float:
    """Return how much of a pattern there is in a strip; next to nothing where there is none."""
    if not len(now):
        return 0.0
    steps, known = now - now.mean(axis=(0, 1)), then - then.mean(axis=(0, 1))
    return float((steps * known).mean()) / (float((known * known).mean()) + KNOWN_SPREAD)


def _explained(now: Strip, lit: Strip) -> Series:
    """Return how badly all rows are explained with the waterline at each row it may be at.

    What is above it may be lighter or darker than thought, all of it alike.
    """
    gap = (now - lit).astype(np.float64)
    squares = _from_here_up((gap**2).mean(axis=(1, 2)))
    tones = (_from_here_up(gap.mean(axis=1)) ** 2).mean(axis=1)
    above = squares - tones / np.arange(len(now), 0, -1)
    hidden = range(math.floor(len(now) * (1.0 - VISIBLE)) + 1)
    return np.fromiter((_as_water(now, edge) + above[edge] for edge in hidden), np.float64)


def _from_here_up(values: Series) -> Series:
    """Return the sum of each row and all above it."""
    return np.asarray(np.cumsum(values[::-1], axis=0)[::-1], np.float64)


def _spread(costs: Series, edge: int, rows: int) -> float:
    """Return how many rows the waterline may be off, a standard deviation.

    What the best place leaves unexplained stands for the noise of each row.
    """
    noise = max(float(costs[edge]) / rows, TINY)
    odds = np.exp(-(costs - costs[edge]) / (2.0 * noise * ALIKE_ROWS))
    return float(np.sqrt((odds * (np.arange(len(costs)) - edge) ** 2).sum() / odds.sum()))


def _lit(now: Strip, then: Strip) -> Strip:
    """Return the dry strip in the light of now, told by the part that always sticks out.

    Brightness is taken over for all of it, and contrast as far as that part shows any.
    """
    visible = max(4, round(len(now) * VISIBLE))
    mine, known = (np.exp(strip[-visible:]).mean(axis=(0, 1)) for strip in (now, then))
    gain = np.maximum(mine - LOG_FLOOR, 1.0) / np.maximum(known - LOG_FLOOR, 1.0)
    lit = np.log(gain * (np.exp(then) - LOG_FLOOR) + LOG_FLOOR)
    middle = lit[-visible:].mean(axis=(0, 1))
    steps, seen = lit[-visible:] - middle, now[-visible:] - now[-visible:].mean(axis=(0, 1))
    shared = float((steps * seen).mean()) + KNOWN_SPREAD
    contrast = shared / (float((steps * steps).mean()) + KNOWN_SPREAD)
    contrast = float(np.clip(contrast, CONTRAST_LEAST, CONTRAST_MOST))
    return np.asarray(middle + contrast * (lit - middle), np.float32)


def _is_patterned(then: Strip) -> bool:
    """Return whether every stretch of a mark as long as a shadow is looked for in has a pattern."""
    reach = max(2, round(SHADOW_REACH * len(then)))
    tones = then.mean(axis=(1, 2))
    stretches = np.lib.stride_tricks.sliding_window_view(tones, reach)
    return float(stretches.std(axis=1).min()) >= PATTERN


def _shadow(change: Strip) -> Strip:
    """Return how much lighter or darker each row is than its light accounts for: (rows, 1, 1).

    A shadow's edge darkens the dark and the light of a pattern alike, so the middle of many rows
    follows it and does not follow water, which makes the one darker and the other lighter. On a
    mark without a pattern the two cannot be told apart.
    """
    half = max(2, round(SHADOW_REACH * len(change) / 2))
    padded = np.pad(change.mean(axis=(1, 2)), half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    middle = np.clip(np.median(windows, axis=1), -DEEPEST, DEEPEST)
    return np.asarray(middle[:, None, None], np.float32)


def _as_water(now: Strip, edge: int) -> float:
    """Return how badly the rows below one of them are explained as water."""
    if edge == 0:
        return 0.0
    below, mirrored = now[:edge][::-1], now[edge : 2 * edge]
    reach = len(mirrored)
    cost = _as_mirror(below[:reach], mirrored)
    if edge > reach:
        rest = below[reach:]
        cost += float(((rest - rest.mean(axis=(0, 1))) ** 2).mean(axis=(1, 2)).sum())
    return cost


def _as_mirror(below: Strip, mirrored: Strip) -> float:
    """Return what of some rows is explained neither by a tone nor by a dim mirror image."""
    own = below - below.mean(axis=(0, 1))
    image = mirrored - mirrored.mean(axis=(0, 1))
    spread = float((image * image).sum())
    dim = float(np.clip((own * image).sum() / max(spread, 1e-6), 0.0, MIRROR_MOST))
    return float(((own - dim * image) ** 2).mean(axis=(1, 2)).sum())


def _refined(costs: Series, edge: int) -> float:
    """Return the least cost's place between rows, by the parabola through its neighbours."""
    if not 0 < edge < len(costs) - 1:
        return float(edge)
    left, middle, right = costs[edge - 1 : edge + 2]
    bend = left - 2 * middle + right
    return edge + float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5) if bend > 0 else 0.0)


def _likeness(now: Strip, then: Strip) -> float:
    """Return the correlation of two strips, at least 0."""
    a, b = now - now.mean(axis=(0, 1)), then - then.mean(axis=(0, 1))
    both = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return max(0.0, float((a * b).sum()) / both) if both > 0 else 0.0

"""A mark as a strip of rows from its foot to its top, and the row up to which water hides it.

Above the water the strip is the dry one of the reference in another light. Below, it is water: of
one tone, or the mirror image of what is above, dimmer than that. The waterline is the row that
explains all rows best when the one model holds above and the other below. So neither a shadow nor
a mirror image is taken for the mark, nor the mark for water.
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
"""Spread of a mark's rows, in logarithms of brightness, from which it has a pattern: 1 for black on
white, 0.5 for red on white, 0.05 for a post of one colour."""
SHADOW_REACH = 0.5
"""Share of a mark over which the middle of many rows is taken: two stripes or more."""
SHADED = 0.8
"""A shadow is believed in that leaves less than this part unexplained. Measured on the marks of
`vision.water.level`: with one 0.34 to 0.66, without 0.96 and more."""
DEEPEST = 1.4
"""No shadow is deeper than a quarter of the light."""
CONTRAST_LEAST, CONTRAST_MOST = 0.3, 2.0
"""A mark in haze or backlight has this part of its contrast at least; this much in harsher sun."""


@dataclass(frozen=True, slots=True)
class Waterline:
    """Where water hides a strip.

    part: of the strip that is hidden, 0-1 from its foot. likeness: correlation of the rest with the
    reference, 0-1. better: by how much each hidden row is explained better as water than as mark,
    in squared logarithms of brightness.
    """

    part: float
    likeness: float
    better: float


def strip_of(image: Image, foot: Points, top: Points, half_width: float) -> Strip:
    """Return the strip of a mark. foot, top: pixels; half_width: a share of its length."""
    axis = (top - foot).astype(np.float64)
    length = float(np.hypot(*axis))
    rows = int(np.clip(round(ROWS_A_PIXEL * length), LEAST_ROWS, MOST_ROWS))
    columns = 2 * max(1, round(half_width * length)) + 1
    up = axis / rows
    across = np.array((-axis[1], axis[0])) / max(length, 1.0)
    start = foot + 0.5 * up - across * (columns // 2)
    matrix = np.column_stack((across, up, start))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picked = cv2.warpAffine(
        image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.log(picked.astype(np.float32) + LOG_FLOOR), np.float32)


def waterline(now: Strip, then: Strip) -> Waterline:
    """Return where water hides a strip that was dry then; both of one shape."""
    light = _light(now, then)
    plain = _explained(now, light)
    unshaded = now - _shadow(now - light, then)
    shaded = _explained(unshaded, light)
    if shaded.min() < SHADED * plain.min():
        now, costs = unshaded, shaded
    else:
        costs = plain
    edge = int(np.argmin(costs))
    top = -max(4, round(len(now) * VISIBLE))
    return Waterline(
        part=_refined(costs, edge) / len(now),
        likeness=min(_likeness(now[edge:], then[edge:]), _likeness(now[top:], then[top:])),
        better=float(costs[0] - costs[edge]) / max(edge, 1),
    )


def _explained(now: Strip, light: Strip) -> Series:
    """Return how badly all rows are explained with the waterline at each row it may be at."""
    as_mark = ((now - light) ** 2).mean(axis=(1, 2)).astype(np.float64)
    highest = math.floor(len(now) * (1.0 - VISIBLE))
    return np.array([_cost(now, as_mark, edge) for edge in range(highest + 1)])


def _light(now: Strip, then: Strip) -> Strip:
    """Return the dry strip in the light of now, told by the part that always sticks out.

    Brightness and contrast of the top are taken over for all of it.
    """
    visible = max(4, round(len(now) * VISIBLE))
    mine, known = now[-visible:], then[-visible:]
    spread = float(((known - known.mean()) ** 2).mean())
    shared = float(((known - known.mean()) * (mine - mine.mean())).mean())
    contrast = float(np.clip(shared / max(spread, 1e-6), CONTRAST_LEAST, CONTRAST_MOST))
    tone = mine.mean(axis=(0, 1)) - contrast * known.mean(axis=(0, 1))
    return np.asarray(contrast * then + tone, np.float32)


def _shadow(change: Strip, then: Strip) -> Strip:
    """Return how much lighter or darker each row is than its light accounts for: (rows, 1, 1).

    A shadow's edge darkens the dark and the light of a pattern alike, so the middle of many rows
    follows it and does not follow water, which makes the one darker and the other lighter. On a
    mark without a pattern the two cannot be told apart, and nothing is taken out.
    """
    rows = len(change)
    if float(then.mean(axis=(1, 2)).std()) < PATTERN:
        return np.zeros((rows, 1, 1), np.float32)
    half = max(2, round(SHADOW_REACH * rows / 2))
    padded = np.pad(change.mean(axis=(1, 2)), half, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    middle = np.clip(np.median(windows, axis=1), -DEEPEST, DEEPEST)
    return np.asarray(middle[:, None, None], np.float32)


def _cost(now: Strip, as_mark: Series, edge: int) -> float:
    """Return how badly all rows are explained with the waterline at one of them."""
    if edge == 0:
        return float(as_mark.sum())
    below, mirrored = now[:edge][::-1], now[edge : 2 * edge]
    reach = len(mirrored)
    cost = _as_mirror(below[:reach], mirrored)
    if edge > reach:
        rest = below[reach:]
        cost += float(((rest - rest.mean(axis=(0, 1))) ** 2).mean(axis=(1, 2)).sum())
    return cost + float(as_mark[edge:].sum())


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

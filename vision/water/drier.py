"""Which of two pictures holds the water, where something differs that may be water.

Texture that was lost and texture that came look much the same from either side, so a reference that
was taken of the flood makes dry ground look flooded. What tells them apart is how water looks by
itself: it goes on downward from what stands behind it, as a mirror does, however rippled; it has
none of the ground's oblique lines (kerbs, lanes, wheel tracks) and few strong ones; and it differs
from the ground around it, where ground goes on as ground.

That stands only where no sign speaks for water that came: calm muddy water mirrors nothing, and
ground may be as even as water.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.reference import LOG_FLOOR
from vision.water.registration import luma_of
from vision.water.types import Map, Mask

GONE, DOUBT = -1.75, 0.2
"""Signs that come to less than the first, none of them over the second, say that water has gone."""
MIRRORED, OBLIQUE, STRONG, APART = 0.285, 0.2, 0.7, 0.36
"""By how much each sign differs between water and ground, mostly. These and the bounds are picked
on half of the pairs that `docs/how-to/waterlogging.md` tells of."""
MOST: Final = 2.0
"""No sign says more than so many times that."""
FEWEST_PX: Final = 60
"""Pixels inside, and beside, from which a sign says anything."""
INSIDE_PX, NEAR_PX, AROUND_PX = 5, 5, 15
"""Squares by which a patch is narrowed, and widened twice: what lies between is beside it."""
SMOOTH_PX: Final = 0.8
FLATTEST, STEEPEST = 20.0, 70.0
"""Degrees between which a step is oblique: ripples lie flat, mirrored things stand."""
RANK: Final = 0.98
"""Steps beyond this rank are the strong ones."""
ACROSS_PX: Final = 6.0
"""What stands behind is told from what is beside it within about so many pixels."""
BEHIND_PX, BEFORE_PX, EDGE_PX = 20, 30, 2
"""Rows above the upper rim, and below it, that are compared; those next to it are not."""
OUTLIER: Final = 2.5
"""No pixel counts more than so many standard deviations."""
COLOUR: Final = 0.02
"""A step of colour in eight bits that counts as one of brightness's natural logarithm."""


@dataclass(frozen=True, slots=True)
class _Signs:
    """How a patch looks in one picture. mirrored, oblique: -1 to 1, 0 to 1; strong, apart: logs."""

    mirrored: float
    oblique: float
    strong: float
    apart: float


def has_gone(water: Mask, now: Image, before: Image, shown: Mask) -> bool:
    """Say whether two pictures differ by water that was there before and is not now.

    water: where they differ as by water. All of one shape and laid over each other. shown: what
    neither picture hides.
    """
    inside = _grown(water, -INSIDE_PX) & shown
    beside = _grown(water, AROUND_PX) & ~_grown(water, NEAR_PX) & shown
    if min(np.count_nonzero(inside), np.count_nonzero(beside)) < FEWEST_PX:
        return False
    after, then = (_signs(one, water & shown, inside, beside, shown) for one in (now, before))
    came = (
        (after.mirrored - then.mirrored) / MIRRORED,
        (then.oblique - after.oblique) / OBLIQUE,
        (then.strong - after.strong) / STRONG,
        (after.apart - then.apart) / APART,
    )
    return max(came) < DOUBT and sum(max(sign, -MOST) for sign in came) < GONE


def _signs(image: Image, water: Mask, inside: Mask, beside: Mask, shown: Mask) -> _Signs:
    light = np.asarray(np.log(luma_of(image).astype(np.float32) + LOG_FLOOR), np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), SMOOTH_PX)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)[inside]
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)[inside]
    power = across**2 + down**2 + 1e-12
    slant = np.degrees(np.arctan2(np.abs(down), np.abs(across)))
    oblique = power[(slant > FLATTEST) & (slant < STEEPEST)].sum() / power.sum()
    strongest = power[power >= np.quantile(power, RANK)].mean()
    colour = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)[:, :, 1:].astype(np.float32)
    step = np.abs(colour[inside].mean(axis=0) - colour[beside].mean(axis=0)).sum()
    return _Signs(
        mirrored=mirrored(light, water, shown),
        oblique=float(oblique),
        strong=float(np.log(strongest / power.mean())),
        apart=float(abs(light[inside].mean() - light[beside].mean()) + COLOUR * step),
    )


def mirrored(light: Map, water: Mask, shown: Mask) -> float:
    """Return how like the columns of a patch are to what is right above them, -1 to 1."""
    detail = light - cv2.GaussianBlur(light, (0, 0), sigmaX=ACROSS_PX, sigmaY=0.01)
    detail = np.clip(detail, -OUTLIER * detail.std(), OUTLIER * detail.std())
    rim = np.where(water.any(axis=0), water.argmax(axis=0), 0).astype(np.float32)
    rim = cv2.medianBlur(rim[None], 5)[0]
    rows = np.arange(len(light))[:, None] - rim[None]
    behind = (rows >= -BEHIND_PX) & (rows < -EDGE_PX) & shown
    before = (rows >= EDGE_PX) & (rows < BEFORE_PX) & water
    told = (np.minimum(behind.sum(axis=0), before.sum(axis=0)) > EDGE_PX) & water.any(axis=0)
    if np.count_nonzero(told) < ACROSS_PX * 3:
        return 0.0
    above, below = (
        np.where(part, detail, 0.0).sum(axis=0)[told] / part.sum(axis=0)[told]
        for part in (behind, before)
    )
    return float((above * below).mean() / (np.sqrt((above**2).mean() * (below**2).mean()) + 1e-9))


def _grown(mask: Mask, side_px: int) -> Mask:
    """Return a mask widened by a square of this side, or narrowed where it is negative."""
    square = np.ones((abs(side_px), abs(side_px)), np.uint8)
    change = cv2.erode if side_px < 0 else cv2.dilate
    return np.asarray(change(mask.view(np.uint8), square) > 0, np.bool_)

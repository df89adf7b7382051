"""Whether a sample shows the ground at all: why it says nothing of the water, or None when it does.

Blindness is neither flood nor "all clear", so every doubt ends here. Water hides the ground's
structure too, and it lies in the zones; rain, fog and drops hide what stands around and beyond
them. So structure is compared outside the zones, with what the place usually shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from vision.quality import DARK
from vision.types import Image
from vision.water.registration import Registration
from vision.water.types import Map, Mask, Sample, Unseen

COVERED = 0.5
"""Share of the zones behind vehicles and persons from which too little is seen."""
LOG_FLOOR = 16.0
"""Added before the logarithm: black as coded."""
GRID = (9, 16)
"""Rows and columns of the parts in which structure is compared: 20 by 20 pixels of 180 by 320."""
STRUCTURED = 0.02
"""Mean steepness of a part from which it has structure that can be missed."""
HAZE = 0.5
"""Share of its usual contrast that is left in the middle part of all, in haze."""
LOST = 0.4
"""Share of the contrast of the best-kept quarter below which a part is fouled."""
FOULED = 0.15
"""Share of all parts that are fouled with drops on the lens."""
TINY = 1e-6
"""Keeps ratios of nothing finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What a place usually shows in clear air. contrast: steepness of each part of `GRID`."""

    contrast: Map

    @classmethod
    def of(cls, references: Sequence[Image]) -> Self:
        """Return what is usual by pictures of the place, one or more, all by the same light."""
        parts = [_contrast(image) for image in references]
        return cls(np.asarray(np.median(parts, axis=0), np.float32))


def unseen(
    sample: Sample, registration: Registration, zones: Mask, ignore: Mask, usual: Usual
) -> Unseen | None:
    """Return why a sample says nothing of the water in the zones, None when it shows it.

    ignore: what the camera writes on the picture, and permanent water.
    """
    luma = cv2.cvtColor(sample.image, cv2.COLOR_BGR2GRAY)
    if np.percentile(luma[~ignore], 95) < DARK:
        return Unseen.DARK
    kept = _kept(sample, zones | ignore | sample.blocked, usual)
    if kept.size and float(np.median(kept)) < HAZE:
        return Unseen.HAZE
    if not registration.ok:
        return Unseen.SHIFTED if registration.found else Unseen.AWAY
    if kept.size and np.mean(kept < LOST * np.quantile(kept, 0.75)) >= FOULED:
        return Unseen.DROPS
    if np.count_nonzero(sample.blocked & zones) > COVERED * np.count_nonzero(zones):
        return Unseen.COVERED
    return None


def _kept(sample: Sample, left_out: Mask, usual: Usual) -> Map:
    """Return which share of its usual contrast each part with structure has, (N,)."""
    rows, columns = GRID
    hidden = cv2.resize(left_out.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    counts = (hidden < 0.5) & (usual.contrast >= STRUCTURED)
    return np.asarray(_contrast(sample.image)[counts] / usual.contrast[counts], np.float32)


def _contrast(image: Image) -> Map:
    """Return the mean steepness of the logarithm of brightness of each part."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    logarithm = cv2.log(cv2.GaussianBlur(luma, (0, 0), 1.0) + LOG_FLOOR)
    across = cv2.Sobel(logarithm, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(logarithm, cv2.CV_32F, 0, 1, scale=1 / 8)
    rows, columns = GRID
    steep = cv2.magnitude(across, down)
    parts = cv2.resize(steep, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.maximum(np.asarray(parts, np.float32), TINY)

"""Which darkness is shade: light that is missing, over ground that is as it was.

A shadow is one step of the logarithm of brightness, the same over everything it falls on. Where the
ground has grain, the grain is still there under it; smooth ground has none to show, and takes the
word of the grain in the same patch of darkness at the same step. Water has no such witness: it
takes the grain of what it covers, and ends where it ends.
"""

import cv2
import numpy as np
import numpy.typing as npt

from vision.water.types import Map

LEAST = 0.25
"""Natural logarithm by which ground is darker at least: wetness and haze are mostly less."""
STEP, MOST = 0.15, 16
"""Steps are told apart by so much, and so many of them: what has a tenth of the light is as one."""
FEW_PX = 30.0
"""Pixels with grain, at half size, that it takes to be half believed."""
DOUBTED, BELIEVED = 0.5, 0.8
"""Share of a patch's grain that is kept, from which it is heard and from which it is believed."""


def shade(light: Map, grain: Map, kept: Map) -> Map:
    """Return how surely each pixel is only in the shade, 0-1; all maps of one shape.

    light: change of the logarithm of brightness. grain: how much there was to lose, 0-1; kept:
    how much of that is still there, 0-1.
    """
    darker = -light
    count, patch = cv2.connectedComponents((darker > LEAST).astype(np.uint8), connectivity=8)
    step = np.clip(darker / STEP, 0, MOST - 1).astype(np.int32)
    place = patch * MOST + step
    weight = np.square(grain)
    known, still = (_summed(one, place, count) for one in (weight, weight * kept))
    share = still / (known + FEW_PX)
    sure = np.clip((share - DOUBTED) / (BELIEVED - DOUBTED), 0.0, 1.0)
    sure[0] = 0.0
    return np.asarray(sure.ravel()[place], np.float32)


def _summed(what: Map, place: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.float64]:
    """Return the sums over each patch and step, and half of the steps beside it: (count, MOST)."""
    sums = np.bincount(place.ravel(), what.ravel(), count * MOST).reshape(count, MOST)
    beside = np.pad(sums, ((0, 0), (1, 1)))
    return np.asarray(sums + 0.5 * (beside[:, :-2] + beside[:, 2:]), np.float64)

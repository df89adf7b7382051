"""Ground that turned bright and is no water: snow, sand, a cover somebody laid.

Water may be bright as well, where the sky is in it. But then it mirrors what stands behind it, or
the network knows it; ground that grew brighter than what is around it, mirrors nothing and that
the network doubts is covered by something else.

The bounds were picked on 80 pairs with snow drawn on them, from photographs of snowy roads, and on
712 floods that `docs/how-to/waterlogging.md` tells of, all of them in view.
"""

from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.drier import mirrored
from vision.water.reference import LOG_FLOOR
from vision.water.registration import luma_of
from vision.water.types import Map, Mask

BRIGHTER, BY_ITSELF = 0.45, 0.25
"""Natural logarithm by which it grew brighter, beside the rest of the picture and by itself: by
night the rest grows dark, and lamps light what lies below them."""
BRIGHT, BRIGHTEST = 0.5, 97.0
"""It is so bright beside what this share of the rest, percent, does not exceed."""
DARKEST: Final = 20.0
"""Less than this, in eight bits, is no brightness to compare with."""
MIRRORS: Final = 0.15
"""What mirrors as much may be water."""
DOUBTED: Final = -2.0
"""Mean logarithm of the network's odds below which it doubts that a patch is water."""
SUREST: Final = 1e-4
"""No odds of the network are surer than this."""


def is_covered(water: Mask, now: Image, before: Image, shown: Mask, vote: Map) -> bool:
    """Say whether what differs is bright, mirrors nothing, and is doubted to be water.

    water: where two pictures differ as by water. vote: what the network says of each pixel, 0-1.
    All of one shape and laid over each other. shown: what neither picture hides.
    """
    patch, rest = water & shown, ~water & shown
    if not patch.any() or not rest.any():
        return False
    luma, luma_before = (luma_of(one).astype(np.float32) for one in (now, before))
    lighter = _apart(luma, patch, rest) - _apart(luma_before, patch, rest)
    brightest = max(DARKEST, float(np.percentile(luma[rest], BRIGHTEST)))
    odds = np.clip(vote[water], SUREST, 1.0 - SUREST)
    return (
        lighter > BRIGHTER
        and _brightness(luma, patch) - _brightness(luma_before, patch) > BY_ITSELF
        and float(np.median(luma[patch])) > BRIGHT * brightest
        and float(np.log(odds / (1.0 - odds)).mean()) < DOUBTED
        and mirrored(np.asarray(cv2.log(luma + LOG_FLOOR), np.float32), patch, shown) < MIRRORS
    )


def _apart(luma: Map, patch: Mask, rest: Mask) -> float:
    """Return by how much a patch is brighter than the rest, natural logarithm."""
    return _brightness(luma, patch) - _brightness(luma, rest)


def _brightness(luma: Map, where: Mask) -> float:
    """Return the middle brightness, natural logarithm."""
    return float(np.log(np.median(luma[where]) + LOG_FLOOR))

"""How far water reaches that is known to be there: up to where the picture changes with the odds.

Whether there is water is asked pixel by pixel, and answered where the witnesses are sure. How sure
they are depends on the pair: by night, in rain, on ground with little grain, the odds of all water
lie lower, so that no one bound outlines it. Within a pair water looks like water: its brightness,
how that changed, and its odds are alike, and differ from those of the ground. So what is sure
teaches two mixtures of Gaussians what water and ground are here, and a cut between them is laid
where the picture has an edge (GrabCut: Rother, Kolmogorov and Blake 2004).
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.patches import continued
from vision.water.texture import Ground
from vision.water.types import Map, Mask

SURE_WATER, SURE_GROUND = 2.0, -3.0
"""Logarithm of the odds from which a pixel is water, or ground, and teaches what they look like."""
PROBABLE: Final = -0.5
"""From here on a pixel is water to begin with. The bounds are the best of three sets of them on 78
composed pairs (docs/how-to/waterlogging.md): overlap 0.60 to 0.63, where one bound for all odds had
0.55 to 0.61."""
ROUNDS: Final = 3
LEVELS_PER_LIGHT, LEVELS_PER_ODDS = 80.0, 16.0
"""Steps of eight bits that a change of brightness by one (natural logarithm), and one of the odds'
logarithm, take beside the brightness itself."""
MIDDLE: Final = 128.0
MIXTURE: Final = 65
"""Numbers that OpenCV keeps a mixture in."""
NO_BOX: Final = (0, 0, 0, 0)
SEED: Final = 11
"""The mixtures begin by chance; the same pair must give the same outline."""


def outline(core: Mask, odds: Map, now: Ground, then: Ground, where: Mask) -> Mask:
    """Return how far the water reaches of which some is known; all of one shape.

    core: water that is known, and kept. odds: logarithms, averaged over neighbours. where: what can
    be judged at all.
    """
    kind: npt.NDArray[np.uint8] = np.full(core.shape, cv2.GC_PR_BGD, np.uint8)
    kind[odds > PROBABLE] = cv2.GC_PR_FGD
    kind[odds > SURE_WATER] = cv2.GC_FGD
    kind[(odds < SURE_GROUND) | ~where] = cv2.GC_BGD
    wet = (kind & 1) > 0
    if wet.all() or not wet.any():
        return core | wet
    cv2.setRNGSeed(SEED)
    mixtures = np.zeros((1, MIXTURE)), np.zeros((1, MIXTURE))
    layers = _layers(odds, now, then, where)
    cv2.grabCut(layers, kind, NO_BOX, *mixtures, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return continued(core, np.asarray((kind & 1) > 0, np.bool_))


def _layers(odds: Map, now: Ground, then: Ground, where: Mask) -> Image:
    """Return brightness, its change and the odds as a picture, uint8 (height, width, 3)."""
    change = now.light - then.light
    change -= np.median(change[where])
    layers = (
        np.exp(now.light),
        MIDDLE + LEVELS_PER_LIGHT * change,
        MIDDLE + LEVELS_PER_ODDS * odds,
    )
    return np.dstack([np.clip(layer, 0, 255).astype(np.uint8) for layer in layers])

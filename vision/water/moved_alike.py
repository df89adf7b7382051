"""Where a surface moved and is the same: a river, ripples on a pond, leaves; nothing came or went.

Water that was there already shows other ripples in every picture, which is texture lost and gained.
What gives it away is that there is as much of it, as light and of the same colour, as before; new
water has another colour, brightness or strength of texture than the ground it covers.
"""

from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.texture import blurred, ground, halved
from vision.water.types import Map, Mask

AROUND_PX: Final = 5.0
"""Standard deviation of the mean that is compared, at half size: several ripples."""
LIGHT, COLOUR, STRENGTH = 0.25, 0.12, 1.0
"""Natural logarithms of brightness, of colour over green and of a texture's power up to which they
are as before; tried on 9 photographs of water beside themselves, warped, among 135 pairs that
`docs/how-to/waterlogging.md` tells of."""


def moved_alike(image: Image, reference: Image, control: Mask) -> Mask:
    """Return where the same sort of surface is, moved or not, bool (h, w).

    image, reference: of one shape, laid over each other. control: (h, w), what tells how light and
    air differ in the whole picture.
    """
    now, then = ground(image), ground(reference)
    aside = halved(control.astype(np.float32)) >= 1.0
    noise = blurred(np.maximum(now.noise, then.noise), AROUND_PX)
    apart = np.maximum.reduce(
        [
            _apart(now.light - then.light, aside) / LIGHT,
            *(_apart(now.colour[:, :, i] - then.colour[:, :, i], aside) / COLOUR for i in (0, 1)),
            _stronger(halved(now.fine**2), halved(then.fine**2), 2.0 * noise, aside) / STRENGTH,
            _stronger(now.coarse**2, then.coarse**2, 0.5 * noise, aside) / STRENGTH,
        ]
    )
    alike = np.asarray(apart < 1.0, np.uint8)
    whole = cv2.resize(alike, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole > 0, np.bool_)


def _apart(change: Map, aside: Mask) -> Map:
    """Return how much a change differs from that of what lies aside."""
    smooth = blurred(np.asarray(change, np.float32), AROUND_PX)
    usual = float(np.median(smooth[aside])) if aside.any() else 0.0
    return np.asarray(np.abs(smooth - usual), np.float32)


def _stronger(now: Map, then: Map, noise: Map, aside: Mask) -> Map:
    """Return by how much a texture's power changed, natural logarithm."""
    powers = (blurred(np.asarray(one, np.float32), AROUND_PX) + noise for one in (now, then))
    after, before = powers
    change = np.asarray(np.log(after / before), np.float32)
    usual = float(np.median(change[aside])) if aside.any() else 0.0
    return np.asarray(np.abs(change - usual), np.float32)

"""Where at a camera water counts: the configured places as pixels of its samples."""

from dataclasses import dataclass

import numpy as np

from vision.scene import Point
from vision.types import FrameSize, Points
from vision.water.on_screen_text import text_mask
from vision.water.types import Mask, PermanentWater, WaterSetup


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Masks of one camera's samples, all of their shape.

    zones: where water counts. permanent: where it always is. text: what the site says the camera
    writes on; None: to be found.
    """

    zones: Mask
    permanent: Mask
    text: Mask | None

    @classmethod
    def of(cls, setup: WaterSetup, shape: tuple[int, int]) -> "Ground":
        """Return the masks of a setup; shape: height and width of the samples."""
        permanent = np.zeros(shape, np.bool_)
        for water in setup.permanent:
            permanent |= _usual_water(water, shape)
        return cls(
            zones=text_mask((zone.polygon for zone in setup.zones), shape),
            permanent=permanent,
            text=None if setup.text_masks is None else text_mask(setup.text_masks, shape),
        )


def _usual_water(water: PermanentWater, shape: tuple[int, int]) -> Mask:
    """Return where water always is: the polygon, up to its usual edge where that is drawn.

    The edge parts the polygon into water and bank. Water is the larger part; the bank is ground
    like any other, so that a river over its edge is seen.
    """
    inside = text_mask((water.polygon,), shape)
    if water.normal is None:
        return inside
    left = inside & _left_of(water.normal, shape)
    right = inside & ~left
    return left if np.count_nonzero(left) >= np.count_nonzero(right) else right


def _left_of(line: tuple[Point, Point], shape: tuple[int, int]) -> Mask:
    """Return the pixels to the left of a line drawn on for ever, seen along it."""
    height, width = shape
    (x1, y1), (x2, y2) = ((x * width, y * height) for x, y in line)
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    return np.asarray((y2 - y1) * (columns - x1) - (x2 - x1) * (rows - y1) > 0, np.bool_)


def pixels(point: Point, size: FrameSize) -> Points:
    """Return a normalised point in pixels of a picture of a size, float32 (2,)."""
    return np.array((point[0] * size.width, point[1] * size.height), np.float32)

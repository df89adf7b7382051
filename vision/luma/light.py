"""How the light on a view has changed, told from the brightness of its cells."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vision.luma.cells import CellGrid, Map

EVEN = 0.012
"""A light that is nowhere stronger or weaker by more than this share is the same: less than 2 luma
on a white wall, and what the mean of a cell in noise strays by."""
FLASH = 0.10
"""A sudden change of all brightness by this share (natural logarithm) is a lamp or an exposure."""
FLICKER_SHARE = 0.05
"""Weight of a look in how much a light usually flickers."""
BLOCK_CELLS, NEIGHBOURHOOD = 2, 5
"""A block is so many cells each way; light is the median of so many blocks each way: things are
smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light of one picture against that of the background.

    level: how many times as bright, in the middle. gain: the same for each pixel, None where the
    light is the background's all over.
    """

    level: float
    gain: Map | None

    def on(self, picture: Map) -> Map:
        """Return a picture in the background's light as it is in this one."""
        return picture if self.gain is None else np.asarray(cv2.multiply(picture, self.gain))

    def off(self, picture: Map) -> Map:
        """Return a picture in this light as it is in the background's."""
        return picture if self.gain is None else np.asarray(cv2.divide(picture, self.gain))


SAME = Light(1.0, None)


def light(brightness: Map, background: Map, grid: CellGrid) -> Light:
    """Compare the brightness of cells, above black, with that of the background."""
    rows, columns = grid.shape
    blocks = cv2.resize(
        brightness / background,
        (columns // BLOCK_CELLS, rows // BLOCK_CELLS),
        interpolation=cv2.INTER_AREA,
    )
    if _is_even(blocks):
        return SAME
    blocks = cv2.medianBlur(blocks, NEIGHBOURHOOD)
    if _is_even(blocks):
        return SAME
    level = float(np.sort(blocks, axis=None)[blocks.size // 2])
    size = grid.picture_shape[::-1]
    gain = cv2.resize(blocks, size, interpolation=cv2.INTER_LINEAR)
    return Light(level, np.asarray(gain, np.float32))


def _is_even(blocks: cv2.typing.MatLike) -> bool:
    least, most, _, _ = cv2.minMaxLoc(blocks)
    return least > 1.0 - EVEN and most < 1.0 + EVEN


class Flicker:
    """How much the light of a view usually flickers."""

    def __init__(self) -> None:
        self._usual = FLASH / 5.0

    def is_flash(self, level: float) -> bool:
        """Take in the light's level; say whether it has just changed by more than usual."""
        flash = abs(math.log(level))
        usual, self._usual = self._usual, self._usual + FLICKER_SHARE * (flash - self._usual)
        return flash > max(FLASH, 5.0 * usual)

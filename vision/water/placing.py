"""How a picture of another cut lies on its reference: turned, zoomed, cropped or barred.

A camera on its pole sways, and `vision.water.registration` finds that. Two pictures that somebody
kept of one place may differ by more: the camera was set anew, or one picture cropped. So where a
picture does not lie on its reference as it is, it is turned and zoomed by steps as wide as
registration bridges, and laid from each.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from vision.types import FrameSize
from vision.water.registration import Luma, Matrix, Registration, aligned, register
from vision.water.types import Mask, Sample

ROLLS: Final = (0.0, -2.0, 2.0, -4.0, 4.0)
"""Degrees."""
ZOOMS: Final = (1.0, 0.97, 1.03, 0.94, 1.06)
SQUEEZED: Final = 1.03
"""Sides of two pictures that differ by more than this factor make the one look squeezed."""
LIES: Final = 0.6
"""Score from which a picture lies well as it is."""
BETTER: Final = 0.1
"""By so much more a turned picture must agree with the reference."""
SURE: Final = 0.3
"""Score from which one of many tries is no chance."""


def place(sample: Sample, size: FrameSize, luma: Luma, ignore: Mask) -> Registration:
    """Lay a sample over a reference, whatever its cut.

    size: of the picture that the reference is of. luma, ignore: as of `register`. `ok` says that it
    lies as near as a camera sways; `found` that it was laid at all.
    """
    plain = register(sample, luma, ignore)
    if plain.found and plain.score >= LIES:
        return plain
    marked = replace(sample, blocked=sample.blocked | ignore)
    best, least = plain, max(plain.score + BETTER, SURE)
    for matrix in _cuts(sample.shape, sample.size, size):
        cut = Registration(matrix, sample.shape, 0.0, ok=False, found=True)
        laid = register(aligned(marked, cut), luma, ignore)
        if laid.found and laid.score > least:
            best, least = replace(laid, matrix=_after(matrix, laid.matrix), ok=False), laid.score
    return best


def _cuts(shape: tuple[int, int], now: FrameSize, then: FrameSize) -> Iterator[Matrix]:
    """Yield maps from pixels of the reference to the sample's: all that are tried."""
    sides = (now.width / now.height) / (then.width / then.height)
    stretched = [(1.0, 1.0)]
    if max(sides, 1.0 / sides) > SQUEEZED:
        stretched += [(1.0 / sides, 1.0), (1.0, sides)]
    for across, down in stretched:
        for zoom in ZOOMS:
            for roll in ROLLS:
                yield _about_the_middle(shape, roll, across * zoom, down * zoom)


def _about_the_middle(shape: tuple[int, int], degrees: float, across: float, down: float) -> Matrix:
    """Return the map that turns about the picture's middle, and then stretches."""
    height, width = shape
    middle = (width / 2, height / 2)
    turned = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    stretch = np.array(((across, 0.0), (0.0, down)))
    turned[:, :2] = stretch @ turned[:, :2]
    turned[:, 2] = middle - turned[:, :2] @ middle
    return turned.astype(np.float32)


def _after(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the map that does the inner first."""
    matrix = outer.astype(np.float64)
    linear = matrix[:, :2] @ inner[:, :2]
    moved = matrix[:, :2] @ inner[:, 2] + matrix[:, 2]
    return np.column_stack((linear, moved)).astype(np.float32)

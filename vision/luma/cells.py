"""A picture divided into cells of a few pixels, on which changes are judged."""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Luma: TypeAlias = npt.NDArray[np.uint8]
"""A small grey picture: uint8 (height, width), as coded (16 black, 235 white)."""
Map: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width): a number for each pixel of a `Luma`, or for each of its cells."""
Mask: TypeAlias = npt.NDArray[np.uint8]
"""uint8 (rows, columns), a 1 for each cell that is meant."""

CELL_PX = range(3, 7)
"""Heights and widths a cell may have: a person far away, 4 by 10 pixels, fills two of them."""
_NEIGHBOURS = np.ones((3, 3), np.uint8)


class CellGrid:
    """The cells of pictures of one size. picture_shape, shape: (height, width) in pixels, cells."""

    def __init__(self, picture_shape: tuple[int, ...]) -> None:
        height, width = picture_shape
        self.picture_shape = height, width
        self.shape = height // _cell_px(height), width // _cell_px(width)
        self.count = self.shape[0] * self.shape[1]

    def means(self, picture: Map) -> Map:
        """Return the mean over each cell."""
        size = self.shape[::-1]
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

    def pixels(self, cells: Mask) -> Mask:
        """Return the pixels of cells, uint8 (height, width)."""
        size = self.picture_shape[::-1]
        return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST), np.uint8)

    def rows_px(self, row: int) -> int:
        """Return the first row of pixels of a row of cells."""
        return row * self.picture_shape[0] // self.shape[0]

    def columns_px(self, column: int) -> int:
        """Return the first column of pixels of a column of cells."""
        return column * self.picture_shape[1] // self.shape[1]


def widened(cells: Mask) -> Mask:
    """Return the cells with those that touch them."""
    return np.asarray(cv2.dilate(cells, _NEIGHBOURS), np.uint8)


def _cell_px(length: int) -> int:
    """Return the side of a cell that best divides a picture's width or height."""
    return min(CELL_PX, key=lambda px: (length % px, abs(px - 4)))

"""Boxes that somebody laid over a picture: captions, banners, a clock's bar, another picture.

Their sides are straight to the pixel, upright, as steep everywhere and of one sign; what a camera
sees hardly ever is. Only what has two level sides and an upright one at each end counts, of which
the picture's rim may be one or two. Letters, round marks and writing across a picture are no boxes.

Tried on 144 pictures of streets and floods with something drawn on them, opaque or not: of 54
banners, clocks and insets 37 were found, of 18 captions of one line 9. Without, 0.6 % of the
picture was, most of it the bars that cameras write on.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.on_screen_text import FINE_ACROSS, GROWN_PX, strokes
from vision.water.types import Map, Mask

Sides: TypeAlias = npt.NDArray[np.int32]
"""int32 (N, 3): level sides, pixels: where each begins, where it ends, and its row."""
Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom, pixels."""

STEEP: Final = 16.0
"""Levels of eight bits between a side and what is beside it, in the colour that differs most."""
NOISY: Final = 5.0
"""And so many times the middle step of the whole picture."""
WIDE: Final = 0.06
"""Share of the picture's width that a level side takes at least."""
SHORTEST_PX: Final = 20
WHOLE: Final = 0.9
"""Share of a side that is seen: letters may touch it."""
UPRIGHT: Final = 0.8
"""The same of an upright one, which is short."""
LOWEST, HIGHEST, HIGHEST_AT_RIM = 0.02, 0.45, 0.25
"""Shares of the height that a box takes, and one of which the picture's rim is the lower side."""
LARGEST: Final = 0.2
"""Share of the picture that a box covers at most."""
NEAR_PX, NEAR = 6, 0.03
"""Two sides of one box end within so many pixels, and this share of their length, of each other."""
CAPTIONS, BAR = 0.35, 0.5
"""Share of the height, below, in which people write; and of a line's height that its bar is wider,
each way."""
CORNER_PX: Final = 3
"""Sides end so near to the corner they make."""


def laid_over(picture: Image, shape: tuple[int, int]) -> Mask:
    """Return the boxes laid over a picture, and the lines written low on it with their bars."""
    return boxes(picture, shape) | strokes(picture, shape, CAPTIONS, BAR)


def boxes(picture: Image, shape: tuple[int, int]) -> Mask:
    """Return the boxes laid over a picture of any size, at a sample's shape."""
    share = min(1.0, FINE_ACROSS / picture.shape[1])
    fine = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    values = fine.astype(np.float32)
    height, width = values.shape[:2]
    level = _sides(values, max(SHORTEST_PX, round(WIDE * width)))
    upright = np.abs(_steps(values.transpose(1, 0, 2))).max(axis=2).T
    mask = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in _boxed(level, upright >= _bound(upright)):
        corner = (left - GROWN_PX, top - GROWN_PX)
        opposite = (right + GROWN_PX, bottom + GROWN_PX)
        cv2.rectangle(mask, corner, opposite, 1, cv2.FILLED)
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_AREA) > 0, np.bool_)


def _steps(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how each colour changes from a row to the next."""
    steps = np.zeros_like(values)
    steps[:-1] = values[1:] - values[:-1]
    return steps


def _bound(steps: npt.NDArray[np.float32]) -> float:
    return max(STEEP, NOISY * float(np.median(np.abs(steps))))


def _sides(values: npt.NDArray[np.float32], length: int) -> Sides:
    """Return the level sides: where one of the colours steps alike, over a length of it or more."""
    steps = _steps(values)
    bound, found = _bound(steps), np.zeros(values.shape[:2], np.bool_)
    for step in np.moveaxis(steps, 2, 0):
        found |= _runs(step >= bound, length) | _runs(step <= -bound, length)
    _, _, stats, _ = cv2.connectedComponentsWithStats(found.view(np.uint8), connectivity=8)
    left, top, across, down = stats[1:, :4].T
    return np.stack([left, left + across, top + down // 2], axis=1)


def _runs(steep: Mask, length: int) -> Mask:
    """Return the runs along rows; one may lie between two rows, and step in either."""
    either = steep.copy()
    either[1:] |= steep[:-1]
    along = (length, 1)
    share: Map = np.asarray(
        cv2.blur(either.astype(np.float32), along, borderType=cv2.BORDER_CONSTANT), np.float32
    )
    run = cv2.dilate((share >= WHOLE).astype(np.uint8), np.ones((1, length), np.uint8)) > 0
    return np.asarray(run & either, np.bool_)


def _boxed(sides: Sides, upright: Mask) -> list[Box]:
    """Return what has all its sides."""
    found = [box for side in sides.tolist() for box in _below(side, sides, upright)]
    bottoms = {bottom for _, _, _, bottom in found}
    height = len(upright)
    for left, right, top in sides.tolist():
        low = LOWEST * height <= height - top <= HIGHEST_AT_RIM * height
        if low and top not in bottoms and _closed(upright, (left, top, right, height)):
            found.append((left, top, right, height))
    return found


def _below(side: list[int], sides: Sides, upright: Mask) -> Iterator[Box]:
    """Yield the boxes of which this is the upper side."""
    left, right, top = side
    tall = (sides[:, 2] - top) / len(upright)
    near = NEAR_PX + NEAR * (right - left)
    beside = (np.abs(sides[:, :2] - (left, right)) <= near).all(axis=1)
    for begins, ends, row in sides[beside & (tall >= LOWEST) & (tall <= HIGHEST)].tolist():
        box = (min(left, begins), top, max(right, ends), row)
        if _closed(upright, box):
            yield box


def _closed(upright: Mask, box: Box) -> bool:
    """Say whether a box, not too large, has an upright side, or the picture's rim, at each end."""
    left, top, right, bottom = box
    if (right - left) * (bottom - top) > LARGEST * upright.size:
        return False
    return all(_is_side(upright, column, top, bottom) for column in (left, right - 1))


def _is_side(upright: Mask, column: int, top: int, bottom: int) -> bool:
    if column <= CORNER_PX or column >= upright.shape[1] - 1 - CORNER_PX:
        return True
    side = upright[top + 2 : bottom - 1, column - CORNER_PX : column + CORNER_PX + 1]
    return bool(side.size) and float(side.mean(axis=0).max()) > UPRIGHT

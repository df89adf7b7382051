"""Where a camera writes on its picture: clock, date, name. No light, weather or turn changes that.

Writing is told from the scene by its constancy: the steps from stroke to outline stay as steep and
where they are while the light on everything else changes. Digits change, but where one changes
another takes its place, so what is compared is the steepest step within a character's reach. Until
the light has changed, only what looks like writing and stands where cameras write counts.

Measured on six views (the town benchmark's, OpenCV's street pictures, a flood photograph) with a
clock and a name drawn on them, by day, cloud, dusk and infrared light: once dusk had come, outlined
writing was found whole, plain white 0.83, and letters that turn black on bright ground 0.72; beside
the writing 1 to 2 % of the picture was taken with it, and where nothing was written, nothing. At
the first look it was 0.94 of the outlined writing, and 1 % of a picture without any.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.geometry import Polygon
from vision.types import Image
from vision.water.types import Mask, Sample

Steps: TypeAlias = npt.NDArray[np.float32]
"""float32 (height / 2, width / 2): the steepest step of brightness in each pixel's reach, luma."""

REACH_PX = 7
"""How far a character's strokes are apart at most, in pixels of a sample: a digit of 16 pixels at
640 across is 8 high and 5 wide."""
STEEP = 60.0
"""Luma between a stroke and its outline, at a sample's size."""
CONSTANT = 0.6
"""Writing keeps this share of its steepest step in every light."""
CHANGED = 1.35
"""Light has changed when half of all steps are this many times as steep, or as flat."""
TELLING = 1.8
"""And by so much when what has stayed must be writing: by less than `CONSTANT` allows, the scene
has stayed too. A cloud changes 1.3, dusk 2 to 3."""
LIGHTS = 6
"""So many lights are remembered."""
BLACK, WHITE = 40, 215
"""Writing that is bright and outlined, or dark on bright ground, has both within its reach."""
MARGIN = 0.08
"""Cameras write in this share of the picture, at its top and bottom."""
LONG = 2.0
"""Writing is so many times as long as high."""
HIGHEST = 0.12
"""Share of the picture's height that a line, or two under each other, take at most."""
SPARED = 4
"""With so many lights, one may be left out in which a bright sky swallows bright letters."""
GROWN_PX = 3
"""Added around it: the coder smears."""
FINE_ACROSS: Final = 960
"""Strokes are looked for in pictures of no more pixels across: finer ones are no wider.

The figures below: four sorts of writing on 69 composed pairs of street pictures, 352 to 1920
across; 0.88 of it was found, 0.73 at a sample's size, beside 0.3 % of the picture."""
FINE_MARGIN, STROKE = 0.12, 0.02
"""Shares of the height: where cameras write; and what is as wide is no stroke."""
LOWEST_LINE, HIGHEST_LINE, LONG_LINE = 0.012, 0.08, 2.5
"""Shares of the height that a line takes, and how many times as long as high it is."""
GAP: Final = 0.03
"""Share of the width that a line's letters and words are apart at most."""
OVER, BRIGHT = 80, 190
"""A stroke is so much brighter than what is beside it, and so bright."""
LEAST_INK, MOST_INK = 0.12, 0.75
"""Share of a line's box that its strokes take: a wire takes less, a wall more."""
FULL: Final = 0.5
"""Share of its box that a line's letters take with the gaps between them."""


class TextFinder:
    """Learns from samples of one camera where it writes. mask: bool, empty before the first."""

    def __init__(self) -> None:
        self.mask: Mask = np.zeros((0, 0), np.bool_)
        self._lights: deque[Steps] = deque(maxlen=LIGHTS)

    def see(self, sample: Sample) -> Mask:
        """Take in a sample and return the mask as it is now known, at the sample's shape."""
        luma = np.asarray(cv2.cvtColor(sample.image, cv2.COLOR_BGR2GRAY), np.uint8)
        steps = _steps(luma)
        if self._lights and self._lights[0].shape != steps.shape:
            self._lights.clear()
        if any(_change(steps, light) < CHANGED for light in self._lights):
            return self.mask
        self._lights.append(steps)
        ranked = np.sort(np.stack(self._lights), axis=0)
        least, most = ranked[1 if len(ranked) >= SPARED else 0], ranked[-1]
        if _change(most, least) >= TELLING:
            found = ((least >= STEEP) & (least >= CONSTANT * most)).astype(np.uint8)
        else:
            found = _looks_written(luma, steps)
        self.mask = _rows(found, sample.shape)
        return self.mask


def strokes(
    picture: Image, shape: tuple[int, int], lower: float = FINE_MARGIN, rim: float = 0.0
) -> Mask:
    """Return where a single picture of the camera's own size is written on, at a sample's shape.

    Bright strokes in lines at the top or bottom: at a sample's size thin letters are grey. lower:
    share of the height that is looked at below. rim: what is taken around a line, in its heights.
    """
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    share = min(1.0, FINE_ACROSS / luma.shape[1])
    luma = cv2.resize(luma, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    height, width = luma.shape
    side = max(3, round(STROKE * height)) | 1
    thin = cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8))
    ink = ((thin >= OVER) & (luma >= BRIGHT)).astype(np.uint8)
    ink[round(FINE_MARGIN * height) : height - round(lower * height)] = 0
    line = np.ones((3, max(3, round(GAP * width))), np.uint8)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, line)
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, line)
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    mask = np.zeros_like(ink)
    for left, top, across, down, area in stats[1:count].tolist():
        box = ink[top : top + down, left : left + across]
        if (
            LOWEST_LINE * height <= down <= HIGHEST_LINE * height
            and across >= LONG_LINE * down
            and area >= FULL * across * down
            and LEAST_INK < float(box.mean()) < MOST_INK
        ):
            grown = GROWN_PX + round(rim * down)
            corner = (left - grown, top - grown)
            opposite = (left + across + grown, top + down + grown)
            cv2.rectangle(mask, corner, opposite, 1, cv2.FILLED)
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_AREA) > 0, np.bool_)


def text_mask(polygons: Iterable[Polygon], shape: tuple[int, int]) -> Mask:
    """Return the pixels that lie in any of the polygons; shape: height and width."""
    mask = np.zeros(shape, np.uint8)
    size = np.array((shape[1], shape[0]), np.float64)
    for polygon in polygons:
        corners = np.rint(np.asarray(polygon.corners) * size).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1)
    return mask.view(np.bool_)


def _steps(luma: npt.NDArray[np.uint8]) -> Steps:
    """Return the steepest step near each pixel."""
    steep = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    near = cv2.dilate(steep, np.ones((REACH_PX, REACH_PX), np.uint8))
    return near[::2, ::2].astype(np.float32)


def _change(steps: Steps, light: Steps) -> float:
    """Return how many times as steep, or as flat, half of all steps are than they were."""
    counts = np.maximum(steps, light) >= STEEP / 3
    if not counts.any():
        return 1.0
    ratio = np.abs(np.log((steps[counts] + 1.0) / (light[counts] + 1.0)))
    return float(np.exp(np.median(ratio)))


def _looks_written(luma: npt.NDArray[np.uint8], steps: Steps) -> npt.NDArray[np.uint8]:
    """Return where black and white stand side by side at the picture's top or bottom."""
    near = np.ones((REACH_PX, REACH_PX), np.uint8)
    both = (cv2.erode(luma, near) <= BLACK) & (cv2.dilate(luma, near) >= WHITE)
    found = both[::2, ::2] & (steps >= 2 * STEEP)
    height = len(found)
    found[round(MARGIN * height) : height - round(MARGIN * height)] = False
    return found.astype(np.uint8)


def _rows(found: npt.NDArray[np.uint8], shape: tuple[int, int]) -> Mask:
    """Return the rows of writing in what was found at half of a shape, as boxes, grown."""
    joined = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    mask = np.zeros(shape, np.uint8)
    for left, top, width, height, _area in stats[1:count].tolist():
        if LONG * height <= width and height <= HIGHEST * len(found):
            corner = (2 * left - GROWN_PX, 2 * top - GROWN_PX)
            opposite = (2 * (left + width) + GROWN_PX, 2 * (top + height) + GROWN_PX)
            cv2.rectangle(mask, corner, opposite, 1, cv2.FILLED)
    return mask.view(np.bool_)

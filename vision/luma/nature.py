"""What a change in a picture is: a thing, light, or a ghost of somebody who has left."""

import math
from dataclasses import dataclass
from enum import Enum, auto

import cv2
import numpy as np

from vision.luma.cells import Map, Mask

SMOOTH, SMOOTH_MOST = 0.45, 1.6
"""Steps between neighbouring pixels of a change, by its mean size: their mean, and what 95 % stay
below. Measured: soft light and shadow up to 0.30 and 0.9, people and cars 0.55 and 2.7 and more."""
SAME = 0.9
"""Correlation with the background from which a thing is the one that was there: bright and glossy
ones do not follow the light about them. Measured: 0.92 and more; who comes, 98 % up to 0.75."""
EDGE = 6.0
"""Luma: smaller steps between neighbouring pixels are noise, no edge of a change."""
GHOST = 0.3
"""Share of a change's edges that is in the picture, below which it shows that somebody left.
Measured: who comes 0.4 and more, mostly above 0.7; ghosts 0.01 and more, half of them below 0.2."""
_NEIGHBOURS = np.ones((3, 3), np.uint8)


class Nature(Enum):
    """What changed. GHOST: the background shows something that is no longer there."""

    THING = auto()
    LIGHT = auto()
    GHOST = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A part of a picture. cells: 1 where it differs. background: in the picture's light."""

    cells: Mask
    picture: Map
    background: Map

    @property
    def nature(self) -> Nature:
        """What it is."""
        difference = np.asarray(cv2.subtract(self.picture, self.background), np.float32)
        steps = _steps(difference)
        if _is_smooth(difference, steps) or self._is_same():
            return Nature.LIGHT
        return Nature.GHOST if self._newness(steps) < GHOST else Nature.THING

    def _is_same(self) -> bool:
        """Say whether the picture shows what the background does, brighter or darker."""
        mask = self._pixels(self.cells) > 0
        picture, background = self.picture[mask], self.background[mask]
        picture -= picture.mean()
        background -= background.mean()
        size = float(picture @ picture) * float(background @ background)
        return float(picture @ background) >= SAME * math.sqrt(max(size, 1e-6))

    def _newness(self, steps: Map) -> float:
        """Return the share of the edges that is in the picture and not in the background, 0-1.

        What came brings its edges. Only those along the border count, as the inside may be plain
        before something patterned, or the other way round.
        """
        border = cv2.morphologyEx(self.cells, cv2.MORPH_GRADIENT, _NEIGHBOURS)
        pixels = self._pixels(np.asarray(border, np.uint8))[1:, 1:]
        edges = pixels * np.maximum(steps - np.float32(EDGE), 0.0)
        here = float((edges * _steps(self.picture)).sum())
        before = float((edges * _steps(self.background)).sum())
        return here / (here + before) if here + before > 0.0 else 1.0

    def _pixels(self, cells: Mask) -> Mask:
        height, width = self.picture.shape
        pixels = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(pixels, np.uint8)


def _is_smooth(difference: Map, steps: Map) -> bool:
    """Say whether a change is as smooth as light: it has no edges where a thing has."""
    size = max(float(np.abs(difference).mean()), 1e-6)
    if float(steps.mean()) >= SMOOTH * size:
        return False
    rank = steps.size * 19 // 20
    return float(np.partition(steps, rank, axis=None)[rank]) < SMOOTH_MOST * size


def _steps(part: Map) -> Map:
    """Return how far each pixel is from those to its left and above, whichever is more."""
    inner = part[1:, 1:]
    left, above = cv2.absdiff(inner, part[1:, :-1]), cv2.absdiff(inner, part[:-1, 1:])
    return np.asarray(cv2.max(left, above), np.float32)

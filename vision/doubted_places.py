"""Where in a camera's picture motion was in vain, and for how long it is not believed there.

Leaves, flags and water move in gusts, at places of their own, and no model of noise learns them in
time. Whether it was worth waking up is known once the detector has looked: where it found nothing,
motion is disbelieved for a while, longer each time in a row. Who walks leaves such a place.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vision.activity import Region

GRID: Final = (18, 32)
"""Rows and columns of places: a person far off covers two by one."""

NEWS: Final = 0.4
"""A region of which so much lies where motion is not disbelieved is news: leaves never move twice
over the very same places."""

DOUBT_S: Final = 60.0
"""For so long motion is not believed where it was in vain; doubled each time in a row."""

LONGEST_DOUBT_S: Final = 600.0


class DoubtedPlaces:
    """One view's memory of motion in vain. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._doubt_s = np.zeros(GRID, np.float32)
        self._until_s = np.zeros(GRID, np.float64)
        self._stirred = np.zeros(GRID, np.bool_)

    def is_news(self, regions: Sequence[Region], at_s: float) -> bool:
        """Say whether anything moves where that is not disbelieved."""
        believed = self._until_s <= at_s
        return any(bool(np.mean(believed[_places(region)]) >= NEWS) for region in regions)

    def stirred(self, regions: Sequence[Region]) -> None:
        """Take note of what moves, until it is known whether that was in vain."""
        for region in regions:
            self._stirred[_places(region)] = True

    def forget_stirs(self) -> None:
        """Leave open what has moved since the last verdict: nobody looked."""
        self._stirred[:] = False

    def in_vain(self, at_s: float) -> None:
        """Disbelieve what has moved since the last verdict, from now on."""
        longer = np.clip(2 * self._doubt_s[self._stirred], DOUBT_S, LONGEST_DOUBT_S)
        self._doubt_s[self._stirred] = longer
        self._until_s[self._stirred] = at_s + longer
        self._stirred[:] = False

    def borne_out(self) -> None:
        """Believe in what has moved since the last verdict: there was an object."""
        self._doubt_s[self._stirred] = self._until_s[self._stirred] = 0.0
        self._stirred[:] = False


def _places(region: Region) -> tuple[slice, slice]:
    """Return the rows and columns of the places that a region touches."""
    return _span(region.y1, region.y2, GRID[0]), _span(region.x1, region.x2, GRID[1])


def _span(low: float, high: float, count: int) -> slice:
    first = min(int(low * count), count - 1)
    return slice(first, max(first + 1, int(np.ceil(high * count))))

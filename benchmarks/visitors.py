"""A square with nobody on it, whom real people visit one by one, some of them far away."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from benchmarks.town_passages import (
    SIZE,
    VIEWS,
    Box,
    Passage,
    empty,
    film_of,
    opacity,
    passages,
)
from vision.luma.cells import Luma
from vision.types import Image

VIEW = VIEWS[0]
LEAD_S, PAUSE_S, VISIT_S = 16.0, 6.0, 4.0
"""Nobody for so long at first; then between visits; a visit's length."""
SIZES = (1.0, 0.6, 1.0, 0.6)
"""Of the visitors, against those of the film: at 0.6 a person is 3 by 8 pixels at 160 across."""
VANISHING_ROW = 0.3
"""Share of the height towards which people grow smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One visitor. begins_s: since the clip began. boxes: pixels of `SIZE`, of each shown picture.

    shown: the square with the visitor on it, grey, a picture for each box.
    """

    begins_s: float
    boxes: tuple[Box, ...]
    shown: tuple[Luma, ...]

    @property
    def ends_s(self) -> float:
        """When the visitor is gone."""
        return self.begins_s + len(self.shown) / VIEW.shot.shown_fps

    def number(self, at_s: float) -> int | None:
        """Return the index of what is shown at a moment, None while nobody is there."""
        number = math.floor((at_s - self.begins_s) * VIEW.shot.shown_fps)
        return number if 0 <= number < len(self.shown) else None

    def box(self, at_s: float) -> Box | None:
        """Return where the visitor is, None while not there."""
        number = self.number(at_s)
        return None if number is None else self.boxes[number]


@cache
def square() -> Luma:
    """Return the square without anybody, grey."""
    return np.asarray(cv2.cvtColor(empty(VIEW), cv2.COLOR_BGR2GRAY), np.uint8)


@cache
def visits() -> tuple[Visit, ...]:
    """Return who comes, in the order of time."""
    length = int(VISIT_S * VIEW.shot.shown_fps)
    long = [one for one in passages(VIEW) if len(one.boxes) >= length]
    chosen = long[:: max(1, len(long) // len(SIZES))][: len(SIZES)]
    return tuple(
        _visit(passage, LEAD_S + index * (VISIT_S + PAUSE_S), length, SIZES[index])
        for index, passage in enumerate(chosen)
    )


def _visit(passage: Passage, begins_s: float, length: int, size: float) -> Visit:
    film = film_of(VIEW, range(passage.first, passage.first + length))
    shown = tuple(_drawn(film[number], number, passage, size) for number in sorted(film))
    boxes = tuple(_moved(box, size) for box in passage.boxes[: len(shown)])
    return Visit(begins_s, boxes, shown)


def _drawn(picture: Image, number: int, passage: Passage, size: float) -> Luma:
    """Return the square with one visitor on it."""
    cover = opacity(VIEW, picture, number, [passage])
    assert cover is not None
    move, whole = np.array(_farther(size)), (SIZE.width, SIZE.height)
    grey = cv2.warpAffine(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), move, whole)
    opaque = cv2.warpAffine(cover, move, whole)
    return np.asarray(square() * (1.0 - opaque) + grey * opaque, np.uint8)


def _moved(box: Box, size: float) -> Box:
    (across, _, left), (_, down, top) = _farther(size)
    x1, y1, x2, y2 = box
    return across * x1 + left, down * y1 + top, across * x2 + left, down * y2 + top


def duration_s() -> float:
    """Return how long a clip of all visits lasts."""
    return visits()[-1].ends_s + PAUSE_S


def square_with_visits(fps: int) -> Iterator[tuple[float, Luma]]:
    """Yield each picture with its seconds since the clip began."""
    for number in range(int(duration_s() * fps)):
        at_s = number / fps
        yield (
            at_s,
            next(
                (one.shown[n] for one in visits() if (n := one.number(at_s)) is not None), square()
            ),
        )


def _farther(size: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the affine map that makes things smaller towards the vanishing row."""
    left, top = (1 - size) * SIZE.width / 2, (1 - size) * SIZE.height * VANISHING_ROW
    return (size, 0.0, left), (0.0, size, top)

"""How well an eye tells water from what looks like it, on pairs of pictures it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vision.water.head import Cells, Head
from vision.water.types import Map

FOUND: Final = 0.05
"""Share of the zones from which water counts as found, and as a false alarm where there is none:
what a place is watched from (`WaterLines.watch_ratio`)."""
HURT: Final = 0.01
"""By how much a figure may fall if another gains more: what trials of this size cannot tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What the network saw of a pair, in the cells of the zones.

    cells (N, F), score (N,): the shipped network's, water (N,): true share of each cell, 0-1. real:
    two pictures as they were taken, both dry.
    """

    cells: Cells
    score: Map
    water: Map
    real: bool


@dataclass(frozen=True, slots=True)
class EyeFigures:
    """How an eye did; all 0-1.

    iou: overlap of the water called with the true, mean over flooded pairs. found: share of flooded
    pairs found. false_alarms: share of disturbed dry pairs called flooded; real_false_alarms: of
    pairs of two real references, None when there were none.
    """

    iou: float
    found: float
    false_alarms: float
    real_false_alarms: float | None

    @property
    def merit(self) -> float:
        """One number to compare by, -1 to 1: what is found, less what is invented."""
        return (self.iou + self.found) / 2 - max(self.false_alarms, self.real_false_alarms or 0.0)

    def is_better_than(self, other: "EyeFigures") -> bool:
        """Return whether an eye is better in sum, and worse in nothing by more than HURT."""
        pairs = (
            (self.iou, other.iou),
            (self.found, other.found),
            (-self.false_alarms, -other.false_alarms),
            (-(self.real_false_alarms or 0.0), -(other.real_false_alarms or 0.0)),
        )
        return self.merit > other.merit and all(ours >= its - HURT for ours, its in pairs)


def measure(trial: Sequence[Lesson], head: Head | None) -> EyeFigures:
    """Return how the shipped network does on lessons, None, or a head's correction of it."""
    ious: list[float] = []
    alarms: dict[str, list[bool]] = {"flooded": [], "dry": [], "real": []}
    for lesson in trial:
        score = lesson.score + head.correction(lesson.cells) if head else lesson.score
        called, water = score >= 0.0, lesson.water >= 0.5
        alarm = bool(called.mean() >= FOUND)
        if water.mean() >= FOUND:
            alarms["flooded"].append(alarm)
            ious.append(np.count_nonzero(called & water) / np.count_nonzero(called | water))
        elif not water.any():
            alarms["real" if lesson.real else "dry"].append(alarm)
    return EyeFigures(
        iou=_mean(ious),
        found=_mean(alarms["flooded"]),
        false_alarms=_mean(alarms["dry"]),
        real_false_alarms=_mean(alarms["real"]) if alarms["real"] else None,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0

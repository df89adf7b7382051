"""Which detection of a frame shows which followed object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import lap
import numpy as np
import numpy.typing as npt

from vision.trails import TRAIL, Floats, Habits, Rows

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """The detections of one frame as columns of one length N.

    boxes: (N, 4), pixels. score: (N,), 0-1. kind: (N,), the tracker's number for it.
    """

    boxes: Floats
    score: Floats
    kind: npt.NDArray[np.int16]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.score)

    def only(self, rows: Rows) -> "Sightings":
        """Return some of them."""
        labels = tuple(self.labels[row] for row in rows)
        return Sightings(self.boxes[rows], self.score[rows], self.kind[rows], labels)

    def trails(self, number: int, habits: Sequence[Habits]) -> npt.NDArray[np.void]:
        """Return a trail for each, to be begun; numbers rise from this one. habits: by kind."""
        fresh = np.zeros(len(self), dtype=TRAIL)
        fresh["number"] = np.arange(number, number + len(self))
        fresh["kind"], fresh["box"], fresh["score"] = self.kind, self.boxes, self.score
        fresh["reach_per_s"] = [habits[kind].reach_per_s for kind in self.kind]
        fresh["still_hold_s"] = [habits[kind].still_hold_s for kind in self.kind]
        return fresh


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which rows of the trails (K,) are shown by which detections (K,)."""

    trails: Rows
    seen: Rows


NO_PAIRS = Pairs(np.empty(0, np.intp), np.empty(0, np.intp))


def assign(fit: Floats, free: tuple[Mask, Mask], who: tuple[Mask, Mask], least: float) -> Pairs:
    """Give each object at most one detection, best in all, and strike both from `free`.

    fit: the likeness of every object (T) with every detection (S), less than `least` being none.
    free, who: masks (T,) and (S,): who has no partner yet, and who of these takes part.
    """
    trails, seen = (np.flatnonzero(a & b) for a, b in zip(free, who, strict=True))
    if not len(trails) or not len(seen):
        return Pairs(trails[:0], seen[:0])
    cost = 1.0 - fit[trails[:, None], seen]
    chosen, _ = lap.lapjv(cost, extend_cost=True, cost_limit=1.0 - least, return_cost=False)
    matched = chosen >= 0
    pairs = Pairs(trails[matched], seen[chosen[matched]])
    free[0][pairs.trails] = False
    free[1][pairs.seen] = False
    return pairs

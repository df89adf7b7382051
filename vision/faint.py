"""What the detector is never sure of, but that goes its way: somebody far off, or in the dark.

An unsure box says little: signs, bushes and shadows have them too, each in its place. Boxes that
follow each other from where the first one was to somewhere else are of somebody who walks there.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vision.pairing import Mask, Sightings, assign
from vision.trails import Floats, Habits, Rows, Trails, likeness

FAINT_S = 1.0
"""So long something must be seen, in so many detections, before it counts."""
FAINT_SIGHTINGS = 5
UNSEEN_S = 1.0
"""Unseen for so long, and in two looks, it is forgotten."""
LIKENESS = 0.5
"""Least likeness of a box to the one before."""
COVERED = 0.3
"""Share of a box within another object's from which it may be part of that one."""
MOST = 64
"""So many are kept in mind; the longest unseen make room."""


class Faint:
    """What one camera's detector is not sure of, until it has gone some way."""

    def __init__(self) -> None:
        self._trails = Trails(FAINT_S)
        self._labels: dict[int, Counter[str]] = {}
        self._made = 0

    def wait(self, watched_s: float | None) -> None:
        """Let time pass before a frame is looked at; None: blind time, whatever went on then."""
        if watched_s is None:
            self._keep(np.zeros(len(self), np.bool_))
        if len(self):
            self._trails.wait(watched_s or 0.0)

    def __len__(self) -> int:
        return len(self._trails)

    def look(
        self, unsure: Sightings, habits: Sequence[Habits], at: int
    ) -> tuple[npt.NDArray[np.void], list[Counter[str]]]:
        """Take in what is no known object's; return the trails that are somebody, and their labels.

        habits: by kind. at: microseconds since the epoch. What is returned is forgotten here.
        """
        trails = self._trails
        fit = likeness(trails.predict(), trails.reach_px(), unsure.boxes)
        fit *= trails.rows["kind"][:, None] == unsure.kind
        free = np.ones(len(trails), np.bool_), np.ones(len(unsure), np.bool_)
        pairs = assign(fit, free, (free[0].copy(), free[1].copy()), LIKENESS)
        if len(pairs.seen):
            boxes, scores = unsure.boxes[pairs.seen], unsure.score[pairs.seen]
            trails.see(pairs.trails, boxes, scores, np.zeros(len(boxes), np.bool_), at)
            for number, seen in zip(trails.rows["number"][pairs.trails], pairs.seen, strict=True):
                self._labels[int(number)][unsure.labels[seen]] += 1
        self._begin(unsure.only(np.flatnonzero(free[1])), habits, at)
        return self._grown()

    def _begin(self, fresh: Sightings, habits: Sequence[Habits], at: int) -> None:
        numbered = fresh.trails(self._made, habits)
        self._trails.begin(numbered, at)
        self._made += len(fresh)
        for number, label in zip(numbered["number"], fresh.labels, strict=True):
            self._labels[int(number)] = Counter([label])

    def _grown(self) -> tuple[npt.NDArray[np.void], list[Counter[str]]]:
        """Take out what has gone some way, drop what is unseen."""
        rows = self._trails.rows
        gone = rows["last_sure"] > rows["first_seen"]
        grown = rows["confirmed"] & gone & (rows["detections"] >= FAINT_SIGHTINGS)
        found = rows[grown]
        labels = [self._labels[int(number)] for number in found["number"]]
        lost = (rows["missed_frames"] >= 2) & (rows["unseen_s"] > UNSEEN_S)
        self._keep(~(grown | lost))
        if len(self._trails) > MOST:
            self._keep(np.sort(np.argsort(self._trails.rows["unseen_s"], kind="stable")[:MOST]))
        return found, labels

    def _keep(self, which: Mask | Rows) -> None:
        self._trails.keep(which)
        kept = self._trails.rows["number"].tolist()
        self._labels = {number: self._labels[number] for number in kept}


def uncovered(boxes: Floats, others: Floats) -> Mask:
    """Return which boxes (N, 4) are not within one of the others (M, 4) for a good part, (N,)."""
    corner = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    sides = np.maximum(corner - np.maximum(boxes[:, None, :2], others[None, :, :2]), 0.0)
    area = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1.0)
    return np.asarray((sides.prod(axis=2) < COVERED * area[:, None]).all(axis=1))

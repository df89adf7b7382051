"""The objects a tracker follows, as columns: where each is, how it moves, where it may be by now.

All motion is in pixels per real second, so that the same settings serve 15 frames a second and one
frame in two seconds. Columns, because a square with sixty people costs little more than one with
five: no loop here runs over objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from vision.types import Kind

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]
"""Positions in `Trails`, or in the columns of a frame's detections."""

COAST_S = 2.0
"""A lost object is looked for along its last velocity for so long, and no further."""

VELOCITY_MEMORY_S = 0.6
"""Time constant over which measured velocities are averaged: a few steps of a walking person."""

REST_REACH_RATIO = 0.05
"""Part of its longer side by which any box is widened on each side: the tremble of a detector."""

STEADY_RATIO = 0.25
"""Part of its reach in which an object of known velocity is looked for at once; the part grows to
the whole within STEADY_S, the time in which people turn round (measured: `benchmarks/tracking`)."""

STEADY_S = 1.0

HEIGHT_POWER = 1.5
"""How much a difference in height counts against a match. Measured by `benchmarks/tracking`: from 1
to 2 little changes, without it ids were switched a sixth more often."""

STILL_IOU = 0.5
"""A box that overlaps the one where the object came to rest by this much has not moved."""

STILL_AFTER_S = 5.0
"""An object that has not moved for so long is at rest: longer than people pause in walking."""

UNSURE_S = 4.0
"""Unsure detections continue what moves for so long after a sure one: longer than somebody is half
hidden. Without an end, a bush where somebody left the picture is a person who never goes."""

UNSURE_SIGHTINGS = 3
"""And so many of them in a row whatever the time, for a camera that is looked at rarely."""

GONE_EXTENTS = 1.0
"""What has gone so many of its longer sides since it was surely there is surely there: no bush
goes."""

SEEN_SHARE = 0.34
"""Part of the looks at which an object must be seen to count: boxes that come by chance, at many
looks a second, now and then meet."""

MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Habits:
    """What is to be expected of a kind.

    reach_per_s: how many of its longer sides it covers in a second while its velocity is unknown.
    still_hold_s: one at rest that the detector loses is kept for as long as it had stood, up to
    this: a parked car that comes and goes with the light stays one car.
    """

    reach_per_s: float
    still_hold_s: float


HABITS: Mapping[Kind, Habits] = MappingProxyType(
    {
        Kind.PERSON: Habits(reach_per_s=0.8, still_hold_s=60.0),
        Kind.VEHICLE: Habits(reach_per_s=1.5, still_hold_s=600.0),
    }
)
"""A person of 1.7 m at 1.4 m/s; a car of 4.5 m at 25 km/h (faster ones are caught by their
velocity once it is known)."""

OTHER_HABITS = Habits(reach_per_s=0.8, still_hold_s=60.0)
"""Any other kind moves like a person: an animal, smoke, floating rubbish."""

TRAIL: Final = np.dtype(
    [
        ("number", np.int64),
        ("kind", np.int16),
        ("box", np.float64, 4),
        ("velocity", np.float64, 2),
        ("score", np.float64),
        ("looks", np.int64),
        ("detections", np.int64),
        ("confirmed", np.bool_),
        ("still", np.bool_),
        ("missed_frames", np.int64),
        ("unseen_s", np.float64),
        ("first_seen", np.int64),
        ("last_seen", np.int64),
        ("last_sure", np.int64),
        ("sure_box", np.float64, 4),
        ("unsure", np.int64),
        ("rest_box", np.float64, 4),
        ("rest_since", np.int64),
        ("reach_per_s", np.float64),
        ("still_hold_s", np.float64),
    ]
)
"""One followed object. kind: the tracker's own number for it. box, rest_box: x1, y1, x2, y2 in
pixels of the source frame; velocity: pixels a second. looks: since the first detection, and with
it. confirmed: whether it counts; still: whether it is at rest; unsure: unsure detections since the
last sure one, which was at sure_box. Times: microseconds since the
epoch."""


class Trails:
    """What is followed, by rising number; a row is an object, a field of `rows` a column."""

    def __init__(self, confirm_s: float) -> None:
        self.rows = np.empty(0, dtype=TRAIL)
        self._confirm_us = confirm_s * MICROSECONDS

    def __len__(self) -> int:
        return len(self.rows)

    def hold_s(self, lost_s: float, tentative_s: float) -> Floats:
        """Return how long each is kept unseen, (N,): what is at rest for as long as it had stood.

        lost_s: what moves; tentative_s: what is not confirmed.
        """
        stood_s = (self.rows["last_seen"] - self.rows["rest_since"]) / MICROSECONDS
        still_s = np.maximum(lost_s, np.minimum(stood_s, self.rows["still_hold_s"]))
        known_s = np.where(self.rows["still"], still_s, lost_s)
        return np.where(self.rows["confirmed"], known_s, tentative_s)

    def wait(self, watched_s: float) -> None:
        """Let time pass before a frame is looked at."""
        self.rows["looks"] += 1
        self.rows["unseen_s"] += watched_s
        self.rows["missed_frames"] += 1

    def predict(self) -> Floats:
        """Return where each box should be by now, (N, 4)."""
        coast_s = np.where(self.rows["still"], 0.0, np.minimum(self.rows["unseen_s"], COAST_S))
        moved = self.rows["velocity"] * coast_s[:, None]
        predicted: Floats = self.rows["box"] + np.concatenate([moved, moved], axis=1)
        return predicted

    def reach_px(self) -> Floats:
        """Return how far off the prediction each may be, (N,), pixels."""
        stays_put = self.rows["still"] & (self.rows["missed_frames"] > 1)
        moving_s = np.where(stays_put, 0.0, np.minimum(self.rows["unseen_s"], COAST_S))
        unsteady = STEADY_RATIO + (1.0 - STEADY_RATIO) * np.minimum(1.0, moving_s / STEADY_S)
        doubt = np.where(self.rows["detections"] < 2, 1.0, unsteady)
        box = self.rows["box"]
        longer_px = (box[:, 2:] - box[:, :2]).max(axis=1, initial=0.0)
        reach: Floats = longer_px * (REST_REACH_RATIO + self.rows["reach_per_s"] * moving_s * doubt)
        return reach

    def takes_unsure(self, at: int) -> npt.NDArray[np.bool_]:
        """Return which an unsure detection may continue, (N,).

        What was surely there a moment ago, or was at rest when it surely was there.
        """
        sure = self.rows["last_sure"]
        at_rest = sure - self.rows["rest_since"] >= STILL_AFTER_S * MICROSECONDS
        lately = at - sure <= UNSURE_S * MICROSECONDS
        few = self.rows["unsure"] < UNSURE_SIGHTINGS
        return np.asarray(self.rows["confirmed"] & (at_rest | lately | few))

    def see(
        self, which: Rows, boxes: Floats, scores: Floats, is_sure: npt.NDArray[np.bool_], at: int
    ) -> None:
        """Take in the newest detection of some: (K, 4) boxes and (K,) others for `which` (K,)."""
        seen = self.rows[which]
        self._learn_velocity(seen, boxes)
        moved = _overlap(seen["rest_box"], boxes) < STILL_IOU
        seen["rest_box"][moved] = boxes[moved]
        seen["rest_since"][moved] = at
        seen["box"], seen["score"], seen["last_seen"] = boxes, scores, at
        sure = is_sure | _has_gone(seen["sure_box"], boxes)
        seen["last_sure"][sure] = at
        seen["sure_box"][sure] = boxes[sure]
        seen["unsure"] = np.where(sure, 0, seen["unsure"] + 1)
        seen["detections"] += 1
        often = seen["detections"] >= SEEN_SHARE * seen["looks"]
        seen["confirmed"] |= often & (at - seen["first_seen"] >= self._confirm_us)
        seen["still"] = at - seen["rest_since"] >= STILL_AFTER_S * MICROSECONDS
        seen["missed_frames"] = 0
        seen["unseen_s"] = 0.0
        self.rows[which] = seen

    @staticmethod
    def _learn_velocity(seen: npt.NDArray[np.void], boxes: Floats) -> None:
        """Average the newest velocity in: plain mean at first, later with a fading memory."""
        unseen_s = seen["unseen_s"]
        elapsed_s = np.where(unseen_s > 0.0, unseen_s, np.inf)
        gain = np.maximum(-np.expm1(-unseen_s / VELOCITY_MEMORY_S), 1.0 / seen["detections"])
        gain[unseen_s <= 0.0] = 0.0
        moved = boxes - seen["box"]
        newest = (moved[:, :2] + moved[:, 2:]) / 2 / elapsed_s[:, None]
        seen["velocity"] += gain[:, None] * (newest - seen["velocity"])

    def begin(self, fresh: npt.NDArray[np.void], at: int) -> None:
        """Follow more: rows with number, kind, box, score and habits filled in."""
        fresh["detections"] = fresh["looks"] = 1
        fresh["rest_box"] = fresh["sure_box"] = fresh["box"]
        for moment in ("first_seen", "last_seen", "last_sure", "rest_since"):
            fresh[moment] = at
        self.add(fresh)

    def add(self, rows: npt.NDArray[np.void]) -> None:
        """Follow more that have a past already."""
        self.rows = np.concatenate([self.rows, rows])

    def keep(self, which: npt.NDArray[np.bool_] | Rows) -> None:
        """Follow only these further, by mask or by position."""
        self.rows = self.rows[which]


def likeness(predicted: Floats, reach: Floats, seen: Floats) -> Floats:
    """Return how well each seen box (S, 4) fits each predicted one (T, 4), (T, S), 0-1.

    It is the overlap (intersection over union) of both boxes widened on each side by the trail's
    reach (T,), in pixels, after C-BIoU (Yang et al., WACV 2023), times a power of the ratio of
    their heights: who comes near is seen as large before, who stands farther off is smaller.
    """
    margin = reach[:, None] * np.array([-1.0, -1.0, 1.0, 1.0])
    a = (predicted + margin)[:, None, :]
    b = seen[None, :, :] + margin[:, None, :]
    heights = (predicted[:, 3] - predicted[:, 1])[:, None], (seen[:, 3] - seen[:, 1])[None, :]
    tallest = np.maximum(np.maximum(*heights), np.finfo(np.float64).tiny)
    fit: Floats = _overlap(a, b) * (np.minimum(*heights) / tallest) ** HEIGHT_POWER
    return fit


def _has_gone(before: Floats, boxes: Floats) -> npt.NDArray[np.bool_]:
    """Return which boxes (K, 4) are somewhere else than they were, (K,)."""
    away = (boxes[:, :2] + boxes[:, 2:] - before[:, :2] - before[:, 2:]) / 2
    longer_px = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    return np.asarray(np.hypot(away[:, 0], away[:, 1]) >= GONE_EXTENTS * longer_px)


def _overlap(a: Floats, b: Floats) -> Floats:
    """Return intersection over union of boxes that broadcast against each other, (…, 4) → (…)."""
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    np.maximum(sides, 0.0, out=sides)
    shared = sides[..., 0] * sides[..., 1]
    union = _area(a) + _area(b) - shared
    ratio: Floats = shared / np.maximum(union, np.finfo(np.float64).tiny)
    return ratio


def _area(boxes: Floats) -> Floats:
    area: Floats = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return area

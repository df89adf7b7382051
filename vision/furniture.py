"""Fixed things that a model mistakes for objects, told by how they behave, and left out.

A sign taken for a person is there from the first look on, or appears without anything having moved;
it trembles in one place, the model is never sure of it, and the luma around it stays still. Whoever
walks in front of it brings motion and is let through; whatever came by moving is never left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from vision.activity import Activity, ActivityState
from vision.geometry import iou_matrix
from vision.types import Boxes, Detections, FrameSize, Kind

SAME_IOU = 0.5
"""A detection that overlaps a fixed thing by this much is of it."""
STIRRED_COVER = 0.2
"""Share of a box under luma motion from which something moves there."""
PATIENCE_S = 20.0
"""A thing must have been seen without a stir for so long: people who wait fidget sooner."""
MOSTLY = 2.0
"""And so many times longer than with one: passers-by stir whatever they hide."""
UNSURE: Mapping[str, float] = MappingProxyType({Kind.PERSON: 0.45, Kind.VEHICLE: 0.30})
"""Mean score below which something may be a mistake. Measured with the default model on vtest.avi:
signs and posts taken for people 0.24 to 0.34, people at rest 0.6; parked vans 0.43 and 0.59."""
UNSURE_OTHER = 0.30
"""The same for kinds of other models."""
SURER = 0.2
"""A detection of a fixed thing this much surer than usual is somebody else."""
FORGET_S = 120.0
"""What has not been detected for so long is forgotten."""
MOST_THINGS = 64
"""The longest unseen makes room."""
LONGEST_STEP_S = 5.0
"""Looks further apart than this say nothing about the time between them."""
MEMORY = 0.05
"""Weight of a detection in a thing's mean box and score."""


@dataclass(slots=True, eq=False)
class _Thing:
    """Something detected again and again in one place. still_s, stirred_s: seen so, seconds."""

    kind: str
    box: npt.NDArray[np.float32]
    score: float
    seen_at: datetime
    arrived: bool
    still_s: float = 0.0
    stirred_s: float = 0.0

    @property
    def is_fixed(self) -> bool:
        """Whether it is taken for a mistake of the model."""
        return (
            not self.arrived
            and self.still_s >= PATIENCE_S
            and self.still_s >= MOSTLY * self.stirred_s
            and self.score < UNSURE.get(self.kind, UNSURE_OTHER)
        )


class Furniture:
    """The memory of one camera's fixed things; looks come in the order of time."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing: the camera was turned, or shows another size."""
        self._things: list[_Thing] = []
        self._size: FrameSize | None = None
        self._at: datetime | None = None

    def sift(
        self, detections: Detections, activity: Activity | None, at: datetime, size: FrameSize
    ) -> Detections:
        """Return the detections without those of fixed things.

        activity: of this very moment. Without it, or while the whole picture changes, what is known
        is used and nothing learnt.
        """
        if size != self._size:
            self.forget()
            self._size = size
        step_s = self._step_s(at)
        learns = activity is not None and activity.state is not ActivityState.GLOBAL
        stirred = _stirred(detections.xyxy, activity, size)
        taken = self._match(detections)
        kept = np.ones(len(detections), np.bool_)
        for row, thing in enumerate(taken):
            if thing is None:
                if learns:
                    self._begin(detections, row, bool(stirred[row]), at)
                continue
            score = float(detections.score[row])
            kept[row] = not thing.is_fixed or stirred[row] or score > thing.score + SURER
            thing.seen_at = at
            if learns:
                _learn(thing, detections.xyxy[row], score, bool(stirred[row]), step_s)
        self._drop_forgotten(at)
        return detections if kept.all() else _only(detections, kept)

    def _step_s(self, at: datetime) -> float:
        before, self._at = self._at, at
        passed_s = (at - before).total_seconds() if before else 0.0
        return passed_s if 0.0 <= passed_s <= LONGEST_STEP_S else 0.0

    def _match(self, detections: Detections) -> list[_Thing | None]:
        """Return the thing that each detection is of; each thing is taken once, by the surest."""
        if not self._things or not len(detections):
            return [None] * len(detections)
        overlap = iou_matrix(detections.xyxy, np.stack([thing.box for thing in self._things]))
        kinds = [thing.kind for thing in self._things]
        taken: list[_Thing | None] = []
        for row in range(len(detections)):
            same = np.array([kind == detections.kind(row) for kind in kinds])
            column = int((overlap[row] * same).argmax())
            is_same = bool(same[column]) and overlap[row, column] >= SAME_IOU
            taken.append(self._things[column] if is_same else None)
            if is_same:
                overlap[:, column] = 0.0
        return taken

    def _begin(self, detections: Detections, row: int, stirred: bool, at: datetime) -> None:
        if len(self._things) >= MOST_THINGS:
            self._things.remove(min(self._things, key=lambda thing: thing.seen_at))
        self._things.append(
            _Thing(
                kind=detections.kind(row),
                box=detections.xyxy[row].copy(),
                score=float(detections.score[row]),
                seen_at=at,
                arrived=stirred,
            )
        )

    def _drop_forgotten(self, at: datetime) -> None:
        self._things = [
            thing for thing in self._things if (at - thing.seen_at).total_seconds() <= FORGET_S
        ]


def _learn(
    thing: _Thing, box: npt.NDArray[np.float32], score: float, stirred: bool, step_s: float
) -> None:
    """Take in one detection of a thing."""
    if stirred:
        thing.stirred_s += step_s
        return
    thing.still_s += step_s
    thing.box += np.float32(MEMORY) * (box - thing.box)
    thing.score += MEMORY * (score - thing.score)


def _stirred(boxes: Boxes, activity: Activity | None, size: FrameSize) -> npt.NDArray[np.bool_]:
    """Return which boxes have luma motion on a good part of them."""
    if activity is None or not activity.regions or not len(boxes):
        return np.zeros(len(boxes), np.bool_)
    scale = np.array([size.width, size.height] * 2, np.float32)
    regions = scale * np.array([(r.x1, r.y1, r.x2, r.y2) for r in activity.regions], np.float32)
    corner = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    sides = np.clip(corner - np.maximum(boxes[:, None, :2], regions[None, :, :2]), 0.0, None)
    area = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0)
    return np.asarray((sides[..., 0] * sides[..., 1]).sum(1) >= STIRRED_COVER * area)


def _only(detections: Detections, kept: npt.NDArray[np.bool_]) -> Detections:
    return Detections(
        detections.xyxy[kept],
        detections.score[kept],
        detections.class_index[kept],
        detections.classes,
    )

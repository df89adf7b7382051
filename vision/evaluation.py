"""How good a detector is: its boxes against true ones, by kind.

A detection counts when it overlaps a true box of its kind, not yet taken by a better detection, by
MATCH_IOU or more (Pascal VOC, Everingham et al. 2010, §4.2). Detections on what the labels mark as
"not to be judged" count neither way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vision.geometry import box_area, iou_matrix
from vision.types import Boxes, Detections, FrameSize, Kind

MATCH_IOU: Final = 0.5
"""The overlap of "AP50"."""

IGNORED_COVER: Final = 0.5
"""A detection with this share of its area on an ignored region is not judged."""

NO_BOXES: Final[Boxes] = np.empty((0, 4), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What one picture really shows.

    boxes: the true boxes of each kind in it, pixels. ignored: regions not to be judged, pixels.
    """

    boxes: Mapping[Kind, Boxes]
    ignored: Boxes


@dataclass(frozen=True, slots=True)
class Miss:
    """A true box without a detection. picture: its name. box: x1, y1, x2, y2, pixels."""

    picture: str
    kind: Kind
    box: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A detection without a true box. score: 0-1. box: x1, y1, x2, y2, pixels."""

    picture: str
    kind: Kind
    box: tuple[float, ...]
    score: float


@dataclass(frozen=True, slots=True)
class KindScore:
    """The result for one kind over all pictures.

    threshold: the score from which detections were counted. precision, recall: 0-1 at that
    threshold, None where there was nothing to divide by. ap50: area under the precision-recall
    curve over all thresholds, 0-1, None without true boxes.
    """

    threshold: float
    truths: int
    detections: int
    true_positives: int
    precision: float | None
    recall: float | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result over all pictures, with every error at the threshold by name."""

    pictures: int
    scores: Mapping[Kind, KindScore]
    misses: tuple[Miss, ...]
    false_alarms: tuple[FalseAlarm, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One kind in one picture. score, hit: per judged detection, by falling score."""

    score: npt.NDArray[np.float32]
    hit: npt.NDArray[np.bool_]
    boxes: Boxes
    truth: Boxes
    match: npt.NDArray[np.intp]


def truth_from_yolo(
    rows: Iterable[tuple[int, float, float, float, float]],
    classes: Mapping[int, Kind | None],
    size: FrameSize,
) -> Truth:
    """Return the truth in YOLO label rows: class, centre x, centre y, width, height, 0-1.

    classes: what each class index counts as; None marks a region not to be judged. Indices not in
    it are left out, as if the object were background.
    """
    by_kind: dict[Kind | None, list[tuple[float, ...]]] = {}
    for index, x, y, width, height in rows:
        if index in classes:
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            by_kind.setdefault(classes[index], []).append(corners)
    scale = np.array([size.width, size.height] * 2, dtype=np.float32)
    boxes = {
        kind: np.array(found, dtype=np.float32).reshape(-1, 4) * scale
        for kind, found in by_kind.items()
    }
    ignored = boxes.pop(None, NO_BOXES)
    return Truth({kind: found for kind, found in boxes.items() if kind is not None}, ignored)


def evaluate(
    names: Sequence[str],
    truths: Sequence[Truth],
    detections: Sequence[Detections],
    thresholds: Mapping[Kind, float],
) -> Evaluation:
    """Compare the detections of each picture with its truth.

    detections: found with thresholds near zero, else ap50 sees only part of its curve. thresholds:
    what precision, recall and the lists of errors are for, of each kind to be judged. Raises
    ValueError when the sequences differ in length.
    """
    pictures = list(zip(names, truths, detections, strict=True))
    scores: dict[Kind, KindScore] = {}
    misses: list[Miss] = []
    false_alarms: list[FalseAlarm] = []
    for kind in thresholds:
        judged = [_judge(truth, found, kind) for _, truth, found in pictures]
        scores[kind] = _score(judged, thresholds[kind])
        for name, one in zip(names, judged, strict=True):
            misses += _misses(name, kind, one, thresholds[kind])
            false_alarms += _false_alarms(name, kind, one, thresholds[kind])
    return Evaluation(len(pictures), scores, tuple(misses), tuple(false_alarms))


def _judge(truth: Truth, found: Detections, kind: Kind) -> _Judged:
    """Match one kind's detections, best first, each to the true box it overlaps most."""
    mine = [row for row in range(len(found)) if found.kind(row) == kind]
    order = np.array(sorted(mine, key=lambda row: -found.score[row]), dtype=np.intp)
    boxes, real = found.xyxy[order], truth.boxes.get(kind, NO_BOXES)
    overlap = iou_matrix(boxes, real)
    match = np.full(len(order), -1, dtype=np.intp)
    for row in range(len(order)) if len(real) else ():
        best = int(overlap[row].argmax())
        if overlap[row, best] >= MATCH_IOU:
            match[row] = best
            overlap[row + 1 :, best] = 0.0
    judged = (match >= 0) | ~_on_ignored(boxes, truth.ignored)
    return _Judged(
        score=found.score[order][judged],
        hit=match[judged] >= 0,
        boxes=boxes[judged],
        truth=real,
        match=match[judged],
    )


def _on_ignored(boxes: Boxes, ignored: Boxes) -> npt.NDArray[np.bool_]:
    """Return which boxes have IGNORED_COVER of their area on one ignored region."""
    if not len(ignored) or not len(boxes):
        return np.zeros(len(boxes), dtype=np.bool_)
    ratio = iou_matrix(boxes, ignored)
    area, other = box_area(boxes)[:, None], box_area(ignored)[None, :]
    shared = ratio * (area + other) / (1.0 + ratio)
    return np.asarray((shared >= IGNORED_COVER * area).any(axis=1), dtype=np.bool_)


def _score(judged: Sequence[_Judged], threshold: float) -> KindScore:
    truths = sum(len(one.truth) for one in judged)
    score = np.concatenate([one.score for one in judged] or [np.empty(0, np.float32)])
    hit = np.concatenate([one.hit for one in judged] or [np.empty(0, np.bool_)])
    counted = score >= np.float32(threshold)
    hits = int(hit[counted].sum())
    detections = int(counted.sum())
    return KindScore(
        threshold=threshold,
        truths=truths,
        detections=detections,
        true_positives=hits,
        precision=hits / detections if detections else None,
        recall=hits / truths if truths else None,
        ap50=average_precision(score, hit, truths) if truths else None,
    )


def average_precision(
    score: npt.NDArray[np.float32], hit: npt.NDArray[np.bool_], truths: int
) -> float:
    """Return the area under the precision-recall curve, 0-1.

    All points, precision made to fall with recall (Pascal VOC since 2010). score, hit: (N,) over
    all pictures. truths: number of true boxes, above zero.
    """
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(hit[order])
    precision = found / np.arange(1, len(order) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    gain = np.diff(found / truths, prepend=0.0)
    return float((envelope * gain).sum())


def _misses(name: str, kind: Kind, judged: _Judged, threshold: float) -> list[Miss]:
    taken = set(judged.match[judged.hit & (judged.score >= np.float32(threshold))].tolist())
    return [
        Miss(name, kind, _corners(box)) for row, box in enumerate(judged.truth) if row not in taken
    ]


def _false_alarms(name: str, kind: Kind, judged: _Judged, threshold: float) -> list[FalseAlarm]:
    wrong = np.flatnonzero(~judged.hit & (judged.score >= np.float32(threshold)))
    return [
        FalseAlarm(name, kind, _corners(judged.boxes[row]), round(float(judged.score[row]), 3))
        for row in wrong
    ]


def _corners(box: npt.NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(round(float(value), 1) for value in box)

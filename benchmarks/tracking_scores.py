"""How well followed objects match the true ones: MOTA, IDF1 and HOTA as TrackEval computes them.

TrackEval is the MOTChallenge's own evaluation kit (Luiten et al., IJCV 2021); only its metrics are
used, on boxes handed over in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import trackeval.metrics

from benchmarks.tracking_truth import Labelled
from vision.geometry import iou_matrix

SAME_IOU = 0.5
"""Least overlap at which a followed box is the true one, for MOTA and IDF1 (MOTChallenge's)."""

QUIET: Final = {"THRESHOLD": SAME_IOU, "PRINT_CONFIG": False}

Result: TypeAlias = Mapping[str, npt.NDArray[np.float64]]
"""TrackEval's own: the measures of one metric, scalars or one for each of HOTA's thresholds."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a sequence, or several, were followed.

    mota, idf1, hota, assa (HOTA's part that judges ids alone), recall, precision: 0-1, mota may be
    below. switches: how often a true object's id changed. objects: true boxes.
    """

    mota: float
    idf1: float
    hota: float
    assa: float
    recall: float
    precision: float
    switches: int
    objects: int


def score(pairs: Sequence[tuple[Sequence[Labelled], Sequence[Labelled]]]) -> Scores:
    """Judge (true, followed) sequences frame by frame and sum up over them all.

    Ids are compared within a sequence only.
    """
    metrics = {
        "hota": trackeval.metrics.HOTA(),
        "clear": trackeval.metrics.CLEAR(QUIET),
        "identity": trackeval.metrics.Identity(QUIET),
    }
    data = [_as_trackeval(true, followed) for true, followed in pairs]
    hota, clear, identity = (
        metric.combine_sequences(
            {str(number): metric.eval_sequence(sequence) for number, sequence in enumerate(data)}
        )
        for metric in metrics.values()
    )
    return _scores(hota, clear, identity)


def _scores(hota: Result, clear: Result, identity: Result) -> Scores:
    return Scores(
        mota=float(clear["MOTA"]),
        idf1=float(identity["IDF1"]),
        hota=float(np.mean(hota["HOTA"])),
        assa=float(np.mean(hota["AssA"])),
        recall=float(clear["CLR_Re"]),
        precision=float(clear["CLR_Pr"]),
        switches=int(clear["IDSW"]),
        objects=int(clear["CLR_TP"] + clear["CLR_FN"]),
    )


def _as_trackeval(true: Sequence[Labelled], followed: Sequence[Labelled]) -> dict[str, object]:
    """Return one sequence in the form that TrackEval's metrics take: ids counted from 0."""
    true_ids, true_count = _from_zero(true)
    followed_ids, followed_count = _from_zero(followed)
    return {
        "gt_ids": true_ids,
        "tracker_ids": followed_ids,
        "similarity_scores": [
            iou_matrix(a.xyxy, b.xyxy).astype(np.float64)
            for a, b in zip(true, followed, strict=True)
        ],
        "num_gt_ids": true_count,
        "num_tracker_ids": followed_count,
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, followed_ids)),
        "num_timesteps": len(true),
    }


def _from_zero(frames: Sequence[Labelled]) -> tuple[list[npt.NDArray[np.int64]], int]:
    """Return the ids of each frame renumbered 0, 1, 2 …, and how many different ones there are."""
    every = np.concatenate([frame.ids for frame in frames]) if frames else np.empty(0, np.int64)
    known = np.unique(every)
    return [np.searchsorted(known, frame.ids) for frame in frames], len(known)

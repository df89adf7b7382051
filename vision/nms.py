"""Non-maximum suppression: of boxes around the same thing the best one stays."""

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Boxes


def nms(
    boxes: Boxes,
    score: npt.NDArray[np.float32],
    group: npt.NDArray[np.int32],
    iou_limit: float,
) -> npt.NDArray[np.intp]:
    """Return the rows that survive greedy non-maximum suppression, by falling score.

    A box goes when a better one of the same `group` overlaps it by more than `iou_limit` (0-1);
    boxes of different groups never touch each other. score: (N,), group: (N,).
    """
    if len(boxes) == 0:
        return np.empty(0, dtype=np.intp)
    xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        xywh.astype(np.float64).tolist(), score.tolist(), group.tolist(), -1.0, iou_limit
    )
    rows = np.asarray(kept, dtype=np.intp).reshape(-1)
    return rows[np.argsort(-score[rows], kind="stable")]

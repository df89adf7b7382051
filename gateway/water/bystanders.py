"""What stands before the ground in a single picture: the boxes of vehicles and persons."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from vision.detector import Detector
from vision.types import Detections, Image, Kind
from vision.water.sampler import hidden_by
from vision.water.types import Mask

LARGEST: Final = 0.2
"""Share of the picture that a box may take: a larger one is the scene, not what passes in it."""


class Bystanders:
    """Finds them with a detector. scores: how sure it must be of each kind, 0-1."""

    def __init__(self, detector: Detector, scores: Mapping[Kind, float]) -> None:
        self._detector = detector
        self._scores = scores

    def of(self, picture: Image, shape: tuple[int, int]) -> Mask:
        """Return the pixels they hide in the sample of a picture. shape: the sample's, (h, w)."""
        (seen,) = self._detector.detect([picture])
        height, width = picture.shape[:2]
        sides = seen.xyxy[:, 2:] - seen.xyxy[:, :2]
        small = sides.prod(axis=1) <= LARGEST * height * width
        least = [self._scores.get(seen.kind(row), 1.0) for row in range(len(seen))]
        kept = small & (seen.score >= np.array(least, np.float32))
        sure = Detections(seen.xyxy[kept], seen.score[kept], seen.class_index[kept], seen.classes)
        return hidden_by(sure, shape, width)

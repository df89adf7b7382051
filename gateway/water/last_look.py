"""What a camera's last look at its water saw: for whoever sets it up."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from gateway.water.pictures import moved, overlay
from gateway.worker_water_api import Corners, LookFacts
from vision.overlay import draw
from vision.types import Image
from vision.water.types import Mask, WaterSetup
from vision.water.watch import WaterOutcome

WIDTH: Final = 640
"""Pixels across its picture: twice those it is judged on, so that outlines are fine."""


@dataclass(frozen=True, slots=True, eq=False)
class LastLook:
    """One look that had a picture.

    image: what was judged, laid over its reference where there is one. text: where the camera
    writes on it, of the image's shape.
    """

    setup: WaterSetup
    outcome: WaterOutcome
    image: Image
    text: Mask

    def facts(self) -> LookFacts:
        """Return what other processes are told of it."""
        reading, evidence, slope = self.outcome.reading, self.outcome.evidence, self.outcome.slope
        level = reading.level
        return LookFacts(
            at=reading.at,
            unseen=reading.unseen,
            area_ratio=slope.area_ratio if slope else reading.area_ratio,
            depth_cm=level.depth_cm if level else None,
            error_cm=level.error_cm if level else None,
            reference=reading.reference,
            votes=dict(evidence.votes) if evidence else {},
            text_masks=boxes(self.text) if self.setup.text_masks is None else (),
        )

    def jpeg(self) -> bytes:
        """Return its picture with the zones, the water in them, and what could not be judged."""
        height, width = self.image.shape[:2]
        size = (WIDTH, round(WIDTH * height / width))
        large = np.asarray(cv2.resize(self.image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        return cv2.imencode(".jpg", self._drawn(large))[1].tobytes()

    def _drawn(self, image: Image) -> Image:
        zones, outcome = self.setup.zones, self.outcome
        if outcome.evidence is not None:
            return overlay(image, outcome.evidence, zones)
        if outcome.slope is not None:
            return moved(image, outcome.slope.where, zones)
        return draw(image, (), zones)


def boxes(mask: Mask) -> tuple[Corners, ...]:
    """Return the boxes around the parts of a mask, corners normalised 0-1, the largest first."""
    height, width = mask.shape
    count, _, found, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    ranked = sorted(found[1:count].tolist(), key=lambda one: -one[4])
    return tuple(_corners(one, width, height) for one in ranked)


def _corners(box: list[int], width: int, height: int) -> Corners:
    left, top, across, down = box[:4]
    x1, x2 = round(left / width, 4), round((left + across) / width, 4)
    y1, y2 = round(top / height, 4), round((top + down) / height, 4)
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)

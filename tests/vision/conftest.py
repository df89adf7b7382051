"""Builders that the tests of `vision` share: a clock from zero, detections from a few words."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vision.types import Detections, Kind, ObjectClass

CLASSES = {
    0: ObjectClass(0, "person", Kind.PERSON),
    2: ObjectClass(2, "car", Kind.VEHICLE),
    7: ObjectClass(7, "truck", Kind.VEHICLE),
}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Sighting = tuple[str, tuple[float, float, float, float], float]
MakeDetections = Callable[[Sequence[Sighting]], Detections]
Clock = Callable[[float], datetime]


@pytest.fixture(scope="session")
def clock() -> Clock:
    """Return a function from seconds to a time of day."""
    return lambda seconds: EPOCH + timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def detections() -> MakeDetections:
    """Return a function from (label, box, score) triples to Detections."""

    def make(sightings: Sequence[Sighting]) -> Detections:
        index = {entry.label: number for number, entry in CLASSES.items()}
        return Detections(
            np.array([box for _, box, _ in sightings], dtype=np.float32).reshape(-1, 4),
            np.array([score for _, _, score in sightings], dtype=np.float32),
            np.array([index[label] for label, _, _ in sightings], dtype=np.int16),
            CLASSES,
        )

    return make

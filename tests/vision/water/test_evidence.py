"""Water is told from what is like it, on real footage with water laid over it."""

from datetime import UTC, datetime

import numpy as np

from vision.types import FrameSize, Image
from vision.water.evidence import judge
from vision.water.reference import Reference
from vision.water.types import Sample

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
NOTHING = np.zeros(SHAPE, dtype=np.bool_)
ALL = ~NOTHING


def ground(seed: int = 0) -> Image:
    rng = np.random.default_rng(seed)
    grain = rng.normal(0.0, 12.0, (*SHAPE, 1))
    return np.clip(110.0 + grain.repeat(3, 2), 0, 255).astype(np.uint8)


def sample(image: Image) -> Sample:
    return Sample(AT, image, NOTHING, FrameSize(1280, 720))


def test_ground_that_stayed_the_same_is_not_water() -> None:
    evidence = judge(sample(ground()), Reference("day-1", ground(), AT, AT), ALL, NOTHING, None)
    assert (evidence.area_ratio, evidence.strength) == (0.0, 0.0)
    assert evidence.reference == "day-1"


def test_smooth_water_over_the_lower_third_is_found() -> None:
    flooded = ground()
    flooded[120:] = 120
    evidence = judge(sample(flooded), Reference("day-1", ground(), AT, AT), ALL, NOTHING, None)
    assert 0.28 < evidence.area_ratio < 0.38

"""Grain that is kept speaks for the smooth ground in the same shadow, and for nothing else."""

import numpy as np
import pytest

from vision.water.shade import shade

SHAPE = (90, 160)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
VERGE = COLUMNS < 60
"""Grass: full of grain. What lies beside it is smooth."""
GRAIN = np.where(VERGE, 0.9, 0.05).astype(np.float32)
BAND = (ROWS > 30) & (ROWS < 60)
SMOOTH = BAND & ~VERGE


def judged(dark: np.ndarray, kept: np.ndarray, step: float = -0.7) -> np.ndarray:
    """What is sure of a darkness; kept: where the grain is still there."""
    light = np.where(dark, np.float32(step), np.float32(0.0))
    return shade(light, GRAIN, kept.astype(np.float32))


def test_smooth_ground_takes_the_word_of_the_grain_in_its_shadow() -> None:
    sure = judged(BAND, VERGE)
    assert sure[SMOOTH].min() == pytest.approx(1.0)
    assert sure[~BAND].max() == 0.0


@pytest.mark.parametrize(
    ("dark", "kept"),
    [(BAND, ~VERGE), (SMOOTH, VERGE)],
    ids=["the grain is gone", "the darkness ends where the grain begins"],
)
def test_darkness_without_a_witness_is_no_shade(dark: np.ndarray, kept: np.ndarray) -> None:
    assert judged(dark, kept).max() == 0.0


def test_water_in_a_shadow_is_another_step() -> None:
    light = np.where(BAND, np.float32(-0.7), np.float32(0.0))
    pool = SMOOTH & (COLUMNS > 110)
    light[pool] = -1.3
    sure = shade(light, GRAIN, VERGE.astype(np.float32))
    assert sure[pool].max() == 0.0
    assert sure[SMOOTH & ~pool].min() == pytest.approx(1.0)


def test_ground_a_little_darker_is_not_asked_about() -> None:
    assert judged(BAND, VERGE, step=-0.2).max() == 0.0

"""Bright cover on the ground is told from water that is bright with the sky."""

import cv2
import numpy as np
import pytest

from vision.types import Image
from vision.water.snow import is_covered
from vision.water.types import Map, Mask

SHAPE = (180, 320)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
POOL: Mask = (ROWS >= 95) & (ROWS < 170) & (COLUMNS >= 20) & (COLUMNS < 300)
SHOWN: Mask = np.ones(SHAPE, np.bool_)
DOUBT: Map = np.full(SHAPE, 0.05, np.float32)
BELIEF: Map = np.full(SHAPE, 0.5, np.float32)


def street() -> Image:
    """House fronts of several widths under a bright sky, above grey ground."""
    rng = np.random.default_rng(4)
    picture = np.full((*SHAPE, 3), 90.0) + rng.normal(0.0, 4.0, (*SHAPE, 1))
    picture[:20] = 230.0
    sides = np.sort(rng.choice(np.arange(8, 312), 24, replace=False))
    for left, right in zip(sides[::2], sides[1::2], strict=True):
        picture[20:92, left:right] = rng.uniform(40.0, 200.0)
    return picture.clip(0, 255).astype(np.uint8)


def snowed(level: float) -> Image:
    """The same with grainy cover on the pool."""
    grain = np.random.default_rng(5).normal(0.0, 8.0, (*SHAPE, 1))
    return np.where(POOL[..., None], level + grain, street()).clip(0, 255).astype(np.uint8)


def flooded() -> Image:
    """The same with water on the pool that mirrors the fronts and is bright with the sky."""
    above = (186 - ROWS).clip(0, 179).astype(np.float32)
    mirror = cv2.remap(street(), COLUMNS.astype(np.float32), above, cv2.INTER_LINEAR)
    return np.where(POOL[..., None], 100.0 + 0.4 * mirror, street()).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [150.0, 210.0])
def test_bright_cover_that_the_network_doubts_is_no_water(level) -> None:
    assert is_covered(POOL, snowed(level), street(), SHOWN, DOUBT)


def test_what_the_network_does_not_doubt_may_be_water() -> None:
    assert not is_covered(POOL, snowed(200.0), street(), SHOWN, BELIEF)


def test_what_mirrors_the_fronts_may_be_water() -> None:
    assert not is_covered(POOL, flooded(), street(), SHOWN, DOUBT)


def test_what_is_hardly_brighter_than_before_may_be_water() -> None:
    assert is_covered(POOL, snowed(160.0), street(), SHOWN, DOUBT)
    assert not is_covered(POOL, snowed(160.0), snowed(125.0), SHOWN, DOUBT)


def test_what_a_lamp_lights_by_night_may_be_water() -> None:
    lit = np.where(POOL[..., None], snowed(80.0), street() // 4).astype(np.uint8)
    assert not is_covered(POOL, lit, street(), SHOWN, DOUBT)
    assert is_covered(POOL, lit, street() // 4, SHOWN, DOUBT)


def test_where_all_or_nothing_is_hidden_nothing_is_said() -> None:
    assert not is_covered(POOL, snowed(200.0), street(), ~SHOWN, DOUBT)
    assert not is_covered(SHOWN, snowed(200.0), street(), SHOWN, DOUBT)
    assert not is_covered(~SHOWN, snowed(200.0), street(), SHOWN, DOUBT)

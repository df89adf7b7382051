"""Which of two pictures of one place holds the water."""

import cv2
import numpy as np
import pytest

from vision.types import Image
from vision.water.drier import has_gone
from vision.water.types import Mask

SHAPE = (180, 320)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
POOL: Mask = (ROWS >= 95) & (ROWS < 160) & (COLUMNS >= 40) & (COLUMNS < 280)
SHOWN: Mask = np.ones(SHAPE, np.bool_)


def street(seed: int) -> Image:
    """House fronts with windows above ground with oblique lines on it."""
    rng = np.random.default_rng(seed)
    picture = np.empty((*SHAPE, 3), np.float32)
    picture[:] = 110.0 + rng.normal(0.0, 2.0, (*SHAPE, 1))
    edges = np.sort(rng.choice(np.arange(8, 312), 24, replace=False))
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        picture[20:90, left:right] = rng.uniform(40.0, 200.0)
    for foot in (120, 210):
        cv2.line(picture, (160 + (foot - 160) // 4, 92), (foot, 179), (200.0, 205.0, 205.0), 2)
    return picture.clip(0, 255).astype(np.uint8)


def flooded(picture: Image, *, rippled: float = 2.0) -> Image:
    """The same with water over the pool that mirrors what stands behind it."""
    rng = np.random.default_rng(3)
    waves = cv2.GaussianBlur(rng.normal(0.0, 1.0, SHAPE).astype(np.float32), (0, 0), 4.0, sigmaY=1)
    sway = rippled * waves / waves.std()
    above = (2 * 92 - ROWS + sway).clip(0, 179).astype(np.float32)
    across = (COLUMNS + 0.3 * sway).astype(np.float32)
    mirror = cv2.remap(picture, across, above, cv2.INTER_LINEAR)
    water = 0.5 * mirror + np.array((50.0, 60.0, 66.0))
    return np.where(POOL[..., None], water, picture).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("light", [1.0, 0.6])
def test_water_that_went_is_told_from_water_that_came(seed, light) -> None:
    dry, wet = street(seed), flooded(street(seed))
    wet = (wet * light).astype(np.uint8)
    assert has_gone(POOL, dry, wet, SHOWN)
    assert not has_gone(POOL, wet, dry, SHOWN)


def test_where_nothing_differs_nothing_has_gone() -> None:
    dry, wet = street(1), flooded(street(1))
    assert not has_gone(POOL, dry, dry, SHOWN)
    assert not has_gone(POOL, wet, wet, SHOWN)


def test_one_sign_for_water_that_came_is_doubt_enough() -> None:
    dry, wet = street(1), flooded(street(1))
    other = np.where(POOL[..., None], 1.6 * dry, dry).clip(0, 255).astype(np.uint8)
    assert not has_gone(POOL, other, wet, SHOWN)


def test_a_patch_too_small_or_with_nothing_beside_it_says_nothing() -> None:
    dry, wet = street(1), flooded(street(1))
    small = (ROWS > 120) & (ROWS < 126) & (COLUMNS > 60) & (COLUMNS < 70)
    assert not has_gone(small, dry, wet, SHOWN)
    assert not has_gone(SHOWN, dry, wet, SHOWN)
    assert not has_gone(POOL, dry, wet, ~SHOWN)

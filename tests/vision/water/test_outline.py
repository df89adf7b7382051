"""Where water ends: at the picture's edge near what the odds say, where it hangs together."""

import numpy as np
import pytest

from vision.types import Image
from vision.water.outline import outline
from vision.water.texture import ground
from vision.water.types import Map, Mask

SHAPE = (60, 100)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
POND: Mask = (ROWS >= 20) & (COLUMNS >= 30)
KNOWN: Mask = (ROWS >= 40) & (COLUMNS >= 70)
EVERYWHERE: Mask = np.ones(SHAPE, np.bool_)


def street(*, flooded: bool) -> Image:
    """Ground, twice the shape; brighter where it is flooded."""
    grain = np.random.default_rng(4).normal(0.0, 4.0, SHAPE)
    luma = 90.0 + grain + np.where(POND, 40.0, 0.0) * flooded
    return np.repeat(luma.repeat(2, 0).repeat(2, 1)[:, :, None], 3, 2).astype(np.uint8)


def odds(*, faint: float) -> Map:
    """Sure of what is known, and of the rest of the pond so much; the ground is doubted."""
    noise = np.random.default_rng(5).normal(0.0, 0.4, SHAPE)
    return (np.where(KNOWN, 3.0, np.where(POND, faint, -1.5)) + noise).astype(np.float32)


def found(core: Mask, likely: Map, where: Mask = EVERYWHERE) -> Mask:
    return outline(core, likely, ground(street(flooded=True)), ground(street(flooded=False)), where)


def overlap(mask: Mask) -> float:
    return np.count_nonzero(mask & POND) / np.count_nonzero(mask | POND)


@pytest.mark.parametrize("faint", [0.8, 0.0, -0.3])
def test_water_the_odds_doubt_is_outlined_where_it_looks_like_what_is_known(faint: float) -> None:
    assert overlap(found(KNOWN, odds(faint=faint))) > 0.9


def test_what_does_not_hang_together_with_known_water_stays_out() -> None:
    likely = odds(faint=0.8)
    likely[:10, :10] = 4.0
    assert not found(KNOWN, likely)[:10, :10].any()


def test_what_cannot_be_judged_is_no_water() -> None:
    assert not found(KNOWN, odds(faint=0.8), POND & (ROWS >= 30))[:30].any()


@pytest.mark.parametrize("everywhere", [-4.0, 4.0])
def test_nothing_is_learnt_where_all_is_alike(everywhere: float) -> None:
    same = np.full(SHAPE, everywhere, np.float32)
    assert np.array_equal(found(KNOWN, same), EVERYWHERE if everywhere > 0 else KNOWN)


def test_the_same_pair_has_the_same_outline() -> None:
    assert np.array_equal(found(KNOWN, odds(faint=0.0)), found(KNOWN, odds(faint=0.0)))

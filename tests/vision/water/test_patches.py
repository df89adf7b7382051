"""Patches as wholes: struck out, followed further, and made whole."""

import numpy as np
import pytest

from vision.water.patches import continued, made_whole, without
from vision.water.types import Mask

SHAPE = (90, 160)


def box(top: int, bottom: int, left: int, right: int) -> Mask:
    mask = np.zeros(SHAPE, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


NOTHING = box(0, 0, 0, 0)
POND, PUDDLE = box(40, 80, 10, 70), box(60, 70, 100, 110)


@pytest.mark.parametrize(
    ("other", "left"),
    [
        (PUDDLE, POND),
        (box(60, 65, 100, 110), POND | PUDDLE),
        (POND | PUDDLE, NOTHING),
        (NOTHING, POND | PUDDLE),
    ],
)
def test_a_patch_that_is_mostly_something_else_is_no_water(other: Mask, left: Mask) -> None:
    assert np.array_equal(without(POND | PUDDLE, other, 0.5), left)


def test_water_is_followed_only_where_it_hangs_together() -> None:
    further, apart = box(20, 40, 30, 50), box(20, 40, 120, 150)
    assert np.array_equal(continued(POND, further | apart), POND | further)
    assert not continued(NOTHING, further).any()


def test_gaps_and_small_holes_are_closed_and_islands_and_bays_stay() -> None:
    lake = box(10, 90, 10, 150)
    glint, hole, island = box(30, 32, 20, 60), box(50, 70, 20, 40), box(30, 70, 70, 120)
    bay = box(60, 90, 125, 150)
    whole = made_whole(lake & ~glint & ~hole & ~island & ~bay, NOTHING)
    assert whole[glint].all()
    assert whole[hole].all()
    assert not whole[40:60, 80:110].any()
    assert not whole[75:, 135:].any()


def test_what_is_hidden_is_as_most_around_it() -> None:
    writing = box(50, 60, 20, 60)
    assert made_whole(POND & ~writing, writing)[writing].all()
    assert not made_whole(POND & ~writing, box(60, 70, 120, 150))[:, 120:].any()

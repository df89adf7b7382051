"""Marks that the benchmark stands in its own water."""

import numpy as np
import pytest

from benchmarks.water_gauge import HEIGHT_CM, LIGHTS, SHARES, mark_at, rising, standing_dry
from benchmarks.water_places import PLACES, SIZE

ROAD = next(place for place in PLACES if place.name == "road")


@pytest.fixture(scope="module", autouse=True)
def footage(road_film: object) -> None:
    """Have the film there before any picture is asked for."""


@pytest.mark.parametrize("size_px", [16, 64])
def test_a_mark_is_as_high_as_asked_and_rises_from_the_lowest_ground(size_px: int) -> None:
    mark = mark_at(ROAD, "gauge", size_px)
    assert (mark.foot[1] - mark.top[1]) * SIZE.height == pytest.approx(size_px)
    assert 0.0 <= mark.zero_cm < HEIGHT_CM
    assert mark.height_cm == HEIGHT_CM


def test_water_hides_as_much_of_a_mark_as_is_said() -> None:
    mark = mark_at(ROAD, "post", 100)
    (dry, *_) = standing_dry(ROAD, mark)
    column = round(mark.foot[0] * SIZE.width)
    for one, share in zip(rising(ROAD, mark, LIGHTS["day"]), SHARES, strict=True):
        changed = np.abs(one.picture[:, column].astype(int) - dry.picture[:, column]).max(axis=1)
        foot = round(mark.foot[1] * SIZE.height)
        line = round(foot - share * 100)
        above, below = changed[foot - 100 : line - 2].mean(), changed[line + 2 : foot].mean()
        assert below > 2 * above
        assert one.depth_cm == pytest.approx(mark.zero_cm + share * HEIGHT_CM)

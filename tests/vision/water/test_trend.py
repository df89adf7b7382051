"""Where the water goes: robust against wild values, honest about too few looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.water.trend import WaterHistory, ahead, resistant_slope, significant_cm
from vision.water.types import Level, WaterReading

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)


def reading(second: float, ratio: float, cm: float | None = None) -> WaterReading:
    level = None if cm is None else Level(cm, 0.5, "mark")
    return WaterReading(EPOCH + timedelta(seconds=second), None, ratio, 0.9, level)


@given(
    slope=st.floats(-0.01, 0.01),
    start=st.floats(-1.0, 1.0),
    wild=st.lists(st.floats(-100, 100), min_size=6, max_size=6),
)
def test_a_few_wild_values_do_not_move_the_slope(
    slope: float, start: float, wild: list[float]
) -> None:
    seconds = [i * 10.0 for i in range(61)]
    values = [start + slope * s for s in seconds]
    for place, value in zip((2, 13, 25, 38, 44, 57), wild, strict=True):
        values[place] = value
    found = resistant_slope(seconds, values)
    assert found is not None
    # Two wild values of twenty move a median by one place on each side at most.
    assert found == pytest.approx(slope, abs=abs(slope) * 0.06 + 1e-9)


def test_too_few_looks_have_no_slope() -> None:
    assert resistant_slope([0.0, 300.0, 600.0], [0.0, 0.1, 0.2]) is None
    assert resistant_slope([5.0, 5.0], [0.0, 1.0]) is None


def test_a_trend_is_told_in_units_an_hour_once_there_is_enough_of_it() -> None:
    history = WaterHistory()
    waters = [history.add(reading(s, s / 36000, s / 360)) for s in range(0, 1200, 30)]
    assert [water.ratio_per_h is None for water in waters].index(False) * 30 == 240
    assert waters[-1].ratio_per_h == pytest.approx(0.1)
    assert waters[-1].cm_per_h == pytest.approx(10.0)


def test_one_odd_look_is_gone_from_the_water_of_now() -> None:
    history = WaterHistory()
    waters = [history.add(reading(s, 0.8 if s == 60 else 0.1)) for s in range(0, 200, 30)]
    assert {water.ratio for water in waters[3:]} == {0.1}


def test_looks_without_a_mark_have_no_depth_and_a_clock_set_back_begins_anew() -> None:
    history = WaterHistory()
    for second in range(0, 600, 30):
        water = history.add(reading(second, 0.5, 4.0))
    assert water.depth_cm == 4.0
    water = history.add(reading(-4000, 0.1))
    assert (water.ratio, water.depth_cm, water.ratio_per_h) == (0.1, None, None)


@pytest.mark.parametrize(
    ("level", "errors", "cm"),
    [
        (Level(5.0, 2.0, "mark"), 2.0, 5.0),
        (Level(3.9, 2.0, "mark"), 2.0, 0.0),
        (Level(3.9, 2.0, "mark"), 1.0, 3.9),
    ],
)
def test_a_depth_within_its_error_is_none(level: Level, errors: float, cm: float) -> None:
    assert significant_cm(level, errors) == cm


def test_only_what_rises_is_looked_ahead_to() -> None:
    assert ahead(10.0, 60.0, 600.0) == 20.0
    assert ahead(10.0, -60.0, 600.0) == ahead(10.0, None, 600.0) == 10.0

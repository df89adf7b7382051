"""The benchmark's own water, weather and traffic."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.water_film import TIDE, course, flood_hour
from benchmarks.water_hours import CAUSES, event, river_layers, with_river
from benchmarks.water_places import PLACES, SHAPE, Place
from benchmarks.water_surface import Surface, some_water

ROAD = next(place for place in PLACES if place.name == "road")
"""A still of a film that comes with PyPI: no other package is needed for it."""


@pytest.fixture(scope="module", autouse=True)
def footage(road_film: object, square_film: object) -> None:
    """Have the films there before any picture is asked for."""


def test_water_covers_more_of_the_zone_the_higher_it_stands() -> None:
    shares = [ROAD.floor.flooded_ratio(level) for level in np.linspace(0, 60, 40)]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] > 0.97


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.8])
def test_a_level_is_found_for_each_flooded_share(ratio: float) -> None:
    level_cm = ROAD.floor.level_for(ratio)
    assert ROAD.floor.flooded_ratio(level_cm) == pytest.approx(ratio, abs=0.01)


def test_water_is_drawn_where_it_truly_is_and_nowhere_else() -> None:
    surface = Surface(ROAD, replace(some_water(np.random.default_rng(3), 3), debris=0))
    level_cm = ROAD.floor.level_for(0.4)
    dry = ROAD.picture.astype(np.float32)
    changed = np.abs(surface.over(dry, level_cm, 12.0) - dry).max(axis=2) > 3
    truth = surface.flooded(level_cm)
    deep = truth & (ROAD.floor.height_cm < level_cm - 3)
    assert changed[deep].mean() > 0.9
    assert changed[~truth].mean() < 0.01


def test_water_moves() -> None:
    surface = Surface(ROAD, some_water(np.random.default_rng(4), 4))
    dry, level_cm = ROAD.picture.astype(np.float32), ROAD.floor.level_for(0.6)
    one, other = (surface.over(dry, level_cm, at_s) for at_s in (20.0, 20.4))
    assert np.abs(one - other)[surface.flooded(level_cm)].mean() > 0.5


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_hours_without_water_are_alike_each_time_and_hold_none(cause: str) -> None:
    one, again = CAUSES[cause](ROAD, 2), CAUSES[cause](ROAD, 2)
    assert one.name == cause
    assert one.truth(1500.0) == 0.0
    picture = one.picture(1500.0)
    assert picture.shape == (*SHAPE, 3)
    np.testing.assert_array_equal(picture, again.picture(1500.0))


@pytest.mark.parametrize("seed", range(8))
def test_an_event_begins_and_ends_dry_and_passes_the_line(seed: int) -> None:
    hour = event(ROAD, seed)
    shares = [hour.truth(at_s) for at_s in np.arange(0.0, hour.seconds, 20.0)]
    assert shares[0] == 0.0
    assert shares[-1] == 0.0
    assert 0.25 < max(shares) < 0.9


def test_a_river_is_declared_and_there_from_the_first_day() -> None:
    beside: Place = with_river(ROAD)
    (layer,) = river_layers(beside)
    dry = beside.picture.astype(np.float32)
    assert beside.setup.permanent[0].polygon == beside.river
    assert np.abs(layer(dry, 5.0) - dry).max() > 20


def test_the_film_of_a_flood_says_when_its_water_crosses_the_lines() -> None:
    when = course(flood_hour(ROAD))
    assert when.watch_s is not None
    assert when.yellow_s is not None
    assert when.red_s is not None
    assert TIDE.begin_s < when.watch_s < when.yellow_s < when.red_s < TIDE.high_s
    assert TIDE.ebb_s < when.gone_s < TIDE.gone_s

"""Where motion was in vain, and for how long that is held against it."""

import pytest

from vision.activity import Region
from vision.doubted_places import DOUBT_S, LONGEST_DOUBT_S, DoubtedPlaces

BUSH = Region(0.8, 0.1, 0.95, 0.4)


def in_vain(places, region, at_s):
    places.stirred([region])
    places.in_vain(at_s)


def test_motion_in_vain_is_no_news_at_its_place_for_a_while():
    places = DoubtedPlaces()
    assert places.is_news([BUSH], 0.0)
    in_vain(places, BUSH, 0.0)
    assert not places.is_news([BUSH], DOUBT_S - 1.0)
    assert places.is_news([BUSH], DOUBT_S)


@pytest.mark.parametrize(
    ("region", "news"),
    [
        pytest.param(Region(0.1, 0.5, 0.2, 0.9), True, id="elsewhere"),
        pytest.param(Region(0.82, 0.12, 0.9, 0.3), False, id="within"),
        pytest.param(Region(0.81, 0.15, 0.96, 0.42), False, id="a little beside"),
        pytest.param(Region(0.7, 0.3, 0.85, 0.9), True, id="out of it"),
    ],
)
def test_what_moves_is_news_by_where_most_of_it_is(region, news):
    places = DoubtedPlaces()
    in_vain(places, BUSH, 0.0)
    assert places.is_news([region], 1.0) is news


def test_nothing_that_moves_is_no_news():
    assert not DoubtedPlaces().is_news([], 0.0)


def test_doubt_doubles_each_time_in_a_row_up_to_its_longest():
    places, at_s, waits = DoubtedPlaces(), 0.0, []
    for _ in range(6):
        in_vain(places, BUSH, at_s)
        began_s = at_s
        while not places.is_news([BUSH], at_s):
            at_s += 10.0
        waits.append(at_s - began_s)
    assert waits == [60.0, 120.0, 240.0, 480.0, LONGEST_DOUBT_S, LONGEST_DOUBT_S]


def test_an_object_ends_the_doubt_where_it_moved():
    places = DoubtedPlaces()
    in_vain(places, BUSH, 0.0)
    places.stirred([BUSH])
    places.borne_out()
    assert places.is_news([BUSH], 1.0)
    in_vain(places, BUSH, 1.0)
    assert places.is_news([BUSH], 1.0 + DOUBT_S), "its doubt begins anew"


def test_what_nobody_looked_at_is_left_open():
    places = DoubtedPlaces()
    places.stirred([BUSH])
    places.forget_stirs()
    places.in_vain(0.0)
    assert places.is_news([BUSH], 1.0)


@pytest.mark.parametrize(
    "region", [Region(0.0, 0.0, 1.0, 1.0), Region(1.0, 1.0, 1.0, 1.0), Region(0.5, 0.5, 0.5, 0.5)]
)
def test_regions_at_the_edges_have_places(region):
    places = DoubtedPlaces()
    in_vain(places, region, 0.0)
    assert not places.is_news([region], 1.0)

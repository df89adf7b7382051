"""Clips of a town: quiet between visits and at the seam, never frozen, the same each time."""

from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from benchmarks import town_clips
from benchmarks.town_clips import ENCODINGS, FULL, QUIET_BEFORE_S, QUIET_BETWEEN_S, clips, visits
from benchmarks.town_passages import SIZE, Passage
from benchmarks.town_weather import Air, Weather


@pytest.fixture
def passers(monkeypatch):
    """Give every view people of many lengths, without looking for them in a film."""
    box = (300.0, 100.0, 340.0, 200.0)
    some = tuple(Passage(20 * n, (box,) * length) for n, length in enumerate((30, 60, 90, 250)))
    monkeypatch.setattr(town_clips, "passages", lambda _view: some)


@pytest.mark.parametrize("clip", clips("found", FULL), ids=lambda clip: clip.path.stem)
def test_visits_leave_quiet_before_between_and_behind(passers, clip):
    times = [(visit.from_s, visit.until_s(clip.view)) for visit in visits(clip)]
    assert bool(times) is clip.is_busy
    for (_, ended_s), (began_s, _) in pairwise(times):
        assert began_s - ended_s >= QUIET_BETWEEN_S - 0.01
    if times:
        assert times[0][0] >= QUIET_BEFORE_S
        assert times[-1][1] <= clip.length_s - QUIET_BEFORE_S + 0.01


def test_a_clip_has_the_same_visits_each_time(passers):
    clip = clips("tuned", FULL)[3]
    assert visits(clip) == visits(replace(clip, encoding=ENCODINGS["found"][0]))


@pytest.mark.parametrize("light", ["steady", "clouds", "lamp"])
def test_an_empty_street_lives_and_has_no_seam(light):
    street = np.full((SIZE.height, SIZE.width, 3), 120, np.float32)

    def shown(at_s):
        air = Air(Weather(2.0, 4.0, light, drops=0), SIZE, 60.0, seed=1)
        return air.through(street, at_s).astype(np.int16)

    first, end, later = shown(0.0), shown(60.0), shown(0.5)
    np.testing.assert_array_equal(first, end)
    assert (first != later).mean() > 0.3
    np.testing.assert_array_equal(street, 120)


def test_rain_and_noise_differ_from_picture_to_picture():
    street = np.full((SIZE.height, SIZE.width, 3), 120, np.float32)
    air = Air(Weather(2.0, 0.0, "steady", drops=90), SIZE, 60.0, seed=1)
    one, other = islice((air.through(street, 25.0) for _ in range(2)), 2)
    assert (one != other).mean() > 0.5

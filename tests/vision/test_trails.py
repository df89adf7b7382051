"""Where objects may be by now, and how well a box fits."""

import numpy as np
import pytest

from vision.trails import COAST_S, HEIGHT_POWER, TRAIL, Trails, likeness

US = 1_000_000
PERSON = (100.0, 100.0, 140.0, 200.0)


def one(box: tuple[float, ...] = PERSON) -> Trails:
    trails = Trails(confirm_s=0.3)
    fresh = np.zeros(1, dtype=TRAIL)
    fresh["box"], fresh["number"], fresh["reach_per_s"] = box, 1, 0.8
    trails.begin(fresh, 0)
    return trails


def see(trails: Trails, box: tuple[float, ...], second: float, watched_s: float) -> None:
    trails.wait(watched_s)
    trails.see(
        np.array([0]), np.array([box]), np.array([0.9]), np.array([True]), round(second * US)
    )


def moved(by: float) -> tuple[float, ...]:
    return (PERSON[0] + by, PERSON[1], PERSON[2] + by, PERSON[3])


@pytest.mark.parametrize("step_s", [0.1, 0.5, 1.0, 2.0])
def test_two_sightings_tell_where_the_third_will_be(step_s) -> None:
    trails = one()
    see(trails, moved(50 * step_s), step_s, step_s)
    trails.wait(step_s)
    assert trails.predict()[0] == pytest.approx(moved(100 * step_s))


def test_it_coasts_no_further_than_its_time() -> None:
    trails = one()
    see(trails, moved(50), 1, 1)
    trails.wait(COAST_S)
    there = trails.predict()
    trails.wait(5.0)
    assert (trails.predict() == there).all()


def test_the_reach_grows_with_time_and_shrinks_once_the_velocity_is_known() -> None:
    unknown, known = one(), one()
    see(known, PERSON, 0.2, 0.2)
    reaches = []
    for _ in range(5):
        unknown.wait(0.2)
        known.wait(0.2)
        reaches.append((float(unknown.reach_px()[0]), float(known.reach_px()[0])))
    wide, narrow = zip(*reaches, strict=True)
    assert list(wide) == sorted(set(wide))
    assert list(narrow) == sorted(set(narrow))
    assert all(n < w for w, n in reaches[:4])
    assert narrow[4] == pytest.approx(wide[4])


CASES = [
    ("the same box", PERSON, 0.0, 1.0),
    ("far away", moved(500), 10.0, 0.0),
    ("beside it, out of reach", moved(60), 5.0, 0.0),
    ("half as tall", (100.0, 150.0, 140.0, 200.0), 0.0, 0.5 * 0.5**HEIGHT_POWER),
    ("a box without height", (100.0, 100.0, 140.0, 100.0), 0.0, 0.0),
]


@pytest.mark.parametrize(("box", "reach", "expected"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_likeness(box, reach, expected) -> None:
    fit = likeness(np.array([PERSON]), np.array([reach]), np.array([box]))
    assert fit.shape == (1, 1)
    assert fit[0, 0] == pytest.approx(expected, abs=1e-9)


def test_reach_bridges_a_step() -> None:
    beside = np.array([moved(60)])
    assert likeness(np.array([PERSON]), np.array([40.0]), beside)[0, 0] > 0.2


def test_nothing_to_compare() -> None:
    assert likeness(np.empty((0, 4)), np.empty(0), np.array([PERSON])).shape == (0, 1)

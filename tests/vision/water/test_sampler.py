"""Samples: what moves is gone, what stands is blocked, and every camera gets one in time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vision.types import FrameSize, Kind, ObjectClass
from vision.water.sampler import SECONDS, Sampler, _median, is_infrared, sample_shape

GROUND = np.random.default_rng(1).integers(60, 200, (360, 640, 3), dtype=np.uint8)
CAR = (100, 120, 260, 240)


def with_car(x=CAR[0]):
    picture = GROUND.copy()
    picture[CAR[1] : CAR[3], x : x + 160] = 10
    return picture


def feed(clock, pictures, every_s, detections=None):
    """Return the samples that pictures every so many seconds make."""
    sampler = Sampler()
    made = []
    for number, picture in enumerate(pictures):
        seen = detections(number) if detections else None
        made.append(sampler.add(clock(number * every_s), picture, seen))
    return [sample for sample in made if sample]


def test_what_passes_is_gone(clock):
    empty = feed(clock, [GROUND] * 5, 1.5)[0]
    passing = feed(clock, [with_car(x) for x in (0, 100, 220, 340, 460)], 1.5)[0]
    assert np.array_equal(passing.image, empty.image)


def test_a_parked_car_is_blocked_with_its_shadow_and_the_ground_beside_it_is_not(clock, detections):
    jam = detections([("car", CAR, 0.8)])
    sample = feed(clock, [with_car()] * 5, 1.5, lambda _: jam)[0]
    y1, y2 = CAR[1] // 2, CAR[3] // 2
    assert sample.blocked[y1:y2, CAR[0] // 2 : CAR[2] // 2].all()
    assert sample.blocked[y2 + 6, CAR[0]]
    assert not sample.blocked[y2 + 20 :].any()
    assert not sample.blocked[:, CAR[2] // 2 + 15 :].any()


@pytest.mark.parametrize(
    ("found_in", "asked_in", "blocked"),
    [
        ({0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, True),
        ({1, 3}, {0, 1, 2, 3, 4}, True),  # the detector sees three quarters of vehicles
        ({2}, {0, 1, 2, 3, 4}, False),  # it passed
        ({1}, {1, 3}, True),
        ({3}, {3}, True),
        (set(), {0, 1, 2}, False),
    ],
)
def test_boxes_block_where_they_stay(clock, detections, found_in, asked_in, blocked):
    def look(number):
        if number not in asked_in:
            return None
        return detections([("car", CAR, 0.8)] if number in found_in else [])

    sample = feed(clock, [GROUND] * 5, 1.5, look)[0]
    assert bool(sample.blocked.any()) is blocked


def test_kinds_that_hide_no_ground_block_nothing(clock, detections):
    seen = detections([("car", CAR, 0.8)])
    smoke = replace(seen, classes={2: ObjectClass(2, "smoke", Kind("smoke"))})
    assert not feed(clock, [GROUND] * 5, 1.5, lambda _: smoke)[0].blocked.any()


@pytest.mark.parametrize(
    ("every_s", "pictures", "takes_s"),
    [
        (0.04, 200, SECONDS),  # every picture at 25 a second
        (0.5, 14, SECONDS),
        (2.0, 5, 8.0),
        (4.0, 6, 16.0),  # key frames alone
        (12.0, 4, 24.0),  # and few of them
    ],
)
def test_every_camera_gets_a_sample_in_time(clock, every_s, pictures, takes_s):
    made = feed(clock, [GROUND] * pictures, every_s)
    assert made
    assert (made[0].at - clock(0)).total_seconds() == pytest.approx(takes_s, abs=0.8)


def test_pictures_of_two_bursts_are_not_mixed(clock):
    sampler = Sampler()
    for number in range(3):
        assert sampler.add(clock(number), with_car(), None) is None
    late = [sampler.add(clock(60 + 1.5 * n), GROUND, None) for n in range(5)]
    assert late[:4] == [None] * 4
    assert np.array_equal(late[4].image, feed(clock, [GROUND] * 5, 1.5)[0].image)


@pytest.mark.parametrize("change", ["size", "clock back", "forget"])
def test_what_was_collected_is_dropped_when_it_no_longer_fits(clock, change):
    sampler = Sampler()
    for number in range(4):
        assert sampler.add(clock(100 + 1.5 * number), GROUND, None) is None
    picture = GROUND[:180, :320] if change == "size" else GROUND
    if change == "forget":
        sampler.forget()
    assert sampler.add(clock(50 if change == "clock back" else 106), picture, None) is None


def test_a_sample_says_what_it_is_of(clock):
    sample = feed(clock, [GROUND] * 5, 1.5)[0]
    assert sample.size == FrameSize(640, 360)
    assert sample.shape == (180, 320)
    assert sample.full is GROUND
    assert sample.at == clock(6.0)
    assert not sample.infrared


def test_infrared_is_told_by_the_lack_of_colour_even_with_a_coloured_clock():
    grey = np.repeat(GROUND[::2, ::2, :1], 3, axis=2)
    assert is_infrared(grey)
    grey[4:12, 4:60] = (0, 255, 255)
    assert is_infrared(grey)
    assert not is_infrared(np.ascontiguousarray(GROUND[::2, ::2]))


@given(st.integers(64, 4000), st.integers(64, 3000))
def test_samples_are_as_wide_as_all_and_of_even_height(width, height):
    rows, columns = sample_shape(FrameSize(width, height))
    assert columns == 320
    assert rows % 2 == 0
    assert rows >= 2


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.just(4), st.just(5), st.just(3))))
def test_the_median_is_the_middle_value(pictures):
    expected = np.sort(pictures, axis=0)[(len(pictures) - 1) // 2]
    assert np.array_equal(_median(list(pictures)), expected)

"""The ground of the last looks: what moves is not in it, nor what nobody sees any more."""

from datetime import UTC, datetime, timedelta

import numpy as np

from vision.types import FrameSize
from vision.water.lately import LATELY, Lately
from vision.water.types import Sample

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (4, 6)


def sample(at_s: float, value: int, *, infrared: bool = False) -> Sample:
    image = np.full((*SHAPE, 3), value, np.uint8)
    at = EPOCH + timedelta(seconds=at_s)
    full = np.zeros((8, 12, 3), np.uint8)
    return Sample(at, image, np.zeros(SHAPE, np.bool_), FrameSize(12, 8), infrared, full)


def lately(*samples: Sample) -> Lately:
    some = Lately()
    for one in samples:
        some.look(one.at, one)
    return some


def test_nothing_was_seen_yet() -> None:
    some = Lately()
    assert some.ground() is None
    some.look(EPOCH, None)
    assert some.ground() is None


def test_the_middle_of_what_each_look_shows_is_the_ground() -> None:
    one, two, three = sample(0, 100), sample(10, 110), sample(20, 104)
    two.image[0, 0] = 250
    three.blocked[1, 1] = True
    for each in (one, two, three):
        each.blocked[2, 2] = True
    ground = lately(one, two, three).ground()
    assert ground is not None
    assert (ground.at, ground.full) == (three.at, None)
    assert ground.image[0, 0].tolist() == [104] * 3
    assert ground.image[1, 1].tolist() == [105] * 3
    assert np.argwhere(ground.blocked).tolist() == [[2, 2]]


def test_ground_by_another_light_is_not_mixed_in() -> None:
    ground = lately(sample(0, 200), sample(10, 200), sample(20, 60, infrared=True)).ground()
    assert ground is not None
    assert ground.infrared
    assert np.unique(ground.image).tolist() == [60]


def test_what_was_seen_too_long_ago_is_not_the_ground_of_now() -> None:
    late = LATELY.total_seconds() + 30
    ground = lately(sample(0, 200), sample(late, 60)).ground()
    assert ground is not None
    assert np.unique(ground.image).tolist() == [60]
    some = lately(sample(0, 200))
    some.look(EPOCH + timedelta(seconds=late), None)
    assert some.ground() is None

"""Who wades shows less of himself: told as a word, of several, and of nobody on dry ground."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import WaterError
from vision.types import FrameSize
from vision.water.sealed import seal
from vision.water.types import Evidence, Feet, Mask, Wading
from vision.water.wading import KIND, MOST, Stature, WadingWatch, feet_of, pack_feet, unpack_feet

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
SIZE = FrameSize(640, 360)
SLOPE, HORIZON = 0.35, 0.05
"""How tall persons are: so much more for each row below the horizon."""


def people(
    count: int, *, hidden: float = 0.0, mirror: float = 0.0, tall: float = 1.0, seed: int = 0
) -> Feet:
    """Return persons here and there, of whom a share is hidden; mirror: of what sticks out."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0.3, 1.5, count), random.uniform(0.4, 0.95, count)
    whole = SLOPE * (y - HORIZON) * random.normal(tall, 0.05, count)
    line = y - hidden * whole
    seen = (1.0 - hidden) * whole
    end = line + mirror * seen
    return np.column_stack((x, end, end - (line - seen))).astype(np.float32)


def water(mask: Mask | None = None) -> Evidence:
    everywhere = np.ones(SHAPE, np.bool_)
    return Evidence(everywhere if mask is None else mask, everywhere, 1.0, 1.0, {}, "")


def after_dry_days(dry: Feet | None = None) -> WadingWatch:
    """Return a watch that saw persons on dry ground, five a look."""
    watch = WadingWatch(np.ones(SHAPE, np.bool_))
    dry = people(300) if dry is None else dry
    for first in range(0, len(dry), 5):
        watch.learn(dry[first : first + 5], EPOCH + timedelta(seconds=6 * first))
    return watch


def told(watch: WadingWatch, wet: Feet, each: int = 2) -> Wading | None:
    """Return the last word of looks ten seconds apart, with so many persons each."""
    word = None
    for number in range(0, len(wet), each):
        at = EPOCH + timedelta(hours=1, seconds=10 * number / each)
        word = watch.look(wet[number : number + each], at, water())
    return word


@given(st.floats(0.0, 0.6), st.integers(0, 50))
def test_what_is_hidden_is_told_though_a_waterline_lies_farther_up_the_picture(
    hidden: float, seed: int
) -> None:
    shares = Stature(people(300)).hidden(people(200, hidden=hidden, seed=seed + 1))
    assert np.median(shares) == pytest.approx(hidden, abs=0.03)


@pytest.mark.parametrize(
    ("hidden", "word"),
    [(0.0, None), (0.05, None), (0.12, None), (0.26, "knees"), (0.39, "thighs"), (0.6, "thighs")],
)
def test_how_far_up_it_reaches_at_least(hidden: float, word: str | None) -> None:
    assert told(after_dry_days(), people(20, hidden=hidden, seed=1)) == word


def test_a_mirror_image_makes_water_shallower_and_never_deeper() -> None:
    dry = after_dry_days().dry
    for hidden in (0.0, 0.1, 0.2, 0.28, 0.4):
        for mirror in (0.1, 0.3, 1.0):
            plain = told(after_dry_days(dry), people(20, hidden=hidden, seed=2))
            mirrored = told(after_dry_days(dry), people(20, hidden=hidden, mirror=mirror, seed=2))
            order = [None, Wading.KNEES, Wading.THIGHS]
            assert order.index(mirrored) <= order.index(plain)


def test_a_few_tell_nothing_and_neither_does_one_look() -> None:
    wet = people(40, hidden=0.4, seed=1)
    assert told(after_dry_days(), wet[:4]) is None
    assert told(after_dry_days(), wet, each=40) is None


def test_who_stands_still_counts_once() -> None:
    one = people(1, hidden=0.4, seed=1)
    assert told(after_dry_days(), np.repeat(one, 20, axis=0), each=1) is None


def test_nothing_is_told_before_enough_were_seen_dry() -> None:
    assert told(after_dry_days(people(40)), people(20, hidden=0.4, seed=1)) is None


def test_children_are_usual_where_they_were_seen_dry() -> None:
    both = np.concatenate((people(240), people(80, tall=0.72, seed=3)))
    np.random.default_rng(5).shuffle(both)
    children = people(20, tall=0.72, seed=4)
    assert told(after_dry_days(both), children) is None


def test_who_stands_beside_the_water_is_not_in_it() -> None:
    nowhere = water(np.zeros(SHAPE, np.bool_))
    watch, wet = after_dry_days(), people(20, hidden=0.4, seed=1)
    for number in range(10):
        at = EPOCH + timedelta(seconds=10 * number)
        assert watch.look(wet[2 * number : 2 * number + 2], at, nowhere) is None


def test_a_word_is_kept_for_ten_minutes_and_over_once_the_ground_is_clear() -> None:
    watch = after_dry_days()
    assert told(watch, people(20, hidden=0.3, seed=1)) is Wading.KNEES
    last = EPOCH + timedelta(hours=1, seconds=90)
    assert watch.look(None, last + timedelta(minutes=5), water()) is Wading.KNEES
    assert watch.look(None, last + timedelta(minutes=11), water()) is None
    assert told(watch, people(20, hidden=0.3, seed=1)) is Wading.KNEES
    watch.learn(people(1), last)
    assert watch.look(None, last, water()) is None


def test_far_from_the_zones_nobody_is_learnt_of() -> None:
    zones = np.zeros(SHAPE, np.bool_)
    zones[120:, :160] = True
    watch = WadingWatch(zones)
    watch.learn(np.array([(0.3, 0.9, 0.3), (0.3, 0.6, 0.2), (1.5, 0.9, 0.3)], np.float32), EPOCH)
    assert watch.dry[:, 1].tolist() == pytest.approx([0.9, 0.6])


def test_memory_is_bounded_and_a_busy_hour_does_not_fill_it() -> None:
    watch = WadingWatch(np.ones(SHAPE, np.bool_))
    for number in range(400):
        watch.learn(people(5, seed=number), EPOCH + timedelta(seconds=30 * number))
    full = watch.dry
    watch.learn(people(5, seed=999), EPOCH + timedelta(hours=9))
    assert not np.array_equal(watch.dry, full)
    full = watch.dry
    watch.learn(people(5, seed=998), EPOCH + timedelta(hours=9, minutes=4))
    assert np.array_equal(watch.dry, full)
    assert len(full) == MOST


def test_what_was_learnt_survives_as_bytes_and_damage_is_told() -> None:
    dry = people(80)
    data = pack_feet(dry)
    assert np.array_equal(unpack_feet(data), dry)
    assert pack_feet(dry) == data
    later = seal(KIND, {"version": np.array([9]), "feet": dry})
    broken = seal(KIND, {"version": np.array([1]), "feet": np.full((2, 3), np.nan)})
    for wrong in (data[:-5], b"nonsense", later, broken, seal(KIND, {})):
        with pytest.raises(WaterError):
            unpack_feet(wrong)


WHOLE = ("person", (100, 100, 130, 200), 0.8)


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ([], 1),
        ([("person", (300, 100, 330, 200), 0.8)], 2),
        ([("person", (120, 100, 150, 200), 0.8)], 0),  # one behind the other
        ([("person", (120, 100, 150, 200), 0.25)], 0),
        ([("truck", (90, 150, 140, 210), 0.5)], 0),  # on it
        ([("car", (300, 100, 400, 200), 0.9)], 1),
        ([("person", (300, 100, 330, 200), 0.3)], 1),  # half of one, perhaps
        ([("person", (300, 290, 330, 359), 0.8)], 1),  # cut by the picture
        ([("person", (0, 100, 30, 200), 0.8)], 1),
        ([("person", (300, 100, 310, 130), 0.8)], 1),  # too small
    ],
)
def test_only_who_is_wholly_seen_is_measured(detections, others, count: int) -> None:
    feet = feet_of(detections([WHOLE, *others]), SIZE)
    assert len(feet) == count
    if count:
        assert feet[0].tolist() == pytest.approx([115 / 360, 200 / 360, 100 / 360])


def test_a_picture_with_nobody_gives_nobody(detections) -> None:
    assert feet_of(detections([]), SIZE).shape == (0, 3)

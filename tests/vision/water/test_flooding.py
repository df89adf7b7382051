"""Synthetic water does what water does, and nuisances do not."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.train.scenes import draw_scene, lit
from vision.types import FrameSize
from vision.water.flooding import TRAINING, TRIAL, WaterLook, flood, pond_depth
from vision.water.nuisances import NUISANCES, coding, shift, wet
from vision.water.plane import Plane, smooth_noise
from vision.water.rehearsal import FLOODED, rehearse

SIZE = FrameSize(160, 96)
LOOK = WaterLook(
    share=0.5, murk=30.0, tone=(0.4, 0.5, 0.6), mirror=1.0, ripple=0.1, wave=0.08, sway_px=2.0
)


@pytest.fixture(scope="module")
def street():
    rng = np.random.default_rng(3)
    scene = draw_scene(SIZE, rng)
    return lit(scene, rng), scene.ground


def busyness(image, where):
    """Mean step between neighbours: what water takes away from the ground."""
    luma = image.mean(axis=2)
    return np.abs(np.diff(luma, axis=1))[where[:, 1:]].mean()


def test_the_share_asked_for_is_under_water_and_nothing_else_changes(street):
    image, ground = street
    flooded, water = flood(image, ground, LOOK, np.random.default_rng(0))
    assert water.sum() / ground.sum() == pytest.approx(0.5, abs=0.02)
    assert not (water & ~ground).any()
    changed = (flooded != image).any(axis=2)
    assert changed[water].mean() > 0.95
    near = cv2.dilate(water.astype(np.uint8), np.ones((9, 9))) > 0
    assert not changed[~near].any()


def test_murky_still_water_hides_the_ground(street):
    image, ground = street
    still = WaterLook(1.0, 200.0, (0.5, 0.5, 0.5), 0.0, 0.0, 0.08, 0.0)
    flooded, water = flood(image, ground, still, np.random.default_rng(0))
    assert busyness(flooded, water) < 0.5 * busyness(image, water)


def test_ripples_add_texture_of_their_own():
    plain = np.full((96, 160, 3), 120, np.uint8)
    ground = np.zeros((96, 160), np.bool_)
    ground[30:] = True

    def steps(ripple: float, seed: int) -> float:
        look = WaterLook(1.0, 30.0, LOOK.tone, 1.0, ripple, 0.2, 2.0)
        flooded, _ = flood(plain, ground, look, np.random.default_rng(seed))
        return float(np.abs(np.diff(flooded[70:].mean(axis=2), axis=0)).mean())

    waters = range(8)
    more = [steps(0.15, seed) > steps(0.0, seed) + 1 for seed in waters]
    assert sum(more) > len(waters) / 2, "where no gust is the water lies still"


def test_the_far_side_is_mirrored():
    image = np.full((96, 160, 3), 100, np.uint8)
    image[:40, 60:100] = (0, 0, 255)
    ground = np.zeros((96, 160), np.bool_)
    ground[40:] = True
    mirror = WaterLook(1.0, 30.0, (0.5, 0.5, 0.5), 1.8, 0.0, 0.08, 0.0)
    flooded, _ = flood(image, ground, mirror, np.random.default_rng(0))
    below, beside = flooded[44:50, 75:85, 2].mean(), flooded[44:50, 10:40, 2].mean()
    assert below > beside + 20


def test_more_water_covers_what_less_covered():
    ground = np.ones((96, 160), np.bool_)
    plane = Plane.under(ground)
    shares = (0.1, 0.3, 0.6, 0.9)
    ponds = [pond_depth(ground, plane, s, np.random.default_rng(5)) > 0 for s in shares]
    for less, more in pairwise(ponds):
        assert not (less & ~more).any()
        assert more.sum() > less.sum()


def test_without_ground_nothing_is_flooded(street):
    image, ground = street
    same, water = flood(image, np.zeros_like(ground), LOOK, np.random.default_rng(0))
    assert np.array_equal(same, image)
    assert not water.any()


def test_grey_pictures_stay_grey(street):
    image, ground = street
    grey = np.repeat(image[..., :1], 3, axis=2)
    rng = np.random.default_rng(1)
    for picture in [flood(grey, ground, LOOK, rng)[0]] + [
        NUISANCES[name](grey, ground, rng) for name in ("vehicles", "snow", "headlights", "litter")
    ]:
        assert np.array_equal(picture[..., 0], picture[..., 2])


@pytest.mark.parametrize("name", NUISANCES)
def test_a_nuisance_changes_the_picture_the_same_way_for_one_seed(street, name):
    image, ground = street
    before = image.copy()
    one, other = (NUISANCES[name](image, ground, np.random.default_rng(7)) for _ in range(2))
    assert one.shape == image.shape
    assert one.dtype == np.uint8
    assert np.array_equal(one, other)
    assert (one != image).any()
    assert np.array_equal(image, before)


def test_wet_ground_keeps_its_texture_and_floods_do_not(street):
    image, ground = street
    murky = WaterLook(1.0, 200.0, (0.5, 0.5, 0.5), 0.2, 0.0, 0.08, 0.0)
    wetted = wet(image, ground, np.random.default_rng(2))
    flooded, _ = flood(image, ground, murky, np.random.default_rng(2))

    def likeness(picture):
        details = [np.diff(p.mean(axis=2), axis=1)[ground[:, 1:]] for p in (picture, image)]
        return np.corrcoef(*details)[0, 1]

    assert likeness(wetted) > 0.6 > likeness(flooded) + 0.2


def test_a_shift_is_small(street):
    image, ground = street
    moved = shift(image, ground, np.random.default_rng(2))
    assert np.abs(moved.astype(int) - image).mean() < 25


def test_coding_keeps_the_scene(street):
    image, ground = street
    coded = coding(image, ground, np.random.default_rng(2))
    assert np.corrcoef(coded.ravel(), image.ravel())[0, 1] > 0.9


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 30.0))
def test_noise_has_no_bias_and_joins_at_its_borders(seed, blur):
    noise = smooth_noise(np.random.default_rng(seed), blur, 64)
    assert noise.shape == (64, 64)
    assert abs(noise.mean()) < 0.25
    assert 0.6 < noise.std() < 1.4
    if blur > 2:
        inside = np.abs(np.diff(noise, axis=0)).max()
        assert np.abs(noise[0] - noise[-1]).max() <= 2 * inside


def test_training_and_trial_waves_do_not_overlap():
    for name in ("wave", "sway_px", "streak"):
        assert getattr(TRAINING, name)[1] <= getattr(TRIAL, name)[0], name


def test_pairs_are_flooded_about_as_often_as_said_and_water_lies_on_the_ground(street):
    image, ground = street
    rng = np.random.default_rng(11)
    pairs = [rehearse((image, image), ground, TRAINING, rng) for _ in range(80)]
    share = np.mean([pair.flooded for pair in pairs])
    assert share == pytest.approx(FLOODED, abs=0.2)
    for pair in pairs:
        assert pair.current.shape == pair.reference.shape == image.shape
        assert not (pair.water & ~ground).any()


def test_a_pair_is_made_again_from_its_seed(street):
    image, ground = street
    one, other = (
        rehearse((image, image), ground, TRIAL, np.random.default_rng(4)) for _ in range(2)
    )
    assert np.array_equal(one.current, other.current)
    assert np.array_equal(one.reference, other.reference)
    assert np.array_equal(one.water, other.water)


def test_streets_differ_and_are_mostly_ground():
    scenes = [draw_scene(SIZE, np.random.default_rng(seed)) for seed in range(12)]
    assert len({scene.albedo.tobytes() for scene in scenes}) == 12
    assert all(scene.ground.mean() > 0.1 for scene in scenes)

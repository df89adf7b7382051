"""Registration on real footage: shifts found by any light, flooded or written on; else refused."""

from dataclasses import replace
from itertools import islice

import av
import cv2
import numpy as np
import pytest

from vision.types import FrameSize
from vision.water.registration import align, aligned, luma_of, register
from vision.water.types import Sample

VIEW = (320, 240)
MARGIN_PX = 40
NOTHING = np.zeros(VIEW[::-1], np.bool_)


@pytest.fixture(scope="session")
def square(square_film):
    """The square without people: 400x300, so that a view of it can slide without a rim."""
    with av.open(str(square_film)) as container:
        some = [f.to_ndarray(format="bgr24") for f in islice(container.decode(video=0), 0, 250, 50)]
    empty = np.median(np.stack(some), axis=0).astype(np.uint8)
    return cv2.resize(empty, (400, 300), interpolation=cv2.INTER_AREA)


def seen(scene, right=0.0, down=0.0, roll=0.0):
    """Return a camera's view of the scene, its content moved and rolled (degrees)."""
    move = cv2.getRotationMatrix2D((200, 150), roll, 1.0)
    move[:, 2] += (right - MARGIN_PX, down - 30)
    return cv2.warpAffine(scene, move, VIEW)


def noisy(picture):
    grain = np.random.default_rng(3).normal(0, 3, (*picture.shape[:2], 1))
    return (picture + grain).clip(0, 255).astype(np.uint8)


def sample_of(picture, clock, blocked=NOTHING):
    return Sample(clock(0), noisy(picture), blocked, FrameSize(640, 480))


def dusk(picture):
    return (14 + 0.3 * picture.astype(np.float32)).astype(np.uint8)


def infrared(picture):
    """A lamp beside the lens; leaves are bright, the sky is dark."""
    blue, green, red = np.moveaxis(picture.astype(np.float32), 2, 0)
    grey = 0.6 * red + 0.2 * (blue + green) + 2 * np.maximum(green - (blue + red) / 2, 0)
    y, x = np.mgrid[-1 : 1 : VIEW[1] * 1j, -1 : 1 : VIEW[0] * 1j]
    lit = 16 + grey.clip(0, 239) * np.exp(-(x**2) - y**2)
    return np.repeat(lit[..., None], 3, axis=2).astype(np.uint8)


def flooded(picture):
    """Rippled water over the lower half, mirroring the upper one."""
    wet = picture.copy()
    half = VIEW[1] // 2
    rows = np.arange(half)
    ripple = (3 * np.sin(rows / 3.0)).astype(int)
    mirrored = picture[(half - 1 - rows + ripple).clip(0, half)]
    wet[half:] = 0.6 * mirrored + 40
    return wet


def with_shadow(picture):
    shaded = picture.copy()
    outline = np.array([[30, 90], [200, 60], [260, 170], [90, 230]])
    mask = cv2.fillConvexPoly(np.zeros(VIEW[::-1], np.float32), outline, 1.0)
    return (shaded * (1 - 0.5 * mask[..., None])).astype(np.uint8)


LIGHTS = {
    "day": lambda picture: picture,
    "dusk": dusk,
    "infrared": infrared,
    "shadow": with_shadow,
    "flooded": flooded,
    "flooded at dusk": lambda picture: dusk(flooded(picture)),
}


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("moved", [(0, 0), (3, -2), (-6.5, 4), (13, 5)])
def test_shifts_are_found_by_every_light(square, clock, light, moved):
    sample = sample_of(LIGHTS[light](seen(square, *moved)), clock)
    found = register(sample, luma_of(seen(square)), NOTHING)
    assert found.ok
    assert found.shift == pytest.approx(moved, abs=0.8)
    assert 0 < found.score <= 1


def test_a_roll_is_taken_back(square, clock):
    sample = sample_of(seen(square, 4, -3, roll=1.0), clock)
    found = register(sample, luma_of(seen(square)), NOTHING)
    assert found.ok
    inside = np.s_[25:-25, 25:-25]
    still = aligned(sample, found).image[inside].astype(int) - seen(square)[inside]
    loose = sample.image[inside].astype(int) - seen(square)[inside]
    assert np.abs(still).mean() < 0.6 * np.abs(loose).mean()
    assert np.abs(still).mean() < 6


def written_on(picture):
    """A bright clock in a black outline and a long name, as large as cameras write at most."""
    written = picture.copy()
    for place, words in (((6, 22), "2026-07-14 02:13:55"), ((6, 232), "CAM 03 BRIDGE NORTH")):
        for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 2)):
            cv2.putText(written, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, colour, thick)
    return written


def test_what_is_written_on_the_picture_does_not_hold_it(square, clock):
    """At dusk the writing is all that is steep; thirteen pixels of the full picture are missed."""
    text = NOTHING.copy()
    text[:30] = text[210:] = True
    reference = luma_of(written_on(seen(square)))
    sample = sample_of(written_on(dusk(seen(square, 6.5, 0))), clock)
    assert register(sample, reference, text).shift == pytest.approx((6.5, 0), abs=0.8)


def test_what_stands_before_the_ground_does_not_hold_it(square, clock):
    parked = NOTHING.copy()
    parked[100:220, 20:240] = True
    picture = seen(square, 5, 0)
    picture[parked] = np.random.default_rng(4).integers(0, 255, (int(parked.sum()), 3))
    sample = sample_of(picture, clock, parked)
    assert register(sample, luma_of(seen(square)), NOTHING).shift == pytest.approx((5, 0), abs=0.8)


@pytest.mark.parametrize(
    "other",
    [
        lambda view: view[::-1, ::-1],
        lambda view: np.roll(view, 130, axis=1),
        lambda view: np.full_like(view, 128),
        lambda view: cv2.GaussianBlur(view, (0, 0), 25),
    ],
    ids=["upside down", "turned", "covered", "out of focus"],
)
def test_another_view_is_refused(square, clock, other):
    sample = sample_of(np.ascontiguousarray(other(seen(square))), clock)
    found = register(sample, luma_of(seen(square)), NOTHING)
    assert not found.ok
    assert not found.found


def test_a_scene_that_lies_too_far_off_is_recognised_but_not_used(square, clock):
    found = register(sample_of(seen(square, 21, 0), clock), luma_of(seen(square)), NOTHING)
    assert found.found
    assert not found.ok
    assert found.shift == pytest.approx((21, 0), abs=0.8)


def test_what_a_moved_sample_does_not_show_is_blocked(square, clock):
    blocked = NOTHING.copy()
    blocked[100:140, 100:140] = True
    sample = sample_of(seen(square, 10, 0), clock, blocked)
    moved = aligned(sample, register(sample, luma_of(seen(square)), NOTHING))
    assert moved.blocked[:, -9:].all()
    assert moved.blocked[105:135, 95:125].all()
    assert not moved.blocked[105:135, 135:300].any()


def test_full_pictures_move_with_their_samples(square, clock):
    found = register(sample_of(seen(square, 8, -4), clock), luma_of(seen(square)), NOTHING)
    large = cv2.resize(seen(square, 8, -4), (640, 480))
    wanted = cv2.resize(seen(square), (640, 480))
    inside = np.s_[40:-40, 40:-40]
    assert np.abs(align(large, found)[inside].astype(int) - wanted[inside]).mean() < 3


def test_registration_does_not_alter_its_sample(square, clock):
    sample = sample_of(seen(square, 3, 3), clock)
    before = replace(sample, image=sample.image.copy())
    aligned(sample, register(sample, luma_of(seen(square)), NOTHING))
    assert np.array_equal(sample.image, before.image)

"""Where the camera writes, found on real footage as the light changes; elsewhere nothing."""

from itertools import islice

import av
import cv2
import numpy as np
import pytest

from vision.geometry import Polygon
from vision.types import FrameSize
from vision.water.on_screen_text import TextFinder, strokes, text_mask
from vision.water.types import Sample

FULL = (640, 480)
LIGHTS = {"day": 1.0, "later": 0.97, "cloud": 0.75, "dusk": 0.35, "night": 0.2}
CLOCK, NAME = (10, 24), (430, 466)


@pytest.fixture(scope="session")
def square(square_film):
    """The square without people."""
    with av.open(str(square_film)) as container:
        some = [f.to_ndarray(format="bgr24") for f in islice(container.decode(video=0), 0, 250, 50)]
    return cv2.resize(np.median(np.stack(some), axis=0).astype(np.uint8), FULL)


def written(picture, second, blink):
    """Draw white letters in a black outline: a clock whose colon blinks, and a name."""
    colon = ":" if blink else " "
    clock = f"2026-07-14 {second // 3600 % 24:02d}:{second // 60 % 60:02d}{colon}{second % 60:02d}"
    for place, words in ((CLOCK, clock), (NAME, "CAM 03 BRIDGE")):
        for colour, thick in ((0, 3), (255, 1)):
            cv2.putText(picture, words, place, 0, 0.6, (colour,) * 3, thick, cv2.LINE_AA)
    return picture


def truth():
    """The letters and what lies between them, at the size of samples."""
    grey = np.full((480, 640, 3), 128, np.uint8)
    drawn = (written(grey.copy(), 0, blink=True) != grey).any(axis=2).astype(np.uint8)
    closed = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((5, 15), np.uint8))
    return cv2.resize(closed, (320, 240), interpolation=cv2.INTER_AREA) > 0


def sample_of(square, clock, number, share, write=written):
    """Return the middle one of three pictures, some seconds apart, in a light."""
    shots = []
    for shot in range(3):
        grain = np.random.default_rng([number, shot]).normal(0, 3, (*square.shape[:2], 1))
        lit = (14 + share * square + grain).clip(0, 255).astype(np.uint8)
        lit = write(lit, number * 4321 + 2 * shot, shot % 2 == 0)
        shots.append(cv2.resize(lit, (320, 240), interpolation=cv2.INTER_AREA))
    image = np.median(np.stack(shots), axis=0).astype(np.uint8)
    return Sample(clock(number), image, np.zeros((240, 320), np.bool_), FrameSize(*FULL))


def shown(finder, square, clock, **write):
    return [
        finder.see(sample_of(square, clock, number, share, **write))
        for number, share in enumerate(LIGHTS.values())
    ]


def test_writing_is_found_whole_once_the_light_has_changed(square, clock):
    mask = shown(TextFinder(), square, clock)[-1]
    assert (mask & truth()).sum() > 0.97 * truth().sum()
    near = cv2.dilate(truth().astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
    assert (mask & ~near).mean() < 0.005


def test_nothing_is_found_where_nothing_is_written(square, clock):
    masks = shown(TextFinder(), square, clock, write=lambda picture, *_: picture)
    assert all(mask.mean() < 0.04 for mask in masks)
    assert not masks[-1].any()


def test_the_mask_is_kept_and_begins_empty(square, clock):
    finder = TextFinder()
    assert finder.mask.size == 0
    seen = finder.see(sample_of(square, clock, 0, 1.0))
    assert seen.shape == (240, 320)
    assert finder.mask is seen


def test_writing_that_moves_is_followed(square, clock):
    """Somebody set the camera anew: what it wrote before is the scene again."""
    finder = TextFinder()
    shown(finder, square, clock)
    for _ in range(3):
        masks = shown(finder, square[::-1, ::-1], clock, write=lambda picture, *_: picture)
    assert not masks[-1].any()


def test_another_size_begins_anew(square, clock):
    finder = TextFinder()
    shown(finder, square, clock)
    small = np.full((180, 320, 3), 90, np.uint8)
    sample = Sample(clock(9), small, np.zeros((180, 320), np.bool_), FrameSize(640, 360))
    assert finder.see(sample).shape == (180, 320)


def test_polygons_by_hand_become_pixels():
    top = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 0.1), (0.0, 0.1)))
    mask = text_mask((top,), (180, 320))
    assert mask.shape == (180, 320)
    assert mask[:18].all()
    assert not mask[20:].any()
    assert not text_mask((), (180, 320)).any()


@pytest.mark.parametrize("outlined", [True, False])
def test_a_single_picture_of_full_size_shows_where_it_is_written_on(square, outlined):
    picture = cv2.resize(square, (1280, 960))
    clean = strokes(picture, (240, 320))
    for place, words in (((20, 48), "2026-07-14 09:12:33"), ((860, 932), "CAM 03 BRIDGE")):
        for colour, thick in ((0, 6), (255, 2)) if outlined else ((255, 2),):
            cv2.putText(picture, words, place, 0, 1.2, (colour,) * 3, thick, cv2.LINE_AA)
    found = strokes(picture, (240, 320))
    assert clean.mean() < 0.01
    assert found[5:12, 6:80].mean() > 0.9
    assert found[227:233, 218:278].mean() > 0.9
    assert found.mean() < 0.04

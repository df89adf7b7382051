"""Letterboxes: a table of sizes, pixels, and boxes there and back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vision.letterbox import PAD_GREY, Letterbox
from vision.types import FrameSize


@pytest.mark.parametrize(
    ("source", "resized", "pad"),
    [
        (FrameSize(640, 360), FrameSize(416, 234), (0, 11)),
        (FrameSize(768, 576), FrameSize(341, 256), (37, 0)),
        (FrameSize(416, 256), FrameSize(416, 256), (0, 0)),
        (FrameSize(208, 128), FrameSize(416, 256), (0, 0)),
        (FrameSize(2000, 1), FrameSize(416, 1), (0, 127)),
    ],
)
def test_letterbox_keeps_proportions(source, resized, pad):
    fit = Letterbox.fit(source, FrameSize(416, 256))
    assert (fit.resized, (fit.pad_left, fit.pad_top)) == (resized, pad)


sides = st.integers(64, 2000)


def test_letterbox_places_the_picture_between_grey_bars():
    fit = Letterbox.fit(FrameSize(640, 360), FrameSize(416, 256))
    picture = np.full((360, 640, 3), 200, np.uint8)
    framed = fit.frame(picture)
    assert framed.shape == (256, 416, 3)
    assert (framed[11:245] == 200).all()
    assert (framed[:11] == PAD_GREY).all()
    assert (framed[245:] == PAD_GREY).all()


@given(sides, sides)
def test_a_resized_picture_is_placed_where_it_would_be_framed(width, height):
    fit = Letterbox.fit(FrameSize(width, height), FrameSize(160, 96))
    picture = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    resized = cv2.resize(picture, (fit.resized.width, fit.resized.height))
    np.testing.assert_array_equal(fit.place(resized), fit.frame(picture))


def test_letterbox_refuses_a_picture_of_another_size():
    fit = Letterbox.fit(FrameSize(640, 360), FrameSize(416, 256))
    with pytest.raises(ValueError, match="does not fit"):
        fit.place(np.zeros((256, 416, 3), np.uint8))


corners = hnp.arrays(np.float32, (12, 4), elements=st.integers(0, 300))


@given(sides, sides, corners)
def test_letterbox_there_and_back(width, height, boxes):
    fit = Letterbox.fit(FrameSize(width, height), FrameSize(416, 256))
    inside = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
    factor = [fit.resized.width / width, fit.resized.height / height] * 2
    placed = inside * factor + [fit.pad_left, fit.pad_top] * 2
    np.testing.assert_allclose(fit.to_source(placed.astype(np.float32)), inside, atol=0.01)


def test_letterbox_clips_to_the_source():
    fit = Letterbox.fit(FrameSize(1280, 720), FrameSize(416, 256))
    assert fit.to_source(np.array([(-50, -50, 999, 999)], np.float32)).tolist() == [
        [0, 0, 1280, 720]
    ]

"""A picture of another cut is laid on its reference; one of another place is not."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from vision.types import FrameSize, Image
from vision.water.placing import place
from vision.water.registration import luma_of
from vision.water.types import Mask, Sample

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
WIDE = FrameSize(1280, 720)
NOTHING: Mask = np.zeros(SHAPE, np.bool_)
CORNERS = np.array([(20, 20, 1), (300, 20, 1), (20, 160, 1), (300, 160, 1)], np.float64)


def scene(seed: int = 3) -> Image:
    """Boxes of all sizes and shades, and grain."""
    rng = np.random.default_rng(seed)
    picture = np.full((*SHAPE, 3), 120, np.uint8)
    for _ in range(160):
        x, y = rng.integers(-10, 320), rng.integers(-10, 180)
        width, height = rng.integers(6, 40, 2)
        shade = rng.integers(30, 220, 3).tolist()
        cv2.rectangle(picture, (x, y), (x + width, y + height), shade, cv2.FILLED)
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def cut(degrees: float, across: float, down: float) -> np.ndarray:
    """Return where a pixel of the reference lies in a picture so turned and stretched."""
    matrix = cv2.getRotationMatrix2D((160, 90), degrees, 1.0)
    stretch = np.diag((across, down))
    linear = stretch @ matrix[:, :2]
    return np.column_stack((linear, np.array((160, 90)) - linear @ (160, 90)))


@pytest.mark.parametrize(
    ("degrees", "across", "down", "size"),
    [
        (0.0, 1.0, 1.0, WIDE),
        (2.6, 1.0, 1.0, WIDE),
        (-3.4, 1.04, 1.04, WIDE),
        (0.0, 0.95, 0.95, WIDE),
        (0.0, 0.8, 1.0, FrameSize(1600, 720)),
        (0.0, 1.0, 0.86, FrameSize(1280, 837)),
        (1.5, 1.2, 1.0, FrameSize(1067, 720)),
    ],
    ids=["as-it-is", "turned", "turned-and-zoomed", "wider", "cropped", "barred", "narrower"],
)
def test_a_picture_of_another_cut_is_laid_on_its_reference(degrees, across, down, size) -> None:
    matrix = cut(degrees, across, down)
    picture = cv2.warpAffine(scene(), matrix, SHAPE[::-1], borderMode=cv2.BORDER_CONSTANT)
    sample = Sample(AT, picture, NOTHING, size)
    placed = place(sample, WIDE, luma_of(scene()), NOTHING)
    assert placed.found
    off = CORNERS @ (placed.matrix.astype(np.float64) - matrix).T
    assert np.abs(off).max() < 2.0


@pytest.mark.parametrize("size", [WIDE, FrameSize(800, 600)])
def test_a_picture_of_another_place_is_not_laid(size) -> None:
    for seed in range(4, 9):
        sample = Sample(AT, scene(seed), NOTHING, size)
        assert not place(sample, WIDE, luma_of(scene()), NOTHING).found

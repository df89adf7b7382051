"""What somebody laid over a picture is found; what is in the scene is not."""

import cv2
import numpy as np
import pytest

from vision.types import Image
from vision.water.laid_over import boxes

SHAPE = (180, 320)


def street(width: int = 1280, height: int = 720) -> Image:
    """House fronts that lean a little, above rough ground with lanes, as a camera shows them."""
    rng = np.random.default_rng(3)
    picture = np.full((720, 1280, 3), 120.0)
    picture[320:] += rng.normal(0.0, 10.0, (400, 1280, 1))
    image = picture.clip(0, 255).astype(np.uint8)
    for left in range(20, 1260, 120):
        shade = tuple(int(tone) for tone in rng.integers(60, 200, 3))
        corners = np.array([[left, 80], [left + 90, 98], [left + 110, 300], [left + 16, 310]])
        cv2.fillPoly(image, [corners], shade)
    for foot in (200, 640, 1080):
        cv2.line(image, (640 + (foot - 640) // 6, 330), (foot, 719), (210, 210, 210), 12)
    soft = cv2.GaussianBlur(image, (0, 0), 1.5)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def coded(image: Image, quality: int = 80) -> Image:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def lay(image: Image, box: tuple[float, float, float, float], tone: int, opaque: float) -> Image:
    """Lay a bar with words over a picture; its sides as shares of the picture."""
    height, width = image.shape[:2]
    left, top, right, bottom = (
        round(side * full) for side, full in zip(box, (width, height) * 2, strict=True)
    )
    laid = image.astype(np.float32)
    part = laid[top:bottom, left:right]
    part[:] = part * (1.0 - opaque) + tone * opaque
    laid = np.ascontiguousarray(laid.astype(np.uint8))
    place = (left + (right - left) // 8, bottom - (bottom - top) // 3)
    cv2.putText(laid, "ROAD CLOSED", place, 0, (bottom - top) / 60, (240, 240, 240), 2, cv2.LINE_AA)
    return laid


BOXES = {
    "banner": (0.0, 0.78, 1.0, 0.9),
    "caption": (0.1, 0.6, 0.45, 0.7),
    "at the rim": (0.3, 0.85, 0.9, 1.0),
    "corner": (0.6, 0.8, 1.0, 1.0),
}


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("opaque", [1.0, 0.7])
@pytest.mark.parametrize("size", [(1920, 1080), (704, 396)])
def test_a_box_is_found_whole_and_little_else(name, opaque, size) -> None:
    left, top, right, bottom = BOXES[name]
    found = boxes(coded(lay(street(*size), BOXES[name], 30, opaque)), SHAPE)
    inside = np.zeros(SHAPE, np.bool_)
    inside[round(top * 180) : round(bottom * 180), round(left * 320) : round(right * 320)] = True
    assert found[inside].mean() > 0.95
    around = cv2.dilate(inside.view(np.uint8), np.ones((13, 13), np.uint8)) > 0
    assert found[~around].mean() < 0.01


@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (352, 198)])
@pytest.mark.parametrize("quality", [90, 40])
def test_a_street_has_none(size, quality) -> None:
    assert boxes(coded(street(*size), quality), SHAPE).mean() < 0.01


def test_half_a_frame_is_none() -> None:
    picture = street()
    cv2.line(picture, (100, 500), (900, 500), (255, 255, 255), 2)
    assert not boxes(picture, SHAPE).any()


def test_what_covers_most_of_a_picture_is_none() -> None:
    picture = street()
    picture[300:600, 100:1200] = 30
    assert not boxes(picture, SHAPE)[110:140].any()


@pytest.mark.parametrize("shape", [(2, 640), (640, 2), (8, 8), (1, 1)])
def test_strips_and_dots_have_none(shape) -> None:
    assert not boxes(np.full((*shape, 3), 90, np.uint8), SHAPE).any()

"""Boxes and zones: tables of cases and properties."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vision.errors import RuleError
from vision.geometry import Polygon, box_area, iou_matrix
from vision.types import FrameSize

WIDE = FrameSize(1280, 720)


def boxes_of(*rows):
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


@st.composite
def some_boxes(draw, most=12):
    count = draw(st.integers(0, most))
    corner = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(0, 200)))
    side = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(1, 100)))
    return np.concatenate([corner, corner + side], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (2, 2, 8, 8), 0.36),
        ((5, 5, 5, 9), (0, 0, 10, 10), 0.0),
        ((9, 9, 1, 1), (0, 0, 10, 10), 0.0),
    ],
)
def test_iou_of_a_pair(a, b, expected):
    assert iou_matrix(boxes_of(a), boxes_of(b))[0, 0] == pytest.approx(expected)


@given(some_boxes(), some_boxes())
def test_iou_is_a_symmetric_ratio(a, b):
    forth, back = iou_matrix(a, b), iou_matrix(b, a)
    assert forth.shape == (len(a), len(b))
    assert forth.dtype == np.float32
    np.testing.assert_allclose(forth, back.T, rtol=1e-6)
    assert ((forth >= 0) & (forth <= 1)).all()


def test_area_of_a_box_turned_inside_out_is_zero():
    assert box_area(boxes_of((0, 0, 3, 4), (9, 9, 1, 1))).tolist() == [12.0, 0.0]


SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
NOTCHED = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0))


@pytest.mark.parametrize(
    ("corners", "point", "inside"),
    [
        (SQUARE, (50, 50), True),
        (SQUARE, (25, 50), True),
        (SQUARE, (75, 75), True),
        (SQUARE, (75.4, 50), True),
        (SQUARE, (76, 50), False),
        (SQUARE, (50, 24), False),
        (SQUARE, (10, 25), False),
        (NOTCHED, (50, 100), False),
        (NOTCHED, (50, 40), True),
        (NOTCHED, (10, 70), True),
        (NOTCHED, (100, 100), True),
        (NOTCHED[::-1], (10, 70), True),
    ],
)
def test_point_in_zone(corners, point, inside):
    answer = Polygon(corners).contains(np.array([point], np.float32), FrameSize(100, 100))
    assert answer.tolist() == [inside]


def test_the_lower_edge_of_the_picture_belongs_to_the_whole_picture():
    whole = Polygon(((0, 0), (1, 0), (1, 1), (0, 1)))
    feet = np.array([[0, 720], [640, 720], [1280, 720], [1280, 0]], np.float32)
    assert whole.contains(feet, WIDE).all()
    assert whole.area == 1.0


@given(
    hnp.arrays(np.float32, (20, 2), elements=st.floats(0, 1000, width=32)),
    st.floats(0.2, 0.9),
)
def test_zone_agrees_with_opencv(points, reach):
    zone = Polygon(((0.1, 0.1), (reach, 0.2), (0.95, 0.95), (0.4, 0.6)))
    size = FrameSize(1000, 1000)
    outline = zone.outline_px(size)
    distance = [
        cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=True) for x, y in points
    ]
    expected = [d >= -0.5 for d in distance]
    decided = np.abs(np.array(distance) + 0.5) > 0.01
    assert (zone.contains(points, size) == expected)[decided].all()


def test_no_points():
    assert Polygon(SQUARE).contains(np.zeros((0, 2), np.float32), WIDE).shape == (0,)


@pytest.mark.parametrize(
    ("corners", "message"),
    [
        ([], "three corners"),
        ([[0, 0], [1, 1]], "three corners"),
        ([[0, 0], [1, 0], [1, 1.2]], "between 0 and 1"),
        ([[0, 0], [1, 0], [1, float("nan")]], "between 0 and 1"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "crosses itself"),
        ([[0, 0], [0.5, 0.5], [1, 1]], "no area"),
    ],
)
def test_a_bad_zone_says_why(corners, message):
    with pytest.raises(RuleError, match=message):
        Polygon.of(corners)

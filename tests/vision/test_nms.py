"""Suppression held against its definition."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vision.geometry import iou_matrix
from vision.nms import nms


@st.composite
def some_boxes(draw, most=12):
    count = draw(st.integers(0, most))
    corner = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(0, 200)))
    side = draw(hnp.arrays(np.int32, (count, 2), elements=st.integers(1, 100)))
    return np.concatenate([corner, corner + side], axis=1).astype(np.float32)


def reference_nms(boxes, score, group, limit):
    kept = []
    for row in sorted(range(len(boxes)), key=lambda row: -score[row]):
        rivals = [other for other in kept if group[other] == group[row]]
        overlap = iou_matrix(boxes[[row]], boxes[rivals]) if rivals else np.zeros((1, 0))
        if not (overlap > limit).any():
            kept.append(row)
    return kept


@given(some_boxes(), st.data())
def test_suppression_matches_the_definition(boxes, data):
    scores = data.draw(
        st.lists(st.integers(1, 1000), min_size=len(boxes), max_size=len(boxes), unique=True)
    )
    group = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=len(boxes), max_size=len(boxes))), np.int32
    )
    score = np.array(scores, dtype=np.float32) / 1000
    overlaps = iou_matrix(boxes, boxes)
    assume(not (np.abs(overlaps - 0.5) < 1e-3).any())
    assert nms(boxes, score, group, 0.5).tolist() == reference_nms(boxes, score, group, 0.5)


def test_suppression_of_nothing():
    empty = nms(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), 0.5)
    assert empty.shape == (0,)

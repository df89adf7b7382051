"""Precision, recall and AP50 on cases counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.evaluation import FalseAlarm, Miss, average_precision, evaluate, truth_from_yolo
from vision.types import Detections, FrameSize, Kind, ObjectClass

SIZE = FrameSize(200, 100)
CLASSES = {0: Kind.PERSON, 1: Kind.VEHICLE, 2: None}
TABLE = {0: ObjectClass(0, "person", Kind.PERSON), 1: ObjectClass(1, "car", Kind.VEHICLE)}
THRESHOLDS = {Kind.PERSON: 0.5, Kind.VEHICLE: 0.5}


def truth(*rows):
    return truth_from_yolo(rows, CLASSES, SIZE)


def found(*rows):
    """Detections from (x1, y1, x2, y2, score, class)."""
    table = np.array(rows, dtype=np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int16), TABLE)


PERSON = (0, 0.1, 0.5, 0.1, 0.4)
"""A label row: the box 10, 30, 30, 70."""


def person_score(truths, detections):
    names = [f"{number}.jpg" for number in range(len(truths))]
    return evaluate(names, truths, detections, THRESHOLDS)


def test_label_rows_become_pixels():
    boxes = truth(PERSON, (1, 0.5, 0.5, 1.0, 1.0), (2, 0.5, 0.5, 0.5, 0.5), (9, 0.5, 0.5, 1, 1))
    np.testing.assert_allclose(boxes.boxes[Kind.PERSON], [[10, 30, 30, 70]], atol=1e-4)
    np.testing.assert_allclose(boxes.boxes[Kind.VEHICLE], [[0, 0, 200, 100]], atol=1e-4)
    np.testing.assert_allclose(boxes.ignored, [[50, 25, 150, 75]], atol=1e-4)


@pytest.mark.parametrize(
    ("detections", "hits", "precision", "recall", "ap50"),
    [
        pytest.param([(10, 30, 30, 70, 0.9, 0)], 1, 1.0, 1.0, 1.0, id="exact"),
        pytest.param([(10, 30, 30, 50.5, 0.9, 0)], 1, 1.0, 1.0, 1.0, id="just over half"),
        pytest.param([(10, 30, 30, 49, 0.9, 0)], 0, 0.0, 0.0, 0.0, id="under half"),
        pytest.param([(10, 30, 30, 70, 0.9, 1)], 0, None, 0.0, 0.0, id="another kind"),
        pytest.param([(10, 30, 30, 70, 0.4, 0)], 0, None, 0.0, 1.0, id="under the threshold"),
        pytest.param([], 0, None, 0.0, 0.0, id="nothing"),
        pytest.param(
            [(10, 30, 30, 70, 0.9, 0), (11, 30, 30, 70, 0.8, 0)], 1, 0.5, 1.0, 1.0, id="twice"
        ),
        pytest.param(
            [(100, 30, 120, 70, 0.9, 0), (10, 30, 30, 70, 0.8, 0)], 1, 0.5, 1.0, 0.5, id="after"
        ),
    ],
)
def test_one_person(detections, hits, precision, recall, ap50):
    result = person_score([truth(PERSON)], [found(*detections)]).scores[Kind.PERSON]
    assert (result.true_positives, result.precision, result.recall) == (hits, precision, recall)
    assert result.ap50 == pytest.approx(ap50)


def test_two_people_close_together_are_each_matched_once():
    people = truth(PERSON, (0, 0.12, 0.5, 0.1, 0.4))
    seen = found((12, 30, 32, 70, 0.9, 0), (12, 30, 32, 70, 0.8, 0))
    assert person_score([people], [seen]).scores[Kind.PERSON].true_positives == 2


def test_what_is_not_to_be_judged_counts_neither_way():
    region = truth(PERSON, (2, 0.75, 0.5, 0.5, 1.0))
    seen = found((10, 30, 30, 70, 0.9, 0), (120, 30, 140, 70, 0.9, 0), (90, 30, 108, 70, 0.9, 0))
    result = person_score([region], [seen])
    assert result.scores[Kind.PERSON].precision == 0.5
    assert [alarm.box for alarm in result.false_alarms] == [(90.0, 30.0, 108.0, 70.0)]


def test_errors_are_named():
    result = person_score([truth(PERSON), truth()], [found(), found((50, 20, 70, 60, 0.75, 1))])
    assert result.misses == (Miss("0.jpg", Kind.PERSON, (10.0, 30.0, 30.0, 70.0)),)
    assert result.false_alarms == (
        FalseAlarm("1.jpg", Kind.VEHICLE, (50.0, 20.0, 70.0, 60.0), 0.75),
    )
    assert result.pictures == 2


def test_nothing_at_all():
    empty = person_score([], []).scores[Kind.VEHICLE]
    assert (empty.truths, empty.precision, empty.recall, empty.ap50) == (0, None, None, None)


def test_average_precision_by_hand():
    """Of 4 true boxes, hits at ranks 1, 3, 4: precision 1, 2/3, 3/4, made to fall: 1, 3/4, 3/4."""
    score = np.float32([0.9, 0.8, 0.7, 0.6])
    hit = np.array([True, False, True, True])
    assert average_precision(score, hit, 4) == pytest.approx((1 + 0.75 + 0.75) / 4)


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 5))
def test_average_precision_is_between_zero_and_recall(hits, missed):
    truths = sum(hits) + missed
    if truths:
        score = np.linspace(0.9, 0.1, len(hits)).astype(np.float32)
        area = average_precision(score, np.array(hits, dtype=bool), truths)
        assert 0.0 <= area <= sum(hits) / truths + 1e-9

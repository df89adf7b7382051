"""Persons on real footage hide the ground; a box that is too large does not."""

from itertools import islice

import av
import numpy as np
import pytest

from gateway.config import AnalysisSettings
from gateway.detector_setup import open_detector
from gateway.water.bystanders import Bystanders

SHAPE = (240, 320)


@pytest.fixture(scope="module")
def bystanders() -> Bystanders:
    detector, tracker = open_detector(AnalysisSettings())
    return Bystanders(detector, tracker.high_score)


@pytest.fixture(scope="module")
def square(square_film):
    with av.open(str(square_film)) as film:
        (first,) = islice(film.decode(video=0), 1)
        return first.to_ndarray(format="bgr24")


def test_persons_hide_some_of_the_square(bystanders, square) -> None:
    hidden = bystanders.of(square, SHAPE)
    assert hidden.shape == SHAPE
    assert 0.01 < hidden.mean() < 0.3


def test_nobody_hides_nothing(bystanders) -> None:
    assert not bystanders.of(np.full((576, 768, 3), 110, np.uint8), SHAPE).any()


def test_a_box_larger_than_what_passes_does_not_count(bystanders, square, monkeypatch) -> None:
    monkeypatch.setattr("gateway.water.bystanders.LARGEST", 0.0)
    assert not bystanders.of(square, SHAPE).any()

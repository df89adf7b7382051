"""Watched time and blindness."""

import pytest

from vision.scene import BLIND_AFTER_S, sighted_s


@pytest.mark.parametrize(
    ("previous", "at", "expected"),
    [
        (None, 5.0, 0.0),
        (5.0, 5.0, 0.0),
        (5.0, 5.2, 0.2),
        (0.0, BLIND_AFTER_S, BLIND_AFTER_S),
        (0.0, BLIND_AFTER_S + 0.001, None),
        (5.0, 4.999, None),
    ],
)
def test_only_watched_time_counts(clock, previous, at, expected) -> None:
    before = None if previous is None else clock(previous)
    assert sighted_s(before, clock(at)) == (None if expected is None else pytest.approx(expected))

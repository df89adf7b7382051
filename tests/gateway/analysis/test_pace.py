"""Which pictures are due."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from gateway.analysis.pace import Pace

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("camera_fps", "fps", "looks"),
    [(25, 5, 50), (12, 5, 50), (15, 5, 50), (30, 7, 70), (4, 5, 40), (10, 10, 100)],
)
def test_looks_as_often_as_asked(camera_fps, fps, looks):
    pace = Pace()
    times = [
        START + timedelta(seconds=float(Fraction(n, camera_fps))) for n in range(10 * camera_fps)
    ]
    assert sum(pace.is_due(at, 1 / fps) for at in times) == pytest.approx(looks, abs=1)


def test_late_packets_do_not_pile_up():
    """After a gap one look is due, not one for each that was missed."""
    pace = Pace()
    at = [0.0, 10.0, 10.04, 10.08, 10.12, 10.16, 10.2]
    due = [s for s in at if pace.is_due(START + timedelta(seconds=s), 0.2)]
    assert due == [0.0, 10.0, 10.2]


def test_clock_set_back_does_not_blind():
    pace = Pace()
    assert pace.is_due(START, 0.2)
    assert pace.is_due(START - timedelta(hours=1), 0.2)
    assert not pace.is_due(START - timedelta(hours=1) + timedelta(seconds=0.1), 0.2)


def test_an_interval_that_shrinks_counts_from_the_last_picture():
    pace = Pace()
    assert pace.is_due(START, 30)
    assert not pace.is_due(START + timedelta(seconds=5), 30)
    assert pace.is_due(START + timedelta(seconds=5.1), 0.5)

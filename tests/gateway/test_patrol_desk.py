"""Which cameras a round lets go, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.patrol.round import Outcome, Round, Stop
from gateway.patrol_desk import cameras_left
from gateway.store.patrol import CheckIn, StoredRound

EIGHT = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
STOPS = (
    Stop("gate", "村口", "gate"),
    Stop("road@1", "", "road", "1"),
    Stop("road@2", "", "road", "2"),
    Stop("dike@1", "", "dike", "1"),
)
ROUND = Round("r", "village", "", "", EIGHT, EIGHT + HOUR, EIGHT + 2 * HOUR, STOPS)


def walked(arrived: str, visited: str = "", outcome: Outcome | None = None) -> StoredRound:
    """Return the round: where somebody has arrived, and what of it they have checked in."""
    checkins = {stop: CheckIn(stop, "li", EIGHT) for stop in arrived.split()}
    checkins |= {stop: replace(checkins[stop], at=EIGHT) for stop in visited.split()}
    return StoredRound(ROUND, outcome, None, "", "", checkins)


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (walked("gate"), walked("gate", "gate"), set()),
        (walked("road@1"), walked("road@1", "road@1"), set()),
        (walked("road@1 road@2", "road@1"), walked("road@1 road@2", "road@1 road@2"), {"road"}),
        (walked("dike@1"), walked("dike@1", "dike@1"), {"dike"}),
        (walked("dike@1 gate", "dike@1"), walked("dike@1 gate", "dike@1 gate"), set()),
        (walked("road@1 gate"), walked("road@1 gate", "", Outcome.SKIPPED), {"road"}),
        (walked("dike@1", "dike@1"), walked("dike@1", "dike@1", Outcome.SKIPPED), set()),
    ],
)
def test_a_camera_is_let_go_once_when_no_stop_needs_it(before, after, left) -> None:
    assert cameras_left(before, after) == left

"""What looks at simulated hours come to."""

import math

import pytest

from benchmarks.water_score import alerts_per_hour, delay_of_truth_s, found, wrong_share
from benchmarks.water_trial import Look, Trial
from vision.water.types import PlaceType, Unseen, WaterLines, WaterSetup, WaterState

NORMAL, WATCH = WaterState.NORMAL, WaterState.WATCH
SETUP = WaterSetup(PlaceType.ROAD, ())


def look(at_s: float, truth: float, state: WaterState, told: str = "") -> Look:
    unseen = Unseen.HAZE if told == "unseen" else None
    return Look(
        at_s=at_s,
        truth=truth,
        unseen=unseen,
        seen=truth,
        state=state,
        opened=told == "opened",
        closed=told == "closed",
        severity=None,
        basis="",
    )


def trial(*looks: Look) -> Trial:
    return Trial("event 1", "lane", looks, 3600.0, 1.0)


EVENT = (
    look(0, 0.0, NORMAL),
    look(60, 0.06, NORMAL),
    look(240, 0.2, WATCH, "opened"),
    look(600, 0.1, WATCH),
    look(900, 0.0, WATCH),
    look(1500, 0.0, NORMAL, "closed"),
)


def test_delay_is_counted_from_a_true_twentieth_and_closing_from_the_last_water() -> None:
    result = found(trial(*EVENT))
    assert result.delay_s == 180
    assert result.closed_s == 900
    assert result.false == 0
    assert result.transitions == pytest.approx(2 / 6)


def test_the_truth_itself_is_told_once_the_wait_of_the_line_is_over() -> None:
    sudden = [look(at_s, 0.1 if at_s >= 60 else 0.0, NORMAL) for at_s in range(0, 600, 10)]
    wait_s = WaterLines().watch_s
    assert wait_s <= delay_of_truth_s(trial(*sudden), SETUP) < wait_s + 60
    slow = [look(at_s, at_s / 6000, NORMAL) for at_s in range(0, 600, 10)]
    assert 0 < delay_of_truth_s(trial(*slow), SETUP) < wait_s
    assert delay_of_truth_s(trial(look(0, 0.0, NORMAL)), SETUP) == math.inf


def test_what_closes_while_there_is_water_was_closed_too_early() -> None:
    early = (*EVENT[:4], look(700, 0.1, NORMAL, "closed"), look(900, 0.0, NORMAL))
    assert found(trial(*early)).closed_s == 0
    assert found(trial(*early[:-1], look(800, 0.04, NORMAL), early[-1])).closed_s == -100


def test_what_is_open_at_the_end_was_not_closed_before() -> None:
    again = (*EVENT, look(1600, 0.0, WATCH, "opened"))
    assert found(trial(*again)).closed_s is None


def test_an_event_nobody_told_has_no_delay() -> None:
    result = found(trial(look(0, 0.0, NORMAL), look(60, 0.3, NORMAL), look(120, 0.0, NORMAL)))
    assert result.delay_s is None
    assert result.closed_s is None


def test_an_alert_before_any_water_is_false_and_makes_nothing_late() -> None:
    early = trial(look(0, 0.0, WATCH, "opened"), look(300, 0.1, WATCH), look(600, 0.0, WATCH))
    result = found(early)
    assert result.false == 1
    assert result.delay_s == 0


@pytest.mark.parametrize(
    ("state", "told", "wrong"), [(NORMAL, "", 1), (NORMAL, "unseen", 0), (WATCH, "", 0)]
)
def test_severe_water_called_normal_counts_where_the_ground_was_seen(
    state: WaterState, told: str, wrong: int
) -> None:
    looks = (look(0, 0.5, NORMAL), look(60, 0.5, NORMAL), look(200, 0.5, state, told))
    assert found(trial(*looks)).severe == wrong


def test_alerts_are_counted_by_the_hour() -> None:
    half = Trial("wet", "lane", (look(0, 0, WATCH, "opened"), look(9, 0, NORMAL)), 1800.0, 1.0)
    assert alerts_per_hour([half, half]) == 2.0
    assert wrong_share([half]) == 0.5

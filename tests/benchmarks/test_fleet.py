"""What the fleet's figures are made of, and what the command line asks for."""

from dataclasses import replace

import pytest

from benchmarks import fleet
from benchmarks.fleet import AIMED, LEAST_RECALL, METRICS, QUICK_CASE, Carried
from benchmarks.report import Outcome
from benchmarks.town_clips import QUICK
from benchmarks.town_score import Score
from benchmarks.town_site import Gauges

BEFORE = {
    "gridpatrol_looks_total": 100.0,
    "gridpatrol_decode_seconds_total keys": 1.0,
    "gridpatrol_decode_seconds_total full": 2.0,
}
AFTER = {
    "gridpatrol_looks_total": 500.0,
    "gridpatrol_decode_seconds_total keys": 1.4,
    "gridpatrol_decode_seconds_total full": 4.0,
}
CARRIED = Carried(
    case=QUICK_CASE,
    score=Score(due=20, told=20, false=0, repeats=0, latencies_s=(1.0,) * 19),
    missed=(),
    first=Gauges(1000.0, 10.0, 1.0, 200.0, BEFORE),
    last=Gauges(1100.0, 40.0, 2.0, 220.0, AFTER),
    empty_mib=200.0,
    server_ratio=0.1,
    busy_ratio=0.1,
    others={},
)


def test_metrics_become_rates_of_one_camera():
    found = [figure for metric in METRICS for figure in metric.figures(CARRIED)]
    assert dict(found) == pytest.approx(
        {"looks": 1.0, "decoding (full)": 5.0, "decoding (keys)": 1.0}
    )


@pytest.mark.parametrize(
    ("latencies_s", "sustained"),
    [((1.0,) * 19, True), ((1.0,) * 18, False), ((1.0,) * 10 + (2.5,) * 10, False), ((), False)],
)
def test_a_town_is_sustained_by_recall_and_latency(latencies_s, sustained):
    carried = replace(CARRIED, score=replace(CARRIED.score, latencies_s=latencies_s))
    assert carried.is_sustained is sustained
    assert (len(latencies_s) / 20 >= LEAST_RECALL) >= sustained


@pytest.mark.parametrize(
    ("words", "quick", "expected"),
    [
        ((), False, AIMED),
        ((), True, (QUICK_CASE,)),
        (
            ("--few-clips", "--minutes", "1"),
            False,
            tuple(replace(case, library=QUICK, minutes=1.0) for case in AIMED),
        ),
        (("--cameras", "40"), False, (replace(AIMED[0], cameras=40),)),
        (
            ("--fleet", "events", "--busy", "5", "--minutes", "2"),
            True,
            (replace(QUICK_CASE, kind="events", busy=5.0, minutes=2.0),),
        ),
    ],
)
def test_the_command_line_says_which_towns(monkeypatch, words, quick, expected):
    carried = []

    def carry(case):
        carried.append(case)
        return replace(CARRIED, case=case)

    monkeypatch.setattr(fleet, "carry", carry)
    outcome = fleet.run_with(words, quick=quick)
    assert isinstance(outcome, Outcome)
    assert tuple(carried) == expected

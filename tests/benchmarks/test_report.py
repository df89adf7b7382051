"""Aims are computed, records are whole, and the command line answers."""

import json

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.report import Figure, Outcome, Run, commit, machine, versions


@pytest.mark.parametrize(
    ("value", "aim", "holds"),
    [
        (0.9, ">= 0.9", True),
        (0.89, ">= 0.9", False),
        (150, "<= 150", True),
        (150.1, "<= 150", False),
        (0, "> 0", False),
        (-2, "< -1.5", True),
        (5, None, None),
    ],
)
def test_an_aim_is_computed(value, aim, holds):
    assert Figure("rate", value, "ratio", aim).holds is holds


@pytest.mark.parametrize("aim", ["0.9", "about 5", ">=0.9", "== 1", ">= x", ">= 1 or so"])
def test_an_unreadable_aim_is_refused(aim):
    with pytest.raises(ValueError, match="an aim reads like"):
        _ = Figure("rate", 1.0, "ratio", aim).holds


def test_a_record_for_scripts():
    run = Run(
        benchmark="detector",
        question=BENCHMARKS["detector"],
        commit=commit(),
        command="python -m benchmarks detector",
        quick=True,
        started_at="2026-05-01T08:00:00+00:00",
        seconds=1.5,
        machine=machine(),
        versions=versions(),
        outcome=Outcome((Figure("rate", 0.5, "ratio", ">= 0.9"),), ("a note",)),
    )
    document = json.loads(run.as_json())
    assert document["figures"] == [
        {"name": "rate", "value": 0.5, "unit": "ratio", "aim": ">= 0.9", "holds": False}
    ]
    assert document["notes"] == ["a note"]
    assert document["machine"]["cores"] >= 1
    assert document["versions"]["numpy"]
    assert "outcome" not in document


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["no-such"])
    assert stopped.value.code == 2
    assert "accuracy" in capsys.readouterr().err

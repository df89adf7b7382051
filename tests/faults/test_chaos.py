"""Everything is killed while incidents are written: benchmarks/chaos.py, a short one."""

import pytest

from benchmarks.chaos import Demand, Report, run_chaos
from benchmarks.chaos_audit import view

DEMAND = Demand(incidents=1600, kills=25, seed=20_260_501, pause_s=0.2)


@pytest.fixture(scope="module")
def report() -> Report:
    return run_chaos(DEMAND)


def test_everyone_was_killed_and_everything_broke(report: Report) -> None:
    assert set(report.kills) == {"writer", "relay", "queue", "queue, data lost", "consumer"}
    assert sum(report.kills.values()) >= DEMAND.kills
    assert all(report.troubles.values())


@pytest.mark.parametrize("name", ["store", "consumer", "webhook"])
def test_nothing_is_lost_made_up_or_out_of_order(report: Report, name: str) -> None:
    seen = getattr(report, name)
    assert (seen.lost, seen.invented, seen.out_of_order) == (0, 0, 0), f"seed {DEMAND.seed}"
    assert seen.events == DEMAND.incidents * 14 // 10


def test_every_incident_is_as_it_ended_once(report: Report) -> None:
    assert (report.wrong_in_store, report.wrong_on_desk) == (0, 0), f"seed {DEMAND.seed}"
    assert report.is_right


def test_a_queue_that_lost_its_data_was_given_it_again(report: Report) -> None:
    assert report.consumer.repeated > 0


@pytest.mark.parametrize(
    ("arrived", "lost", "invented", "out_of_order", "repeated"),
    [
        (["a/0", "a/1", "b/0"], 0, 0, 0, 0),
        (["a/0", "a/0", "a/1", "a/0", "b/0"], 0, 0, 0, 2),
        (["a/1", "a/0", "b/0"], 0, 0, 2, 0),
        (["a/0", "b/0"], 1, 0, 0, 0),
        (["a/0", "a/1", "b/0", "c/0"], 0, 1, 0, 0),
    ],
)
def test_what_went_wrong_would_show(
    arrived: list[str], lost: int, invented: int, out_of_order: int, repeated: int
) -> None:
    seen = view(["a/0", "a/1", "b/0"], arrived)
    assert (seen.lost, seen.invented, seen.out_of_order, seen.repeated) == (
        lost,
        invented,
        out_of_order,
        repeated,
    )
    assert seen.is_right == (not (lost or invented or out_of_order))

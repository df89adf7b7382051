"""The real `gridpatrol run` is killed while people pass its camera: a short one."""

import pytest

from benchmarks.chaos_serve import EVERYTHING, Demand, Report, run_chaos

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DEMAND = Demand(kills=2, seed=20_260_502, victims=("worker", EVERYTHING), span_s=1.0)


@pytest.fixture(scope="module")
def report() -> Report:
    pytest.importorskip("ipycam", reason="the camera is ipycam: pip install 'gridpatrol[demo]'")
    return run_chaos(DEMAND)


def test_every_incident_of_the_store_is_in_the_queue_in_order(report: Report) -> None:
    assert set(report.kills) == set(DEMAND.victims)
    seen = report.queue
    assert (seen.lost, seen.invented, seen.out_of_order) == (0, 0, 0), f"seed {DEMAND.seed}"


def test_no_incident_is_half_and_no_file_damaged(report: Report) -> None:
    found = report.halves
    assert found.incidents > DEMAND.kills
    assert found.files > found.incidents
    assert (found.half, found.damaged, found.scraps) == (0, 0, 0), f"seed {DEMAND.seed}"


def test_no_process_outlives_who_started_it(report: Report) -> None:
    assert report.orphans == 0
    assert report.is_right

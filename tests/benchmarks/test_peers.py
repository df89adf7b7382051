"""The parts of the other ways of watching that are ours: motion, and what is made of notices."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.fleet import Case
from benchmarks.peers import Carried, Watch, told_by
from benchmarks.peers_watch import MOTION_HOLD_S, TALLY_EVERY, Judge, Motion, Watched
from benchmarks.town_passages import SIZE
from benchmarks.town_score import Score
from vision.tracker import TrackerSettings
from vision.types import Detections, Kind, ObjectClass

CLASSES = {0: ObjectClass(0, "person", Kind.PERSON)}
START = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def street():
    rng = np.random.default_rng(1)

    def picture(square_at=None):
        shown = rng.integers(104, 117, (SIZE.height, SIZE.width, 3), np.uint8)
        if square_at is not None:
            shown[150:230, square_at : square_at + 40] += 90
        return shown

    return picture


def test_noise_is_no_motion_and_somebody_is_for_a_while(street):
    motion = Motion()
    assert not any(motion.is_going_on(street(), s / 5) for s in range(50))
    assert motion.is_going_on(street(200), 10.0)
    assert motion.is_going_on(street(), 10.0 + MOTION_HOLD_S / 2)
    assert not motion.is_going_on(street(), 10.4 + 2 * MOTION_HOLD_S)


@pytest.mark.parametrize(
    ("read", "latency_s", "sustained"), [(8, 1, True), (7, 1, False), (8, 3, False)]
)
def test_a_peer_carries_what_it_reads_whole_and_tells_of_in_time(read, latency_s, sustained):
    found = Score(due=5, told=5, false=0, repeats=0, latencies_s=(latency_s,) * 5)
    carried = Carried(Case("tuned", 8, 10, 1), read, found, cores=0.4, mib=200.0, looks=3.0)
    assert carried.is_sustained is sustained


def see(camera, judge, seconds, box):
    for step in range(round(5 * seconds)):
        rows = [] if box is None else [box]
        seen = Detections(
            np.array(rows, np.float32).reshape(-1, 4),
            np.full(len(rows), 0.8, np.float32),
            np.zeros(len(rows), np.int16),
            CLASSES,
        )
        judge.take(camera, START + timedelta(seconds=step / 5), SIZE, seen)


def test_what_is_noticed_is_told_once_with_its_latest_times(tmp_path, capsys):
    judge = Judge({"cam000": Watched("rtsp://nowhere", "person")}, TrackerSettings())
    see("cam000", judge, 6.0, (100.0, 100.0, 140.0, 200.0))
    log = tmp_path / "log"
    log.write_text(capsys.readouterr().out)
    watch = Watch(0, log)
    (told,) = told_by(watch.notices())
    assert (told.camera, told.kind) == ("cam000", "person_presence")
    assert START.timestamp() <= told.began_s <= START.timestamp() + 1
    assert watch.looks() == 30 // TALLY_EVERY * TALLY_EVERY


def test_lines_that_are_no_notices_are_passed_over(tmp_path):
    log = tmp_path / "log"
    log.write_text("[rtsp @ 0x1] a warning\n" + json.dumps({"looks": 20}) + "\n")
    assert Watch(0, log).notices() == []

"""The town's motion detectors are as bad as they say, and the product hears them."""

import json
import queue
import random
import subprocess
import sys
import time
from dataclasses import asdict
from itertools import pairwise

import pytest

from benchmarks.fleet_server import Showing
from benchmarks.town_onvif import DELAY_S, HOLD_S, PRECISION, RECALL, Detector
from gateway.camera_events import CameraEvents
from gateway.control_pool import ControlPool
from gateway.onvif.notifications import AlarmType

BUSY = Detector(120.0, 15, ((12.0, 20.0), (40.0, 50.0), (80.0, 90.0)))


def test_told_times_follow_each_other():
    for seed in range(50):
        times = [at_s for pair in BUSY.round(random.Random(seed)) for at_s in pair]
        assert all(earlier <= later for earlier, later in pairwise(times))


def test_so_much_is_missed_and_so_much_is_nothing_as_is_said():
    rounds = [BUSY.round(random.Random(seed)) for seed in range(400)]
    told = [one for each in rounds for one in each]
    answered = sum(
        any(start <= began + DELAY_S[1] and end >= began + DELAY_S[0] for start, end in each)
        for each in rounds
        for began, _ in BUSY.moving
    )
    true = sum(
        any(start <= ended + HOLD_S[1] and end >= began for began, ended in BUSY.moving)
        for start, end in told
    )
    assert answered / (len(rounds) * len(BUSY.moving)) == pytest.approx(RECALL, abs=0.06)
    assert PRECISION - 0.05 < true / len(told) < 0.95


def test_the_product_hears_when_somebody_comes_and_goes(tmp_path):
    plan, log = tmp_path / "plan.json", tmp_path / "log"
    always = Detector(20.0, 10, ((0.0, 0.5), (8.0, 8.5), (16.0, 16.5)))
    plan.write_text(json.dumps({"cam000": asdict(always)}))
    log.write_text(json.dumps(asdict(Showing("cam000", 0, time.time() - 6.0))) + "\n")
    argv = [sys.executable, "-m", "benchmarks.town_onvif", str(plan), str(log)]
    heard, pool = queue.Queue(), ControlPool()
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as server:
        port = json.loads(server.stdout.readline())["cam000"]
        pool.start()
        try:
            events = CameraEvents(f"onvif://127.0.0.1:{port}", None, pool, heard.put, pull_s=2.0)
            pool.submit(events.run())
            alarms = [heard.get(timeout=30) for _ in range(3)]
        finally:
            pool.stop()
            server.terminate()
    assert {alarm.type for alarm in alarms} == {AlarmType.MOTION}
    assert [alarm.active for alarm in alarms] == [False, True, False]

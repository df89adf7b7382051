"""Pictures to detections with a real detector: order, fairness, and what fails."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import REGISTRY

from gateway.analysis.detector_loop import DetectorLoop
from gateway.analysis.looks import RUN, Look, LookQueue
from vision.attention import Interest
from vision.detector import Prepared
from vision.ensemble import DetectorSet, PendingSet
from vision.types import FrameSize

PATIENCE_S = 30.0


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def skipped(camera):
    labels = {"camera": camera, "reason": "detector behind"}
    return REGISTRY.get_sample_value("gridpatrol_looks_skipped_total", labels) or 0.0


@pytest.fixture
def look(detector):
    """Return a maker of looks: a grey picture of a camera, judged by `judge`."""
    detectors, size = DetectorSet.combine([detector]), detector.input_size
    grey = Prepared(
        np.full((size.height, size.width, 3), 114, np.uint8),
        detector.letterbox_for(FrameSize(640, 360)),
    )

    def make(camera, judge=lambda look, detections: None, picture=None, **more):
        usual = {
            "detectors": detectors,
            "prepared": (grey,),
            "activity": None,
            "interest": Interest.QUIET,
        }
        return Look(camera, picture, decoded_s=time.monotonic(), judge=judge, **(usual | more))

    return make


class TestLookQueue:
    def test_newer_picture_takes_the_place_of_the_older(self, look):
        looks = LookQueue()
        before = skipped("skips")
        first, second = look("skips"), look("skips")
        looks.put(first)
        looks.put(second)
        assert looks.take(0) is second
        assert looks.take(0) is None
        assert skipped("skips") == before + 1

    def test_fast_camera_cannot_push_a_slow_one_back(self, look):
        looks = LookQueue()
        order = []
        looks.put(look("fast"))
        looks.put(look("slow"))
        for _ in range(4):
            order.append(looks.take(0).camera)
            looks.put(look("fast"))
            looks.put(look("fast"))
        assert order[:3] == ["fast", "slow", "fast"]

    def test_the_most_interesting_camera_comes_first(self, look):
        looks = LookQueue()
        looks.put(look("quiet"))
        looks.put(look("stirred", interest=Interest.STIRRED))
        looks.put(look("settled", interest=Interest.SETTLED))
        assert [looks.take(0).camera for _ in range(3)] == ["stirred", "settled", "quiet"]

    def test_pictures_of_the_past_wait_for_each_other_and_the_present_comes_last(self, look):
        looks = LookQueue()
        for number in range(3):
            looks.put(look("woken", picture=number, past=True))
        looks.put(look("woken", picture=3))
        looks.put(look("woken", picture=4))
        assert [looks.take(0).picture for _ in range(4)] == [0, 1, 2, 4]
        assert looks.take(0) is None

    def test_the_past_never_grows_beyond_its_bound(self, look):
        looks = LookQueue()
        for number in range(5 * RUN):
            looks.put(look("woken", picture=number, past=True))
        taken = []
        while (one := looks.take(0)) is not None:
            taken.append(one.picture)
        assert len(taken) <= RUN + 1
        assert taken[-1] == 5 * RUN - 1

    def test_a_picture_at_rest_never_takes_the_place_of_one_to_be_looked_at(self, look):
        looks = LookQueue()
        looks.put(look("gate", picture="due"))
        looks.put(look("gate", picture="rests", prepared=None))
        assert [looks.take(0).picture for _ in range(2)] == ["due", "rests"]

    def test_says_how_long_the_oldest_waits(self, look):
        looks = LookQueue()
        assert looks.waiting_s() == 0.0
        looks.put(look("gate"))
        time.sleep(0.01)
        assert looks.waiting_s() >= 0.01

    def test_a_camera_passed_over_for_long_waits_for_long_whatever_its_newest_picture(self, look):
        looks, now_s = LookQueue(), time.monotonic()
        for ago_s in (9.0, 6.0, 3.0):
            looks.put(replace(look("passed over"), decoded_s=now_s - ago_s))
        assert looks.waiting_s() >= 9.0
        assert looks.take(0).decoded_s == now_s - 3.0
        assert looks.waiting_s() == 0.0
        looks.put(look("passed over"))
        assert looks.waiting_s() < 9.0
        looks.forget("passed over")
        assert looks.waiting_s() == 0.0

    def test_what_waits_of_a_camera_can_be_forgotten(self, look):
        looks = LookQueue()
        looks.put(look("gone"))
        looks.put(look("here"))
        looks.forget("gone")
        looks.forget("never-there")
        assert looks.take(0).camera == "here"
        assert looks.take(0) is None


class TestDetectorLoop:
    def test_every_look_is_judged_once_in_order(self, detector, look):
        looks, seen = LookQueue(), []
        loop = DetectorLoop(2, looks)
        loop.start()
        for number in range(20):
            looks.put(look(f"c{number}", lambda one, found: seen.append((one.camera, len(found)))))
        wait_until(lambda: len(seen) == 20)
        loop.stop()
        assert seen == [(f"c{number}", 0) for number in range(20)]
        assert loop.looked == 20

    def test_a_picture_at_rest_is_judged_in_its_turn_without_the_detector(self, detector, look):
        looks, seen = LookQueue(), []
        loop = DetectorLoop(2, looks)
        judge = lambda one, found: seen.append((one.camera, found is None))  # noqa: E731
        looks.put(look("gate", judge, past=True))
        looks.put(look("gate", judge, prepared=None))
        loop.start()
        wait_until(lambda: len(seen) == 2)
        loop.stop()
        assert seen == [("gate", False), ("gate", True)]
        assert loop.looked == 1

    def test_one_camera_keeps_its_order_beside_others(self, detector, look):
        looks, seen = LookQueue(), {"a": [], "b": []}
        loop = DetectorLoop(2, looks)
        loop.start()

        def judge(one, _found):
            seen[one.camera].append(one.picture)

        def offer(camera, pause_s):
            for number in range(60):
                looks.put(look(camera, judge, number))
                time.sleep(pause_s)

        threads = [
            threading.Thread(target=offer, args=each) for each in (("a", 0.002), ("b", 0.02))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: all(numbers and numbers[-1] == 59 for numbers in seen.values()))
        loop.stop()
        assert all(numbers == sorted(set(numbers)) for numbers in seen.values())
        assert len(seen["b"]) >= 3, "the slow camera is seen as well"

    def test_what_gathers_while_the_device_is_busy_goes_in_batches(self, detector, look):
        looks, seen, hold = LookQueue(), [], threading.Event()

        def judge(one, found):
            hold.wait(PATIENCE_S)
            seen.append((one.camera, len(found)))

        loop = DetectorLoop(1, looks)
        loop.start()
        for number in range(25):
            looks.put(look(f"c{number}", judge))
        hold.set()
        wait_until(lambda: len(seen) == 25)
        loop.stop()
        assert sorted(seen) == sorted((f"c{number}", 0) for number in range(25))

    def test_pictures_for_other_detectors_are_no_batch(self, detector, look):
        looks = LookQueue()
        ours = look("a")
        looks.put(look("b", detectors=DetectorSet.combine([detector])))
        looks.put(look("c", prepared=None))
        assert looks.take_like(ours) is None
        looks.put(look("d"))
        assert looks.take_like(ours).camera == "d"

    def test_stop_finishes_what_is_in_flight(self, detector, look):
        looks, seen, first = LookQueue(), [], threading.Event()

        def judge(one, _found):
            first.set()
            seen.append(one.camera)

        loop = DetectorLoop(2, looks)
        for number in range(3):
            looks.put(look(f"c{number}", judge))
        loop.start()
        first.wait(PATIENCE_S)
        loop.stop()
        assert looks.take(0) is None
        assert len(seen) == 3

    def test_too_few_answers_do_not_end_the_loop(self, look, monkeypatch):
        answers, wait = [[]], PendingSet.wait
        monkeypatch.setattr(PendingSet, "wait", lambda job: answers.pop() if answers else wait(job))
        looks, seen = LookQueue(), []
        loop = DetectorLoop(2, looks)
        loop.start()
        looks.put(look("odd", lambda one, _: seen.append(one.camera)))
        wait_until(lambda: not answers)
        looks.put(look("after", lambda one, _: seen.append(one.camera)))
        wait_until(lambda: seen == ["after"])
        loop.stop()

    @pytest.mark.parametrize("where", ["start", "judge"])
    def test_a_picture_that_fails_concerns_only_itself(self, detector, look, where):
        looks, seen = LookQueue(), []

        def judge(one, _found):
            if one.camera == "odd" and where == "judge":
                raise LookupError("a rule went wrong")
            seen.append(one.camera)

        odd = look("odd", judge)
        if where == "start":
            nothing = np.empty((0, 0, 3), np.uint8)
            odd = replace(odd, prepared=(replace(odd.prepared[0], pixels=nothing),))
        loop = DetectorLoop(2, looks)
        loop.start()
        for one in (look("before", judge), odd, look("after", judge)):
            looks.put(one)
        wait_until(lambda: seen == ["before", "after"])
        loop.stop()

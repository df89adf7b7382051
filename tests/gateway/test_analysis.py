"""Packets to detections with a real decoder and detector: order, fairness, and what fails."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest
from prometheus_client import REGISTRY

from gateway.analysis import CameraEye, DetectorLoop, LatestLooks, Look, Pace
from gateway.hub import Hub
from gateway.session import SessionState
from vision.detector import Prepared
from vision.types import FrameSize

PATIENCE_S = 30.0


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def counted(name, camera):
    return REGISTRY.get_sample_value(f"gridpatrol_{name}_total", {"camera": camera}) or 0.0


@pytest.fixture
def look(detector):
    """Return a maker of looks: a grey picture of a camera, judged by `judge`."""
    size = detector.input_size
    grey = Prepared(
        np.full((size.height, size.width, 3), 114, np.uint8),
        detector.letterbox_for(FrameSize(640, 360)),
    )

    def make(camera, judge=lambda look, detections: None, picture=None):
        return Look(camera, picture, grey, time.monotonic(), judge)

    return make


@pytest.fixture
def start_eye(detector):
    """Return a starter of eyes, each on a hub; all are stopped at the end."""
    eyes = []

    def start(hub, looks, fps=30.0):
        eye = CameraEye(hub, detector, looks, fps, lambda look, detections: None)
        eyes.append(eye)
        eye.start()
        wait_until(lambda: hub.readers)
        return eye

    yield start
    for eye in eyes:
        eye.stop()


class TestPace:
    @pytest.mark.parametrize(
        ("camera_fps", "fps", "looks"),
        [(25, 5, 50), (12, 5, 50), (15, 5, 50), (30, 7, 70), (4, 5, 40), (10, 10, 100)],
    )
    def test_looks_as_often_as_asked(self, coded_stream, camera_fps, fps, looks):
        pace = Pace(fps)
        (first, *_) = coded_stream().packets
        times = [
            first.captured_at + timedelta(seconds=float(Fraction(n, camera_fps)))
            for n in range(10 * camera_fps)
        ]
        assert sum(map(pace.is_due, times)) == pytest.approx(looks, abs=1)

    def test_late_packets_do_not_pile_up(self, coded_stream):
        """After a gap one look is due, not one for each that was missed."""
        start = coded_stream().packets[0].captured_at
        pace = Pace(5)
        at = [0.0, 10.0, 10.04, 10.08, 10.12, 10.16, 10.2]
        due = [s for s in at if pace.is_due(start + timedelta(seconds=s))]
        assert due == [0.0, 10.0, 10.2]

    def test_clock_set_back_does_not_blind(self, coded_stream):
        start = coded_stream().packets[0].captured_at
        pace = Pace(5)
        assert pace.is_due(start)
        assert pace.is_due(start - timedelta(hours=1))
        assert not pace.is_due(start - timedelta(hours=1) + timedelta(seconds=0.1))


class TestLatestLooks:
    def test_newer_picture_takes_the_place_of_the_older(self, look):
        looks = LatestLooks()
        before = counted("frames_skipped", "skips")
        first, second = look("skips"), look("skips")
        looks.put(first)
        looks.put(second)
        assert looks.take(0) is second
        assert looks.take(0) is None
        assert counted("frames_skipped", "skips") == before + 1

    def test_fast_camera_cannot_push_a_slow_one_back(self, look):
        looks = LatestLooks()
        order = []
        looks.put(look("fast"))
        looks.put(look("slow"))
        for _ in range(4):
            order.append(looks.take(0).camera)
            looks.put(look("fast"))
            looks.put(look("fast"))
        assert order[:3] == ["fast", "slow", "fast"]

    def test_what_waits_of_a_camera_can_be_forgotten(self, look):
        looks = LatestLooks()
        looks.put(look("gone"))
        looks.put(look("here"))
        looks.forget("gone")
        looks.forget("never-there")
        assert looks.take(0).camera == "here"
        assert looks.take(0) is None


class TestDetectorLoop:
    def test_every_look_is_judged_once_in_order(self, detector, look):
        looks, seen = LatestLooks(), []
        loop = DetectorLoop(detector, looks)
        loop.start()
        for number in range(20):
            looks.put(look(f"c{number}", lambda one, found: seen.append((one.camera, len(found)))))
        wait_until(lambda: len(seen) == 20)
        loop.stop()
        assert seen == [(f"c{number}", 0) for number in range(20)]

    def test_one_camera_keeps_its_order_beside_others(self, detector, look):
        looks, seen = LatestLooks(), {"a": [], "b": []}
        loop = DetectorLoop(detector, looks)
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
        assert len(seen["b"]) > 10, "the slow camera is seen as well"

    def test_stop_finishes_what_is_in_flight(self, detector, look):
        looks, seen, first = LatestLooks(), [], threading.Event()

        def judge(one, _found):
            first.set()
            seen.append(one.camera)

        loop = DetectorLoop(detector, looks)
        for number in range(detector.runtime.in_flight + 1):
            looks.put(look(f"c{number}", judge))
        loop.start()
        first.wait(PATIENCE_S)
        loop.stop()
        assert looks.take(0) is None
        assert len(seen) == detector.runtime.in_flight + 1

    @pytest.mark.parametrize("where", ["start", "judge"])
    def test_a_picture_that_fails_concerns_only_itself(self, detector, look, where):
        looks, seen = LatestLooks(), []

        def judge(one, _found):
            if one.camera == "odd" and where == "judge":
                raise LookupError("a rule went wrong")
            seen.append(one.camera)

        odd = look("odd", judge)
        if where == "start":
            nothing = np.empty((0, 0, 3), np.uint8)
            odd = replace(odd, prepared=replace(odd.prepared, pixels=nothing))
        loop = DetectorLoop(detector, looks)
        loop.start()
        for one in (look("before", judge), odd, look("after", judge)):
            looks.put(one)
        wait_until(lambda: seen == ["before", "after"])
        loop.stop()


class TestCameraEye:
    def test_offers_due_pictures_at_the_models_size(self, detector, coded_stream, start_eye):
        hub, looks = Hub("gate"), LatestLooks()
        eye = start_eye(hub, looks, fps=30)
        coded_stream(pictures=3).play(hub)
        wait_until(lambda: eye.latest is not None)
        look = looks.take(PATIENCE_S)
        assert (look.camera, look.picture.size) == ("gate", FrameSize(160, 96))
        size = detector.input_size
        assert look.prepared.pixels.shape == (size.height, size.width, 3)
        assert look.prepared.letterbox == detector.letterbox_for(FrameSize(160, 96))
        assert eye.fault is None

    def test_goes_on_over_another_session_of_another_codec(
        self, coded_stream, picture_number, start_eye
    ):
        hub = Hub("gate")
        eye = start_eye(hub, LatestLooks())
        coded_stream(pictures=10).play(hub)
        coded_stream("hevc", pictures=10, first=100).play(hub, later_s=1)
        wait_until(lambda: eye.latest and picture_number(eye.latest.frame) >= 107)

    def test_undecodable_pictures_are_a_fault_until_they_can_be_decoded(
        self, coded_stream, start_eye
    ):
        hub = Hub("gate")
        eye = start_eye(hub, LatestLooks())
        stream = coded_stream(pictures=30, gop=5)
        hub.start(stream.info)
        for delivery in stream.deliveries():
            hub.publish(replace(delivery.packet, data=b"\0\0\0\1\x65" + bytes(200)))
        wait_until(lambda: eye.fault)
        assert (eye.fault.state, eye.fault.code) == (SessionState.NOT_VIDEO, "undecodable")
        stream.play(hub, later_s=2)
        wait_until(lambda: eye.latest and eye.fault is None)

    def test_codec_without_a_decoder_is_a_fault(self, coded_stream, start_eye):
        hub = Hub("gate")
        eye = start_eye(hub, LatestLooks())
        stream = coded_stream(pictures=5)
        replace(stream, info=replace(stream.info, codec="h299")).play(hub)
        wait_until(lambda: eye.fault)
        assert (eye.fault.state, eye.fault.code) == (SessionState.NOT_VIDEO, "not_video")
        assert "h299" in eye.fault.detail

    def test_surprise_with_one_picture_does_not_end_the_eye(
        self, detector, coded_stream, start_eye
    ):
        class Trapped(LatestLooks):
            """Fails once, as a part that was never seen to fail might."""

            def put(self, look):
                if not hasattr(self, "failed"):
                    self.failed = True
                    raise MemoryError("no room for a picture")
                super().put(look)

        hub, looks = Hub("gate"), Trapped()
        eye = start_eye(hub, looks)
        coded_stream(pictures=10).play(hub)
        assert looks.take(PATIENCE_S).camera == "gate"
        wait_until(lambda: eye.fault is None)

    def test_stops_with_its_hub_closed_first(self, coded_stream, start_eye):
        hub = Hub("gate")
        eye = start_eye(hub, LatestLooks())
        coded_stream(pictures=3).play(hub)
        hub.close()
        eye.stop()
        assert not hub.readers

"""The whole engine on real streams: a village gets everything, a crowd of cameras shares."""

import threading
import time

import pytest

from gateway.analysis import eye
from gateway.analysis.engine import AnalysisEngine
from gateway.config import AnalysisSettings
from gateway.hub import Hub
from vision.ensemble import DetectorSet
from vision.scheduler import FLOOR, Rung
from vision.types import KNOWN_KINDS

PATIENCE_S = 60.0


def wait_until(condition, streets=()):
    """Wait for a condition while cameras play their films."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        for street in streets:
            street.play()
        time.sleep(0.2 if streets else 0.01)


@pytest.fixture
def start(detector):
    """Return a starter of engines; each must end with all its threads."""
    before, engines = set(threading.enumerate()), []

    def make(**settings):
        engine = AnalysisEngine(DetectorSet.combine([detector]), AnalysisSettings(**settings))
        engine.start()
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.stop()
    assert set(threading.enumerate()) <= before


class Street:
    """A camera that plays a film round and round in its own time, faster than real."""

    def __init__(self, engine, camera, stream):
        self.hub, self.judged = Hub(camera), []
        self._stream, self._rounds = stream, 0
        self.eye = engine.open(self.hub, KNOWN_KINDS, lambda look, found: self.judged.append(look))
        self.hub.start(stream.info)
        self.eye.start()

    def play(self):
        length_s = len(self._stream.packets) / 25
        for delivery in self._stream.deliveries(later_s=self._rounds * length_s):
            self.hub.publish(delivery.packet)
        self._rounds += 1


def test_a_village_is_decoded_fully_and_looked_at_all_the_time(start, coded_stream):
    engine = start(cores=64)
    street = Street(engine, "gate", coded_stream("h264", 50, gop=10))
    wait_until(lambda: street.eye.rung is Rung.FULL, [street])
    wait_until(lambda: len([look for look in street.judged if look.prepared]) >= 4, [street])
    times = [look.picture.captured_at for look in street.judged]
    assert times == sorted(set(times))
    engine.close(street.eye)


def test_a_machine_too_small_says_so_and_keeps_everyone_in_sight(start, coded_stream):
    engine = start(cores=0.0005)
    stream = coded_stream("h264", 50, gop=10)
    streets = [Street(engine, f"camera-{number}", stream) for number in range(6)]
    wait_until(lambda: engine.state.overloaded and engine.state.cameras == 6, streets)
    wait_until(lambda: all(street.eye.share.rung is Rung.KEYS for street in streets), streets)
    wait_until(lambda: all(street.eye.rung is Rung.KEYS for street in streets), streets)
    wait_until(lambda: all(street.judged for street in streets), streets)
    for street in streets:
        engine.close(street.eye)
    wait_until(lambda: engine.state.cameras == 0)
    wait_until(lambda: not engine.state.overloaded)


def test_a_camera_that_sends_nothing_takes_no_time_from_the_others(
    start, coded_stream, monkeypatch
):
    """Its costs are known from before; once it is silent the plan holds the other alone."""
    monkeypatch.setattr(eye, "SILENT_S", 2.0)
    engine = start(cores=64)
    stream = coded_stream("h264", 50, gop=10)
    gone, there = Street(engine, "gone", stream), Street(engine, "there", stream)
    wait_until(lambda: gone.eye.rung is there.eye.rung is Rung.FULL, [gone, there])
    wait_until(lambda: engine.state.cameras == 1, [there])
    assert (gone.eye.share, there.eye.share.rung) == (FLOOR, Rung.FULL)
    wait_until(lambda: engine.state.cameras == 2, [gone, there])
    wait_until(lambda: gone.eye.rung is Rung.FULL, [gone, there])
    for street in (gone, there):
        engine.close(street.eye)


def test_tells_what_is_spent(start, coded_stream):
    engine = start(cores=64, fps=25)
    street = Street(engine, "gate", coded_stream("h264", 100, gop=10))
    wait_until(lambda: engine.state.spending.detect >= 0.05, [street])
    assert 0 < engine.state.planned < 64
    engine.close(street.eye)

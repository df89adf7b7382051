"""CameraSession against a real camera that is frozen, killed, restarted, and locked."""

import threading
from contextlib import closing
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.errors import (
    ConfigError,
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.session import BACKOFFS, FAST, STATES, Backoff, CameraSession, SessionState
from gateway.sources import AvSource, Credentials, Limits, open_source

WAIT_S = 30.0


class Recorder:
    """A sink and a listener that others can wait on."""

    def __init__(self):
        self.infos, self.packets, self.reports = [], [], []
        self._changed = threading.Condition()

    def start(self, info):
        with self._changed:
            self.infos.append(info)
            self._changed.notify_all()

    def publish(self, packet):
        with self._changed:
            self.packets.append(packet)
            self._changed.notify_all()

    def heard(self, report):
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()

    @property
    def states(self):
        return [report.state for report in self.reports]

    def wait(self, what):
        with self._changed:
            assert self._changed.wait_for(lambda: what(self), WAIT_S), self.reports

    def wait_for_state(self, state, after=0):
        self.wait(lambda seen: state in seen.states[after:])


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream("h264", 50, gop=10).packets]


@pytest.fixture
def keep_up(request):
    """Return a starter of sessions, each stopped at the end, with its recorder."""

    def start(make_source, **options):
        recorder = Recorder()
        session = CameraSession("gate", make_source, recorder, recorder.heard, **options)
        request.addfinalizer(session.stop)
        session.start()
        return session, recorder

    return start


def test_a_camera_comes_online_and_its_packets_reach_the_sink(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--fps", "25")
    session, seen = keep_up(partial(open_source, camera.url))
    seen.wait(lambda s: len(s.packets) >= 25)
    assert seen.states == [SessionState.CONNECTING, SessionState.ONLINE]
    assert session.report == seen.reports[-1]
    assert (session.report.code, session.report.detail) == ("", "")
    assert [info.codec for info in seen.infos] == ["h264"]
    assert session.gop_s == pytest.approx(0.4)
    session.stop()
    count = len(seen.packets)
    assert session.report.state is SessionState.ONLINE
    assert not [t for t in threading.enumerate() if t.name == "session-gate"]
    assert len(seen.packets) == count


def test_a_camera_killed_and_started_again_comes_back(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--fps", "25")
    with capture_logs() as lines:
        _, seen = keep_up(partial(open_source, camera.url))
        seen.wait_for_state(SessionState.ONLINE)
        camera.kill()
        seen.wait_for_state(SessionState.UNREACHABLE)
        seen.wait(lambda s: s.reports[-1].code == "unreachable")
        camera.start()
        seen.wait_for_state(SessionState.ONLINE, after=3)
    assert [line["event"] for line in lines] == ["camera lost", "camera back"]
    assert {line["camera"] for line in lines} == {"gate"}
    assert len(seen.infos) == 2
    assert all(b.since >= a.since for a, b in pairwise(seen.reports))


def test_a_frozen_camera_is_stalled_then_unreachable_then_back(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--fps", "25")
    limits = Limits(open_s=1.0)
    make = partial(AvSource, camera.url, limits=limits)
    session, seen = keep_up(make, stall_s=1.0)
    seen.wait(lambda _: session.gop_s is not None)
    camera.freeze()
    seen.wait_for_state(SessionState.STALLED)
    seen.wait_for_state(SessionState.UNREACHABLE)
    camera.thaw()
    seen.wait_for_state(SessionState.ONLINE, after=4)
    stalled = next(r for r in seen.reports if r.state is SessionState.STALLED)
    assert stalled.code == "stalled"
    assert "1.2 s" in stalled.detail  # three key frame intervals of 0.4 s are more than 1 s


def test_stop_does_not_wait_for_a_frozen_camera(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--fps", "25")
    session, seen = keep_up(partial(open_source, camera.url), stall_s=1000.0)
    seen.wait_for_state(SessionState.ONLINE)
    camera.freeze()
    session.stop()
    assert not [t for t in threading.enumerate() if t.name == "session-gate"]


def test_a_wrong_password_is_told_and_not_tried_again_soon(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--user", "admin", "--password", "right")
    tries = []

    def make():
        tries.append(1)
        return open_source(camera.url, Credentials("admin", "wrong-horse-battery"))

    with capture_logs() as lines:
        session, seen = keep_up(make)
        seen.wait_for_state(SessionState.UNAUTHORIZED)
        session.stop()
    assert len(tries) == 1
    assert session.report.code == "unauthorized"
    assert "wrong-horse" not in repr(lines) + repr(seen.reports)


def test_a_failure_nobody_foresaw_ends_one_attempt_not_the_thread(keep_up, coded_stream):
    class Faulty:
        silence_limit_s = 5.0

        def close(self):
            pass

        def open(self):
            raise ZeroDivisionError

    tries = []
    tried_again = threading.Event()

    def make():
        tries.append(1)
        if len(tries) == 2:
            tried_again.set()
        return Faulty()

    with capture_logs() as lines:
        session, _ = keep_up(make)
        assert tried_again.wait(WAIT_S)
        session.stop()
    assert session.report.code == "error"
    assert "ZeroDivisionError" in session.report.detail
    assert "session failed unexpectedly" in [line["event"] for line in lines]


def test_a_session_stopped_before_it_starts(keep_up, tmp_path):
    recorder = Recorder()
    session = CameraSession("gate", lambda: open_source("rtsp://x/"), recorder, recorder.heard)
    session.stop()
    with closing(open_source(str(tmp_path))):
        assert recorder.reports == []


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (StalledError, SessionState.STALLED),
        (StreamLostError, SessionState.CONNECTING),
        (UnauthorizedError, SessionState.UNAUTHORIZED),
        (UnreachableError, SessionState.UNREACHABLE),
        (NotVideoError, SessionState.NOT_VIDEO),
        (ConfigError, SessionState.NOT_VIDEO),
        (GatewayError, SessionState.UNREACHABLE),
    ],
)
def test_every_error_leaves_a_state(error, state):
    assert next(to for kind, to in STATES if isinstance(error(""), kind)) is state


@pytest.mark.parametrize("failures", range(1, 8))
def test_pauses_double_up_to_the_limit(failures):
    backoff = Backoff(first_s=0.5, limit_s=30.0)
    assert backoff.pause_s(failures, jitter=0.0) == min(30.0, 0.5 * 2 ** (failures - 1))


@given(st.integers(1, 10_000), st.floats(0, 1), st.sampled_from([FAST, *BACKOFFS.values()]))
def test_jitter_takes_away_half_at_most(failures, jitter, backoff):
    full = backoff.pause_s(failures, 0.0)
    assert full / 2 <= backoff.pause_s(failures, jitter) <= full <= backoff.limit_s

"""CameraSession against a real camera that is frozen, killed, restarted, locked, and silent."""

import asyncio
import threading
from dataclasses import replace
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
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.session import BACKOFFS, FAST, STATES, Backoff, CameraSession, Pull, SessionState
from gateway.session_loop import GateLimits, SessionLoop
from gateway.sources import Credentials, LinkOptions, open_link

WAIT_S = 30.0
QUICK = LinkOptions(open_s=1.0, silence_s=1.0)


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

    def publish_audio(self, packet):
        pass

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


class Scripted:
    """A link for what no real server can be made to do: each `run` does what the script says."""

    reader, clock_offset_s = "rtsp", None

    def __init__(self, script, transport="tcp"):
        self.silence_limit_s = 5.0
        self.transport = transport
        self._script = script

    async def run(self, sink):
        await self._script(sink)


class Handshakes:
    """Counts the handshakes under way, from dialling to the description of the stream; holds them
    up when told to."""

    def __init__(self):
        self.under_way = self.most = 0
        self._changed = threading.Condition()
        self._go = asyncio.Event()
        self._go.set()

    def hold(self):
        """Let none go on that begins from now on, and count anew; on the loop's thread."""
        self._go.clear()
        self.most = self.under_way

    def release(self):
        """Let all go on; on the loop's thread."""
        self._go.set()

    def wait_for(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: self.under_way >= count, WAIT_S), self.under_way

    async def begin(self):
        self._count(1)
        await self._go.wait()

    def end(self):
        self._count(-1)

    def _count(self, change):
        with self._changed:
            self.under_way += change
            self.most = max(self.most, self.under_way)
            self._changed.notify_all()


class Gauged:
    """A link whose handshake is counted."""

    def __init__(self, link, handshakes):
        self.link, self.handshakes = link, handshakes

    def __getattr__(self, name):
        return getattr(self.link, name)

    async def run(self, sink):
        shaking = [self.handshakes]

        def done():
            if shaking:
                shaking.pop().end()

        class Tap:
            publish, publish_audio = sink.publish, sink.publish_audio

            @staticmethod
            def start(info):
                done()
                sink.start(info)

        try:
            await self.handshakes.begin()
            await self.link.run(Tap)
        finally:
            done()


def assert_only(before):
    """Check that no thread is left but those there were before."""
    left = [t for t in threading.enumerate() if t not in before and "asyncio" not in t.name]
    for thread in left:
        thread.join(WAIT_S)
    assert not [thread for thread in left if thread.is_alive()]


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream("h264", 50, gop=10).packets]


@pytest.fixture
def sessions():
    before = set(threading.enumerate())
    loop = SessionLoop(GateLimits(spacing_s=0.001))
    loop.start()
    yield loop
    loop.stop()
    assert_only(before)


@pytest.fixture
def keep_up(sessions):
    """Return a starter of sessions, each with its recorder; all end with the loop."""

    def start(open_, options=None):
        recorder = Recorder()
        pull = Pull("gate", "sub", open_, options or LinkOptions())
        session = CameraSession(sessions, pull, recorder, recorder.heard)
        recorder.running = sessions.spawn(session.run, "gate/sub")
        return session, recorder

    return start


@pytest.fixture(params=["first choice", "ffmpeg"])
def dial(request):
    """Return what opens links to a URL, by our own client and by FFmpeg."""

    def of(url, credentials=None):
        def open_(options):
            if request.param == "ffmpeg":
                options = replace(options, through_ffmpeg=True)
            return open_link(url, credentials, options)

        return open_

    return of


def test_a_camera_comes_online_and_its_packets_reach_the_sink(rtsp_camera, units, keep_up, dial):
    camera = rtsp_camera(units, "--fps", "25")
    session, seen = keep_up(dial(camera.url))
    seen.wait(lambda s: len(s.packets) >= 25 and len(s.reports) >= 2)
    assert seen.states == [SessionState.CONNECTING, SessionState.ONLINE]
    assert session.report == seen.reports[-1]
    assert (session.report.code, session.report.detail) == ("", "")
    assert (session.report.transport, session.report.note) == ("tcp", "")
    assert session.report.reader in ("rtsp", "ffmpeg")
    assert [info.codec for info in seen.infos] == ["h264"]
    assert session.gop_s == pytest.approx(0.4, abs=0.05)
    assert session.last_video_s == pytest.approx(seen.packets[-1].received_s, abs=0.2)
    assert seen.running.stop(WAIT_S)
    count = len(seen.packets)
    assert not [t for t in threading.enumerate() if "127.0.0.1" in t.name]
    assert len(seen.packets) == count


def test_a_camera_killed_and_started_again_comes_back(rtsp_camera, units, keep_up, dial):
    camera = rtsp_camera(units, "--fps", "25")
    with capture_logs() as lines:
        _, seen = keep_up(dial(camera.url))
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


def test_a_frozen_camera_is_stalled_then_unreachable_then_back(rtsp_camera, units, keep_up, dial):
    camera = rtsp_camera(units, "--fps", "25")
    session, seen = keep_up(dial(camera.url), QUICK)
    seen.wait(lambda _: session.gop_s is not None)
    camera.freeze()
    seen.wait_for_state(SessionState.STALLED)
    seen.wait_for_state(SessionState.UNREACHABLE)
    camera.thaw()
    seen.wait_for_state(SessionState.ONLINE, after=4)
    stalled = next(r for r in seen.reports if r.state is SessionState.STALLED)
    assert stalled.code == "stalled"
    assert "1.2 s" in stalled.detail  # three key frame intervals of 0.4 s are more than 1 s


def test_the_end_does_not_wait_for_a_frozen_camera(rtsp_camera, units, keep_up, dial):
    camera = rtsp_camera(units, "--fps", "25")
    _, seen = keep_up(dial(camera.url), LinkOptions(silence_s=1000.0))
    seen.wait_for_state(SessionState.ONLINE)
    camera.freeze()
    assert seen.running.stop(1.5)
    assert not [t for t in threading.enumerate() if "127.0.0.1" in t.name]


def test_a_wrong_password_is_told_and_not_tried_again_soon(rtsp_camera, units, keep_up, dial):
    camera = rtsp_camera(units, "--user", "admin", "--password", "right")
    tries = []
    open_ = dial(camera.url, Credentials("admin", "wrong-horse-battery"))

    def counted(options):
        tries.append(1)
        return open_(options)

    with capture_logs() as lines:
        session, seen = keep_up(counted)
        seen.wait_for_state(SessionState.UNAUTHORIZED)
        seen.running.stop(WAIT_S)
    assert len(tries) == 1
    assert session.report.code == "unauthorized"
    assert "wrong-horse" not in repr(lines) + repr(seen.reports)


def test_a_password_changed_on_the_camera_is_noticed(rtsp_camera, units, keep_up, dial):
    """The camera restarts with another password: no longer reachable, then unauthorized."""
    camera = rtsp_camera(units, "--fps", "25", "--user", "admin", "--password", "old")
    _, seen = keep_up(dial(camera.url, Credentials("admin", "old")))
    seen.wait_for_state(SessionState.ONLINE)
    camera.kill()
    camera.command[camera.command.index("old")] = "new"
    camera.start()
    seen.wait_for_state(SessionState.UNAUTHORIZED)


def test_a_camera_that_takes_udp_only_is_read_by_udp_and_that_is_remembered(
    rtsp_camera, units, keep_up, dial
):
    camera = rtsp_camera(units, "--fps", "25", "--transport", "udp")
    asked = []
    open_ = dial(camera.url)

    def noted(options):
        asked.append(options.transport)
        return open_(options)

    session, seen = keep_up(noted)
    seen.wait_for_state(SessionState.ONLINE)
    assert session.report.transport == "udp"
    assert "TCP" in session.report.note
    camera.kill()
    camera.start()
    seen.wait_for_state(SessionState.ONLINE, after=seen.states.index(SessionState.ONLINE) + 1)
    assert asked[0] is Transport.AUTO
    assert set(asked[1:]) == {Transport.UDP}


def test_forty_cameras_that_come_back_at_once_are_connected_a_few_at_a_time(rtsp_camera, units):
    """Eight are held in their handshakes while the camera starts and all others dial."""
    camera, handshakes = rtsp_camera(units, "--fps", "25"), Handshakes()
    before = set(threading.enumerate())
    loop = SessionLoop(GateLimits(at_once=8, spacing_s=0.01, hold_s=100 * WAIT_S))
    loop.start()

    def open_(options):
        return Gauged(open_link(camera.url, None, options), handshakes)

    cameras = {f"camera-{number}": Recorder() for number in range(40)}
    try:
        for name, seen in cameras.items():
            loop.spawn(CameraSession(loop, Pull(name, "sub", open_), seen, seen.heard).run, name)
        for seen in cameras.values():
            seen.wait_for_state(SessionState.ONLINE)
        camera.kill()
        for seen in cameras.values():
            seen.wait(lambda s: s.reports[-1].state is SessionState.UNREACHABLE)
        loop.post(handshakes.hold)
        handshakes.wait_for(8)
        camera.start()
        loop.post(handshakes.release)
        for seen in cameras.values():
            seen.wait(lambda s: s.reports[-1].state is SessionState.ONLINE)
    finally:
        loop.stop()
    assert handshakes.most == 8
    assert_only(before)


async def silent(sink):
    await asyncio.Event().wait()


class SilentCamera:
    """Opens links that connect and then give nothing; `asked` holds the transport of each."""

    def __init__(self, enough):
        self.asked, self._enough, self._all = [], enough, threading.Event()

    def __call__(self, options):
        self.asked.append(options.transport)
        if len(self.asked) == self._enough:
            self._all.set()
        return Scripted(self._run, "udp" if options.transport is Transport.UDP else "tcp")

    async def _run(self, _sink):
        raise StalledError("nothing came")

    def wait(self):
        assert self._all.wait(WAIT_S)
        return self.asked[: self._enough]


def test_a_camera_silent_over_tcp_is_asked_by_udp_then_by_either(keep_up):
    camera = SilentCamera(4)
    keep_up(camera)
    assert camera.wait() == [Transport.AUTO, Transport.UDP, Transport.AUTO, Transport.UDP]


def test_what_the_owner_chose_is_not_changed(keep_up):
    camera = SilentCamera(3)
    keep_up(camera, LinkOptions(transport=Transport.TCP))
    assert camera.wait() == [Transport.TCP] * 3


def test_a_server_our_client_cannot_speak_to_is_read_by_ffmpeg_at_once(rtsp_camera, units, keep_up):
    camera = rtsp_camera(units, "--fps", "25")

    async def give_up(sink):
        raise UnsupportedServerError("The camera speaks RTSP 9.0.")

    def open_(options):
        if options.through_ffmpeg:
            return open_link(camera.url, None, options)
        return Scripted(give_up)

    session, seen = keep_up(open_)
    seen.wait_for_state(SessionState.ONLINE)
    assert seen.states == [SessionState.CONNECTING, SessionState.ONLINE]
    assert (session.report.reader, session.report.note) == ("ffmpeg", "The camera speaks RTSP 9.0.")


def test_packets_that_are_no_video_are_not_taken_for_it(keep_up, coded_stream, monkeypatch):
    """A camera sends picture after picture, none of them a key frame."""
    monkeypatch.setattr("gateway.session.FIRST_VIDEO_S", 0.3)
    stream = coded_stream("h264", 50, gop=50)

    async def never_key(sink):
        sink.start(stream.info)
        while True:
            for packet in stream.packets[1:]:
                sink.publish(packet)
                await asyncio.sleep(0.01)

    session, seen = keep_up(lambda _: Scripted(never_key), LinkOptions(silence_s=0.1))
    seen.wait_for_state(SessionState.STALLED)
    assert SessionState.ONLINE not in seen.states
    assert "no picture" in session.report.detail
    assert session.last_video_s is None


def test_a_link_that_does_nothing_at_all_is_given_up(keep_up, monkeypatch):
    monkeypatch.setattr("gateway.session.OPENING_S", 0.1)
    _, seen = keep_up(lambda _: Scripted(silent))
    seen.wait_for_state(SessionState.STALLED)


def test_a_failure_nobody_foresaw_ends_one_attempt_not_the_session(keep_up):
    tries = []
    tried_again = threading.Event()

    def open_(_options):
        tries.append(1)
        if len(tries) == 2:
            tried_again.set()
        raise ZeroDivisionError

    with capture_logs() as lines:
        session, seen = keep_up(open_)
        assert tried_again.wait(WAIT_S)
        seen.running.stop(WAIT_S)
    assert session.report.code == "error"
    assert "ZeroDivisionError" in session.report.detail
    assert "session failed unexpectedly" in [line["event"] for line in lines]


def test_a_file_that_is_missing_is_told(keep_up, tmp_path):
    session, seen = keep_up(lambda options: open_link(str(tmp_path / "absent"), None, options))
    seen.wait_for_state(SessionState.UNREACHABLE)
    assert session.report.code == "not_found"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (StalledError, SessionState.STALLED),
        (StreamLostError, SessionState.CONNECTING),
        (UnauthorizedError, SessionState.UNAUTHORIZED),
        (UnreachableError, SessionState.UNREACHABLE),
        (NotVideoError, SessionState.NOT_VIDEO),
        (UnsupportedServerError, SessionState.NOT_VIDEO),
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

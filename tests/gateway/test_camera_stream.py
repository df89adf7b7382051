"""One pull of a stream: while it is leased and a little longer, and no other."""

import asyncio
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from gateway.camera_stream import CameraStream
from gateway.hub import HubClosedError
from gateway.session import Pull, SessionState
from gateway.session_loop import GateLimits, SessionLoop
from gateway.sources import open_link

WAIT_S = 30.0


def wait_until(condition):
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


class Counted:
    """Opens real links to a URL and counts how many run."""

    def __init__(self, url):
        self.running = self.opened = 0
        self._open = partial(open_link, url, None)

    def __call__(self, options):
        self.opened += 1
        link, run = self._open(options), None
        run = link.run

        async def counted(sink):
            self.running += 1
            try:
                await run(sink)
            finally:
                self.running -= 1

        link.run = counted
        return link


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream("h264", 50, gop=10).packets]


@pytest.fixture
def sessions():
    loop = SessionLoop(GateLimits(spacing_s=0.001))
    loop.start()
    yield loop
    loop.stop()


@pytest.fixture
def stream_of(sessions):
    opened = []

    def start(links, **options):
        stream = CameraStream(sessions, Pull("gate", "main", links), **options)
        opened.append(stream)
        return stream

    yield start
    for stream in opened:
        stream.close()


def test_nothing_is_pulled_before_the_first_lease(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    stream = stream_of(links)
    assert (stream.leases, stream.hub.epoch, links.opened) == (0, 0, 0)
    stream.stop()
    with pytest.raises(HubClosedError, match="gate/main"):
        stream.lease()


def test_many_leases_are_one_pull_that_ends_after_the_last(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    reports = []
    stream = stream_of(links, linger_s=0.1, on_report=reports.append)
    with stream.lease(), stream.lease():
        wait_until(stream.hub.last_gop)
        assert (stream.leases, links.opened, links.running) == (2, 1, 1)
        assert stream.report.state is SessionState.ONLINE
        assert stream.last_video_s is not None
    wait_until(lambda: links.running == 0)
    wait_until(lambda: stream.hub.last_gop() == ())
    assert [report.state for report in reports] == [SessionState.CONNECTING, SessionState.ONLINE]


def test_who_comes_back_soon_finds_the_stream_running(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    stream = stream_of(links, linger_s=WAIT_S)
    with stream.lease():
        wait_until(stream.hub.last_gop)
    with stream.lease(), stream.hub.reader("live", 250) as reader:
        assert reader.get(0) is not None
    assert (links.opened, links.running) == (1, 1)


def test_a_later_lease_pulls_anew_and_shows_nothing_of_before(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    stream = stream_of(links, linger_s=0.0)
    with stream.lease():
        wait_until(stream.hub.last_gop)
    wait_until(lambda: links.running == 0 and not stream.hub.last_gop())
    with stream.hub.reader("live", 250) as reader, stream.lease():
        delivery = reader.get(WAIT_S)
        assert (delivery.epoch, delivery.packet.is_key) == (2, True)
    assert links.opened == 2


def test_a_lease_given_up_twice_counts_once(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    stream = stream_of(links, linger_s=0.0)
    other, mine = stream.lease(), stream.lease()
    mine.release()
    mine.release()
    assert stream.leases == 1
    wait_until(lambda: links.running == 1)
    other.release()
    wait_until(lambda: links.running == 0)


def test_a_flutter_of_leases_ends_in_what_was_wanted_last(stream_of, rtsp_camera, units):
    links = Counted(rtsp_camera(units, "--fps", "25").url)
    stream = stream_of(links, linger_s=0.0)
    for _ in range(50):
        stream.lease().release()
    lease = stream.lease()
    wait_until(lambda: stream.hub.last_gop() and links.running == 1)
    lease.release()
    wait_until(lambda: links.running == 0)


def test_close_ends_readers_after_what_they_have(stream_of, rtsp_camera, units):
    stream = stream_of(Counted(rtsp_camera(units, "--fps", "25").url))
    stream.lease()
    with stream.hub.reader("recorder", 250) as reader:
        assert reader.get(WAIT_S) is not None
        stream.close()
        reader.drain()
        with pytest.raises(HubClosedError):
            reader.drain()
    stream.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts by /proc")
@pytest.mark.parametrize("fault", ["none", "kill", "freeze"])
def test_streams_leave_no_thread_and_no_descriptor_behind(rtsp_camera, units, fault):
    camera = rtsp_camera(units, "--fps", "25")

    def round_():
        loop = SessionLoop(GateLimits(spacing_s=0.001))
        loop.start()
        links = partial(open_link, camera.url, None)
        streams = [CameraStream(loop, Pull(f"c{n}", "sub", links)) for n in range(5)]
        for stream in streams:
            stream.lease()
        for stream in streams:
            wait_until(lambda stream=stream: stream.hub.last_gop())
        if fault != "none":
            getattr(camera, fault)()
        for stream in streams:
            stream.close()
        loop.stop()
        if fault == "freeze":
            camera.thaw()
        if fault == "kill":
            camera.start()

    def held():
        return sum(1 for _ in Path("/proc/self/fd").iterdir()), set(threading.enumerate())

    round_()
    files, threads = held()
    for _ in range(2):
        round_()
    wait_until(lambda: held()[1] <= threads)
    assert held()[0] <= files


async def test_the_loop_is_not_held_up_by_what_waits(sessions, stream_of, tmp_path):
    """A link that takes long to be made, as when the database hangs, delays nobody else."""
    release = threading.Event()

    def slow(options):
        release.wait(WAIT_S)
        return open_link(str(tmp_path / "absent"), None, options)

    stream_of(slow).lease()
    ran = threading.Event()

    async def quick():
        ran.set()

    sessions.spawn(quick, "quick")
    assert await asyncio.to_thread(ran.wait, WAIT_S)
    release.set()

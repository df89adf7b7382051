"""Live pictures, with a real browser at the other end wherever pictures are looked at."""

import asyncio
import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import async_playwright
from prometheus_client import REGISTRY

from gateway.camera_stream import CameraStream
from gateway.config import LiveSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    ConfigError,
    IceRestartError,
    NoPictureError,
    NotFoundError,
    NotPlayableError,
    TranscodesFullError,
)
from gateway.hub import Hub
from gateway.live import LiveViewers, SteadySource
from gateway.live_mode import live_mode
from gateway.session import Pull
from gateway.session_loop import SessionLoop
from gateway.sources import AvSource, open_link
from gateway.store.camera_states import LiveMode
from gateway.whep import Hindrance, IceFragment, StreamChoice, parse_fragment

PATIENCE_S = 60
FLAGS = ("--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required")
MARK = f"--gridpatrol-test={os.getpid()}"
"""An argument that Chromium does not know: it tells our browser's processes from all others."""

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A page that watches: `offer()`, `accept(answer)`, and the numbers of the pictures it presented.
PAGE = """
<video id="video" autoplay muted playsinline></video>
<script>
  const peer = new RTCPeerConnection({iceServers: []});
  const video = document.getElementById("video");
  const numbers = [];
  const pixels = new OffscreenCanvas(160, 96).getContext("2d", {willReadFrequently: true});
  const read = () => {
    pixels.drawImage(video, 0, 0, 160, 96);
    const row = pixels.getImageData(0, 16, 128, 1).data;
    let number = 0;
    for (let bit = 0; bit < 16; bit++) if (row[(bit * 8 + 4) * 4] > 128) number |= 1 << bit;
    numbers.push(number);
    video.requestVideoFrameCallback(read);
  };
  video.requestVideoFrameCallback(read);
  peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
  async function offer() {
    peer.addTransceiver("video", {direction: "recvonly"});
    peer.addTransceiver("audio", {direction: "recvonly"});
    await peer.setLocalDescription();
    while (peer.iceGatheringState !== "complete")
      await new Promise((done) => peer.onicegatheringstatechange = done);
    return peer.localDescription.sdp;
  }
  async function accept(sdp) { await peer.setRemoteDescription({type: "answer", sdp}); }
  async function stats() {
    for (const report of (await peer.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "video") return report;
  }
</script>
"""


@contextmanager
def camera(stream, hub: Hub) -> Iterator[None]:
    """Play a coded stream into the hub for ever, 25 packets a second, from a thread."""
    stopping = threading.Event()

    def run() -> None:
        hub.start(stream.info)
        span = len(stream.packets) * 3600
        for turn in count():
            for packet in stream.packets:
                if stopping.wait(0.04):
                    return
                shift = turn * span
                hub.publish(replace(packet, pts=packet.pts + shift, dts=packet.dts + shift))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


@pytest_asyncio.fixture(loop_scope="module")
async def viewers() -> AsyncIterator[LiveViewers]:
    viewers = LiveViewers(LiveSettings(max_viewers=2))
    yield viewers
    await viewers.close_all()
    assert viewers.sessions == ()


async def watch(browser, viewers: LiveViewers, hub: Hub):
    """Open a tab that watches; return it and its session's answer."""
    page = await browser.new_page()
    await page.set_content(PAGE)
    answer = await viewers.offer(SteadySource(hub), await page.evaluate("offer()"))
    await page.evaluate("(sdp) => accept(sdp)", answer.sdp)
    return page, answer


async def pictures(page, at_least: int) -> list[int]:
    """Wait until the tab has shown so many pictures; return the numbers of all of them."""
    enough = f"numbers.length >= {at_least}"
    await page.wait_for_function(enough, timeout=PATIENCE_S * 1000)
    return await page.evaluate("numbers")


async def until(condition) -> None:
    """Wait for something that happens in another process or thread and tells nobody."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.browser
async def test_a_browser_shows_pictures_from_the_running_gop_on(browser, viewers, coded_stream):
    hub = Hub("gate")
    with camera(coded_stream("h264", 600, gop=600), hub):
        await until(lambda: len(hub.last_gop()) > 20)
        page, _ = await watch(browser, viewers, hub)
        numbers = await pictures(page, 40)
    assert all(later > earlier for earlier, later in pairwise(numbers))
    report = await page.evaluate("stats()")
    assert (report["frameWidth"], report["frameHeight"]) == (160, 96)
    assert report["framesDecoded"] > numbers[-1] - 10, "the running GOP was not replayed"
    await page.close()


@pytest.mark.browser
async def test_pictures_go_on_after_the_camera_was_connected_anew(browser, viewers, coded_stream):
    hub = Hub("gate")
    with camera(coded_stream("h264", 500), hub):
        page, _ = await watch(browser, viewers, hub)
        before = len(await pictures(page, 10))
    with camera(coded_stream("h264", 500, first=5000), hub):
        after = (await pictures(page, before + 30))[-10:]
    assert after == sorted(set(after))
    assert after[0] > 5000
    await page.close()


@pytest.mark.browser
async def test_a_real_camera_is_seen_in_a_real_browser(browser, viewers, coded_stream, rtsp_camera):
    stream = coded_stream("h264", 250)
    device = rtsp_camera([packet.data for packet in stream.packets], "--fps", "25")
    source, hub = AvSource(device.url), Hub("gate")
    hub.start(await asyncio.to_thread(source.open))

    def pull() -> None:
        for packet in source.packets():
            hub.publish(packet)

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        page, _ = await watch(browser, viewers, hub)
        numbers = await pictures(page, 30)
    finally:
        source.close()
        thread.join()
    assert all((later - earlier) % 250 < 25 for earlier, later in pairwise(numbers))
    await page.close()


@pytest.mark.browser
@pytest.mark.parametrize("end", ["peer.close()", "close the tab"])
async def test_a_session_ends_with_its_tab(browser, viewers, coded_stream, monkeypatch, end):
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.3)  # six in vain end it, not in 30 s
    hub = Hub("gate")
    with camera(coded_stream("h264", 500), hub):
        page, answer = await watch(browser, viewers, hub)
        await pictures(page, 3)
        assert viewers.sessions == (answer.session,)
        assert [reader.name for reader in hub.readers] == ["live"]
        await (page.evaluate(end) if end == "peer.close()" else page.close())
        await until(lambda: viewers.sessions == ())
        assert hub.readers == ()


@pytest.mark.browser
async def test_a_session_ends_with_a_browser_that_is_killed(
    viewers, coded_stream, monkeypatch, chromium_path
):
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.3)
    hub = Hub("gate")
    async with async_playwright() as playwright:
        own = await playwright.chromium.launch(executable_path=chromium_path, args=[*FLAGS, MARK])
        with camera(coded_stream("h264", 500), hub):
            page, _ = await watch(own, viewers, hub)
            await pictures(page, 3)
            for process in processes_with(MARK):
                os.kill(process, signal.SIGKILL)
            await until(lambda: viewers.sessions == ())
            assert hub.readers == ()
        await own.close()


def processes_with(argument: str) -> list[int]:
    """Return the processes that were started with an argument."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if argument.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


@pytest.mark.browser
async def test_a_browser_is_told_when_its_session_is_deleted(browser, viewers, coded_stream):
    hub = Hub("gate")
    with camera(coded_stream("h264", 500), hub):
        page, answer = await watch(browser, viewers, hub)
        await pictures(page, 3)
        await viewers.delete(answer.session)
        await viewers.delete(answer.session)
        assert (viewers.sessions, hub.readers) == ((), ())
        gone = "['disconnected', 'failed', 'closed'].includes(peer.connectionState)"
        await page.wait_for_function(gone, timeout=PATIENCE_S * 1000)
    await page.close()


@pytest.mark.browser
async def test_media_can_be_offered_on_loopback_alone(browser, coded_stream):
    hub, viewers = Hub("gate"), LiveViewers(LiveSettings(bind_hosts=("127.0.0.1",)))
    with camera(coded_stream("h264", 500), hub):
        page, answer = await watch(browser, viewers, hub)
        await pictures(page, 3)
    lines = [line for line in answer.sdp.splitlines() if line.startswith("a=candidate")]
    assert lines
    assert all(" 127.0.0.1 " in line for line in lines)
    await page.close()
    await viewers.close_all()


def pulls(port: int) -> int:
    """Count the TCP connections that a server on loopback has now, as the kernel lists them."""
    own, established = f":{port:04X}", "01"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(own) and row[3] == established for row in rows)


async def test_viewers_of_one_camera_cost_no_second_pull(coded_stream, rtsp_camera):
    device = rtsp_camera([packet.data for packet in coded_stream("h264", 250).packets])
    viewers, loop = LiveViewers(LiveSettings()), SessionLoop()
    pull = Pull("gate", "main", partial(open_link, device.url, None))
    loop.start()
    stream = CameraStream(loop, pull, linger_s=0.1)
    try:
        assert pulls(device.port) == 0
        async with peer() as one, peer() as two, peer() as three:
            for client in (one, two, three):
                answer = await viewers.offer(stream, client.localDescription.sdp, StreamChoice.MAIN)
                await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
            await until(lambda: len(stream.hub.readers) == 3)
            assert pulls(device.port) == 1
            await viewers.close_all()
            await until(lambda: pulls(device.port) == 0)
    finally:
        await asyncio.to_thread(stream.close)
        await asyncio.to_thread(loop.stop)


@asynccontextmanager
async def peer(codecs: tuple[str, ...] = ("video/H264",)) -> AsyncIterator[RTCPeerConnection]:
    """Another WebRTC stack that would like to watch."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video", direction="recvonly")
    known = RTCRtpReceiver.getCapabilities("video").codecs
    transceiver.setCodecPreferences([codec for codec in known if codec.mimeType in codecs])
    await connection.setLocalDescription(await connection.createOffer())
    yield connection
    await connection.close()


async def connect(viewers: LiveViewers, hub: Hub, client: RTCPeerConnection) -> str:
    answer = await viewers.offer(SteadySource(hub), client.localDescription.sdp)
    await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
    await until(lambda: client.connectionState == "connected" and hub.readers)
    return answer.session


def hub_of(stream) -> Hub:
    hub = Hub("gate")
    stream.play(hub)
    return hub


@pytest.mark.parametrize("turns", ["hevc", "b_frames", "hidden_b_frames", "away"])
async def test_a_session_ends_when_its_stream_cannot_be_played_any_more(
    viewers, coded_stream, turns
):
    hub = hub_of(coded_stream("h264", 30))
    async with peer() as client:
        await connect(viewers, hub, client)
        hidden = coded_stream("h264", 60, b_frames=True)
        {
            "hevc": lambda: coded_stream("hevc", 60).play(hub),
            "b_frames": lambda: hidden.play(hub),
            "hidden_b_frames": lambda: without_warning(hidden).play(hub),
            "away": hub.close,
        }[turns]()
        await until(lambda: viewers.sessions == ())
    assert hub.readers == ()


def without_warning(stream):
    return replace(stream, info=replace(stream.info, has_b_frames=False))


# codec, B-frames, not announced -> why it is transcoded.
HINDERED = [
    ("hevc", False, False, Hindrance.CODEC),
    ("mpeg4", False, False, Hindrance.CODEC),
    ("h264", True, False, Hindrance.ORDER),
    ("h264", True, True, Hindrance.ORDER),
]


async def watched(client: RTCPeerConnection, answer, picture_number) -> list[int]:
    """Connect another player; return the numbers of the first pictures it decodes."""
    await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
    (receiver,) = client.getReceivers()
    async with asyncio.timeout(PATIENCE_S):
        return [picture_number(await receiver.track.recv()) for _ in range(8)]


@pytest.mark.parametrize(("codec", "b_frames", "hidden", "why"), HINDERED)
async def test_what_browsers_do_not_play_is_transcoded_and_says_why(
    viewers, coded_stream, picture_number, codec, b_frames, hidden, why
):
    stream = coded_stream(codec, 250, b_frames=b_frames)
    hub = Hub("gate")
    with camera(without_warning(stream) if hidden else stream, hub):
        await until(lambda: len(hub.last_gop()) > 5)
        assert live_mode(hub, LiveSettings()) is LiveMode.TRANSCODED
        async with peer() as client:
            answer = await viewers.offer(SteadySource(hub), client.localDescription.sdp)
            assert (answer.mode, answer.why) == (LiveMode.TRANSCODED, why)
            numbers = await watched(client, answer, picture_number)
            assert numbers == sorted(set(numbers))
            await viewers.delete(answer.session)
            assert hub.readers == ()


async def test_viewers_of_one_camera_share_a_transcoder_and_others_wait_their_turn(coded_stream):
    settings = LiveSettings(max_transcodes=1)
    viewers, gate, yard = LiveViewers(settings), Hub("gate"), Hub("yard")
    stream = coded_stream("hevc", 250)
    with camera(stream, gate), camera(stream, yard):
        async with peer() as one, peer() as two, peer() as three:
            first = await connect(viewers, gate, one)
            second = await connect(viewers, gate, two)
            assert [reader.name for reader in gate.readers] == ["transcoder"]
            with pytest.raises(TranscodesFullError, match=r"yard .*live\.max_transcodes"):
                await viewers.offer(SteadySource(yard), three.localDescription.sdp)
            await viewers.delete(first)
            assert [reader.name for reader in gate.readers] == ["transcoder"]
            await viewers.delete(second)
            assert gate.readers == ()
            await connect(viewers, yard, three)
        await viewers.close_all()
    assert yard.readers == ()


async def test_where_nothing_may_be_transcoded_pictures_are_shown_instead(viewers, coded_stream):
    settings = LiveSettings(max_transcodes=0)
    viewers, hub = LiveViewers(settings), hub_of(coded_stream("hevc", 30))
    assert live_mode(hub, settings) is LiveMode.REFRESH
    async with peer() as client:
        with pytest.raises(NotPlayableError, match="gate needs transcoding"):
            await viewers.offer(SteadySource(hub), client.localDescription.sdp)
    assert (viewers.sessions, hub.readers) == ((), ())


# stream asked for, transcodes allowed -> how a large H.264 stream is shown.
@pytest.mark.parametrize(
    ("stream", "most", "mode"),
    [
        (StreamChoice.SUB, 1, LiveMode.TRANSCODED),
        (StreamChoice.MAIN, 1, LiveMode.WHEP),
        (StreamChoice.SUB, 0, LiveMode.WHEP),
    ],
)
async def test_a_camera_without_a_small_stream_is_made_small_for_tiles(
    coded_stream, stream, most, mode
):
    viewers = LiveViewers(
        LiveSettings(transcode_width=160, transcode_height=90, max_transcodes=most)
    )
    hub = Hub("gate")
    with camera(coded_stream("h264", 250), hub):
        async with peer() as client:
            answer = await viewers.offer(SteadySource(hub), client.localDescription.sdp, stream)
            assert answer.mode is mode
        await viewers.close_all()


async def test_a_stream_that_cannot_be_decoded_is_refused(viewers, coded_stream):
    hub = Hub("gate")
    stream = coded_stream("hevc", 250)
    with camera(replace(stream, info=replace(stream.info, codec="no-such-codec")), hub):
        async with peer() as client:
            with pytest.raises(NotPlayableError, match="cannot be decoded"):
                await viewers.offer(SteadySource(hub), client.localDescription.sdp)
    assert (viewers.sessions, hub.readers) == ((), ())


async def test_a_player_that_would_speak_is_not_asked_to(viewers, coded_stream):
    client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    client.addTransceiver("video", direction="recvonly")
    talk = client.addTransceiver(AudioStreamTrack(), direction="sendrecv")
    await client.setLocalDescription(await client.createOffer())
    hub = hub_of(coded_stream("h264", 30))
    answer = await viewers.offer(SteadySource(hub), client.localDescription.sdp)
    await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
    assert talk.currentDirection == "inactive"
    await viewers.delete(answer.session)
    await client.close()


async def test_a_player_may_name_its_addresses_after_the_offer(viewers, coded_stream):
    hub = hub_of(coded_stream("h264", 30))
    async with peer() as client:
        whole = client.localDescription.sdp
        lines = whole.splitlines(keepends=True)
        later = [line for line in lines if line.startswith(("a=candidate", "a=end-of"))]
        assert later
        answer = await viewers.offer(
            SteadySource(hub), "".join(line for line in lines if line not in later)
        )
        ufrag = next(line for line in lines if line.startswith("a=ice-ufrag"))
        await viewers.add_candidates(answer.session, parse_fragment("".join([ufrag, *later])))
        await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await until(lambda: client.connectionState == "connected" and hub.readers)
        with pytest.raises(IceRestartError):
            await viewers.add_candidates(answer.session, IceFragment("another", ()))
        with pytest.raises(BadOfferError, match="candidate"):
            await viewers.add_candidates(answer.session, IceFragment("", ("nonsense",)))
        with pytest.raises(NotFoundError):
            await viewers.add_candidates("never-was", IceFragment("", ()))


@dataclass
class CountedSource:
    """A stream that begins when it is first leased, as on demand, and counts its leases."""

    stream: object
    hub: Hub
    leases: int = 0

    @contextmanager
    def lease(self) -> Iterator[None]:
        self.leases += 1
        if self.hub.info is None:
            self.stream.play(self.hub)
        try:
            yield
        finally:
            self.leases -= 1


async def test_a_stream_on_demand_is_leased_while_it_is_watched(viewers, coded_stream):
    source = CountedSource(coded_stream("h264", 30), Hub("gate"))
    async with peer() as one, peer() as two:
        answers = [
            await viewers.offer(source, client.localDescription.sdp, StreamChoice.MAIN)
            for client in (one, two)
        ]
        assert source.leases == 2
        for answer in answers:
            await viewers.delete(answer.session)
    assert source.leases == 0
    with pytest.raises(BadOfferError):
        await viewers.offer(source, "v=0\r\nm=video 9 x\r\na=rtpmap:1 H264/90000\r\n")
    assert source.leases == 0


async def test_each_viewer_tells_how_it_fares(viewers, coded_stream):
    hub = Hub("gate")
    with camera(coded_stream("h264", 500), hub):
        async with peer() as client:
            await until(hub.last_gop)
            session = await connect(viewers, hub, client)
            async with asyncio.timeout(PATIENCE_S):
                while (await viewers.status())[0].lost_packets is None:
                    await asyncio.sleep(0.05)
            (viewer,) = await viewers.status()
    assert (viewer.session, viewer.camera, viewer.stream) == (session, "gate", StreamChoice.SUB)
    assert (viewer.state, viewer.mode, viewer.lost_packets) == ("connected", LiveMode.WHEP, 0)
    assert viewer.sent_bytes > 1000
    sample = {"camera": "gate"}
    assert REGISTRY.get_sample_value("gridpatrol_live_sent_bytes_total", sample) > 1000
    assert REGISTRY.get_sample_value("gridpatrol_live_viewers", sample) == 1


async def test_a_camera_that_sent_nothing_has_no_picture(viewers, monkeypatch):
    monkeypatch.setattr("gateway.live.PICTURE_S", 0.05)
    assert live_mode(Hub("gate"), LiveSettings()) is LiveMode.REFRESH
    async with peer() as client:
        with pytest.raises(NoPictureError, match="gate"):
            await viewers.offer(SteadySource(Hub("gate")), client.localDescription.sdp)


async def test_a_browser_without_h264_gets_pictures_instead(viewers, coded_stream):
    async with peer(("video/VP8",)) as client:
        with pytest.raises(NotPlayableError, match=r"no H\.264"):
            await viewers.offer(SteadySource(hub_of(coded_stream())), client.localDescription.sdp)


async def test_a_browser_that_hides_its_address_connects_at_once(viewers, coded_stream):
    hub = hub_of(coded_stream("h264", 30))
    async with peer() as client:
        sdp = re.sub(
            r"(a=candidate:\S+ 1 udp \d+) \S+", r"\1 nobody.local", client.localDescription.sdp
        )
        assert "a=end-of-candidates" in sdp
        answer = await asyncio.wait_for(viewers.offer(SteadySource(hub), sdp), timeout=0.5)
        await client.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await until(lambda: client.connectionState == "connected" and hub.readers)


async def test_one_viewer_too_many_is_refused(viewers, coded_stream):
    hub = hub_of(coded_stream("h264", 30))
    assert live_mode(hub, LiveSettings()) is LiveMode.WHEP
    async with peer() as one, peer() as two, peer() as three:
        first = await connect(viewers, hub, one)
        await connect(viewers, hub, two)
        with pytest.raises(BusyError, match=r"live\.max_viewers"):
            await viewers.offer(SteadySource(hub), three.localDescription.sdp)
        await viewers.delete(first)
        await connect(viewers, hub, three)


async def test_who_never_connects_is_dropped(viewers, coded_stream, monkeypatch):
    monkeypatch.setattr("gateway.live.CONNECT_S", 0.05)
    async with peer() as client:
        await viewers.offer(SteadySource(hub_of(coded_stream())), client.localDescription.sdp)
        assert len(viewers.sessions) == 1
        await until(lambda: viewers.sessions == ())


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ("audio", "video"),
        ("ice-rag", "ice-ufrag"),
        ("packetization-mode=0", "packetization-mode=1"),
        ("sendonly", "recvonly"),
        ("x y", "UDP/TLS/RTP/SAVPF 9"),
    ],
)
async def test_an_offer_that_cannot_be_used_is_refused(viewers, coded_stream, wrong, part):
    async with peer() as client:
        sdp = client.localDescription.sdp
        assert part in sdp
        with pytest.raises(BadOfferError, match="gate"):
            await viewers.offer(SteadySource(hub_of(coded_stream())), sdp.replace(part, wrong))
    assert viewers.sessions == ()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(line=st.integers(0, 60), kept=st.integers(0, 60), added=st.text(max_size=5))
async def test_a_garbled_offer_leaves_nothing_behind(viewers, coded_stream, line, kept, added):
    async with peer() as client:
        lines = client.localDescription.sdp.splitlines()
    at = line % len(lines)
    lines[at] = lines[at][:kept] + added
    with suppress(BadOfferError, NotPlayableError):
        answer = await viewers.offer(SteadySource(hub_of(coded_stream())), "\r\n".join(lines))
        await viewers.delete(answer.session)
    assert viewers.sessions == ()


@pytest.mark.parametrize("host", ["203.0.113.7", "not-an-address", "300.1.1.1"])
async def test_an_address_that_is_not_ours_is_told_at_the_start(host):
    with pytest.raises(ConfigError, match=rf"live\.bind_hosts has {host}"):
        LiveViewers(LiveSettings(bind_hosts=(host,)))

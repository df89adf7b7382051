"""Talks of a worker: from a WebRTC speaker to the loudspeaker of GStreamer's ONVIF server."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import numpy as np
import pytest
import structlog
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from prometheus_client import REGISTRY

import gateway.talk
from gateway.config import LiveSettings, TalkSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    NoTalkError,
    TalkBusyError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.sources import Credentials
from gateway.store.inventory import Camera
from gateway.talk import Talks
from gateway.worker_talk_api import TalkState

TONE_HZ = 1000
PATIENCE_S = 60
HEARD_S = 0.6
MIC_HZ = 48_000
OFFER_WITHOUT_SOUND = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


class Tone(MediaStreamTrack):
    """A microphone that hears a tone."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> av.AudioFrame:
        size = MIC_HZ // 50
        await asyncio.sleep(0.02)
        at = (self._count * size + np.arange(size)) / MIC_HZ
        samples = (np.sin(2 * math.pi * TONE_HZ * at) * 12_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = MIC_HZ, Fraction(1, MIC_HZ)
        frame.pts = self._count * size
        self._count += 1
        return frame


def camera_at(*uris: str | None) -> Camera:
    main, sub = (*uris, None)[:2]
    return Camera("gate", "村口", "", "", "", "", "", main, sub)


@pytest.fixture
async def talks() -> AsyncIterator[Talks]:
    talks = Talks(TalkSettings(max_s=60), LiveSettings())
    yield talks
    await talks.close_all()
    assert talks.sessions == ()


@pytest.fixture
def endings():
    """Return the log lines of what ended."""
    with structlog.testing.capture_logs() as lines:
        yield lambda: [line for line in lines if line["event"] == "a talk ended"]


async def offer_of(peer: RTCPeerConnection, codec: str = "") -> str:
    speaker = peer.addTransceiver(Tone(), direction="sendonly")
    known = RTCRtpSender.getCapabilities("audio").codecs
    speaker.setCodecPreferences([one for one in known if codec in one.mimeType])
    await peer.setLocalDescription(await peer.createOffer())
    return peer.localDescription.sdp


@asynccontextmanager
async def speaking(talks, camera, credentials=None, *, who="admin", codec=""):
    """Speak through a camera; yields the session and the peer of who speaks."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        answer = await talks.offer(camera, credentials, await offer_of(peer, codec), who)
        await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        yield answer.session, peer
    finally:
        await peer.close()


async def until(condition) -> None:
    """Wait for what another process does and tells nobody."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


def spoken_s() -> float:
    return REGISTRY.get_sample_value("gridpatrol_talk_seconds_total", {"camera": "gate"}) or 0.0


@pytest.mark.parametrize(
    ("takes", "transport", "browser"),
    [("pcmu", "both", ""), ("pcma", "both", ""), ("pcmu", "udp", "opus"), ("pcma", "tcp", "PCMU")],
)
async def test_what_is_said_comes_out_at_the_camera(
    talks, loudspeaker, endings, takes, transport, browser
):
    there = loudspeaker("--codec", takes, "--transport", transport)
    before = spoken_s()
    async with speaking(talks, camera_at(there.url), codec=browser) as (session, _):
        await until(lambda: there.seconds() > HEARD_S)
        assert talks.state("gate").speaker == "admin"
        await talks.delete(session)
    hertz, share = there.pitch()
    assert hertz == pytest.approx(TONE_HZ, abs=5)
    assert share > 0.9
    assert np.abs(there.samples()).max() > 8000
    assert talks.state("gate") == TalkState()
    (ended,) = endings()
    assert (ended["user"], ended["camera"], ended["why"]) == ("admin", "gate", "done")
    assert ended["spoken_s"] >= HEARD_S
    assert spoken_s() - before == pytest.approx(ended["spoken_s"])


async def test_the_browsers_g711_of_the_cameras_kind_is_asked_for(talks, loudspeaker):
    there = loudspeaker("--codec", "pcma")
    async with speaking(talks, camera_at(there.url)) as (_, peer):
        chosen = peer.getSenders()[0].transport and peer.remoteDescription.sdp
        payload = chosen[chosen.index("m=audio") :].split()[3]
        assert f"a=rtpmap:{payload} PCMA/8000" in chosen


async def test_one_speaks_at_a_time(talks, loudspeaker):
    camera = camera_at(loudspeaker().url)
    async with speaking(talks, camera, who="王芳") as (session, _):
        with pytest.raises(TalkBusyError, match=r"王芳 speaks .* since 20\d\d-"):
            async with speaking(talks, camera, who="李强"):
                pass
        assert isinstance(TalkBusyError(""), BusyError)
        await talks.delete(session)
        await talks.delete(session)
    async with speaking(talks, camera, who="李强"):
        assert talks.state("gate").speaker == "李强"


async def test_a_talk_ends_at_its_limit(loudspeaker, endings):
    talks = Talks(TalkSettings.model_construct(max_s=0.8), LiveSettings())
    async with speaking(talks, camera_at(loudspeaker().url)):
        await until(lambda: not talks.sessions)
    assert [one["why"] for one in endings()] == ["limit"]


async def test_a_camera_that_hangs_up_ends_the_talk(talks, loudspeaker, endings):
    there = loudspeaker()
    async with speaking(talks, camera_at(there.url)) as (_, peer):
        await until(lambda: there.seconds() > 0)
        there.kill()
        await until(lambda: not talks.sessions)
        await until(lambda: peer.connectionState == "closed")
    assert [one["why"] for one in endings()] == ["camera_gone"]


async def test_a_browser_that_goes_away_ends_the_talk(talks, loudspeaker, endings, monkeypatch):
    monkeypatch.setattr(gateway.talk, "QUIET_S", 0.5)
    there = loudspeaker()
    async with speaking(talks, camera_at(there.url)):
        await until(lambda: there.seconds() > 0)
    await until(lambda: not talks.sessions)
    assert [one["why"] for one in endings()] == ["speaker_gone"]


async def test_a_browser_that_never_connects_gives_its_turn_up(
    talks, loudspeaker, endings, monkeypatch
):
    monkeypatch.setattr(gateway.talk, "CONNECT_S", 0.3)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    await talks.offer(camera_at(loudspeaker().url), None, await offer_of(peer), "admin")
    await until(lambda: not talks.sessions)
    await peer.close()
    assert [one["why"] for one in endings()] == ["speaker_gone"]


async def test_a_worker_that_stops_ends_the_talk(talks, loudspeaker, endings):
    async with speaking(talks, camera_at(loudspeaker().url)):
        await talks.close_all()
    assert [one["why"] for one in endings()] == ["stopped"]


async def test_a_password_is_asked_for(talks, loudspeaker):
    there = loudspeaker("--user", "viewer", "--password", "p@ss:w/rd")
    camera = camera_at(there.url)
    with pytest.raises(UnauthorizedError):
        async with speaking(talks, camera, Credentials("viewer", "wrong")):
            pass
    async with speaking(talks, camera, Credentials("viewer", "p@ss:w/rd")):
        await until(lambda: there.seconds() > 0)


async def test_cameras_that_cannot_be_spoken_through(talks, rtsp_camera, coded_stream):
    deaf = rtsp_camera([packet.data for packet in coded_stream().packets])
    for uris in ((deaf.url,), ("file:///none",), (None,)):
        with pytest.raises(NoTalkError):
            async with speaking(talks, camera_at(*uris)):
                pass
        assert talks.sessions == ()
    with pytest.raises(UnreachableError):
        async with speaking(talks, camera_at("rtsp://127.0.0.1:1/camera")):
            pass


async def test_the_stream_that_has_the_loudspeaker_is_found(
    talks, loudspeaker, rtsp_camera, coded_stream
):
    deaf = rtsp_camera([packet.data for packet in coded_stream().packets])
    there = loudspeaker()
    async with speaking(talks, camera_at(deaf.url, there.url)):
        await until(lambda: there.seconds() > 0)


@pytest.mark.parametrize("offer", ["nonsense", OFFER_WITHOUT_SOUND])
async def test_offers_that_cannot_be_used(talks, loudspeaker, offer):
    with pytest.raises(BadOfferError):
        await talks.offer(camera_at(loudspeaker().url), None, offer, "admin")
    assert talks.state("gate") == TalkState()

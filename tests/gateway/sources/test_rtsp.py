"""RtspLink against GStreamer's RTSP server: what arrives, over what, whose clock, which error."""

import asyncio
import traceback
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest

from gateway.clock import utc_now
from gateway.decode import PictureDecoder
from gateway.errors import (
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedServerError,
)
from gateway.packets import TICKS_PER_S, AudioInfo, ClockSource, Transport
from gateway.sources.link import LinkOptions
from gateway.sources.rtsp import RtspLink
from gateway.sources.source import Credentials

STEP = TICKS_PER_S // 25
PICTURES, GOP = 50, 10
PASSWORD = "p@ss:w/rd #%密"
HANG_S = 20.0


class Basket:
    """A sink that keeps everything; `filled` is set when so many pictures are in."""

    def __init__(self, wanted=1):
        self.infos, self.packets, self.sounds = [], [], []
        self.wanted, self.filled = wanted, asyncio.Event()

    def start(self, info):
        self.infos.append(info)

    def publish(self, packet):
        self.packets.append(packet)
        if len(self.packets) >= self.wanted:
            self.filled.set()

    def publish_audio(self, packet):
        self.sounds.append(packet)


@pytest.fixture
def units(coded_stream):
    """Return the access units of 50 numbered pictures, a key frame every 10."""

    def encode(codec="h264"):
        return [packet.data for packet in coded_stream(codec, PICTURES, gop=GOP).packets]

    return encode


@asynccontextmanager
async def playing(url, credentials=None, *, wanted=1, **options):
    """Run a link until so many pictures came; the block then has link, basket and task."""
    link = RtspLink(url, credentials, LinkOptions(**options))
    basket = Basket(wanted)
    task = asyncio.create_task(link.run(basket))
    filled = asyncio.create_task(basket.filled.wait())
    try:
        async with asyncio.timeout(HANG_S):
            await asyncio.wait([task, filled], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        yield link, basket, task
    finally:
        for ending in (filled, task):
            ending.cancel()
            with suppress(asyncio.CancelledError, StreamLostError):
                await ending


async def run(url, credentials=None, **options):
    """Run a link to its end, with nobody interested in its packets."""
    async with asyncio.timeout(HANG_S):
        await RtspLink(url, credentials, LinkOptions(**options)).run(Basket())


@pytest.mark.parametrize(
    ("codec", "server_codec", "served", "asked", "used"),
    [
        ("h264", "h264", "both", "auto", "tcp"),
        ("hevc", "h265", "both", "auto", "tcp"),
        ("h264", "h264", "udp", "auto", "udp"),
        ("hevc", "h265", "both", "udp", "udp"),
        ("h264", "h264", "tcp", "tcp", "tcp"),
    ],
)
async def test_every_picture_arrives_whole_and_in_order(
    rtsp_camera, units, picture_number, codec, server_codec, served, asked, used
):
    options = ("--codec", server_codec, "--transport", served, "--fps", "25")
    camera = rtsp_camera(units(codec), *options)
    async with playing(camera.url, wanted=60, transport=Transport(asked)) as (link, basket, _):
        (info,), packets = basket.infos, basket.packets
        assert link.transport == used
        assert link.reader == "rtsp"
    assert (info.codec, info.width, info.height) == (codec, 160, 96)
    assert not info.has_b_frames
    decoder = PictureDecoder(info)
    numbers = [picture_number(p.frame) for packet in packets for p in decoder.decode(packet)]
    assert numbers == [(numbers[0] + n) % PICTURES for n in range(len(numbers))]
    assert len(numbers) == len(packets)
    assert all(b.dts - a.dts == pytest.approx(STEP, abs=2) for a, b in pairwise(packets))
    assert all(b.captured_at > a.captured_at for a, b in pairwise(packets))


@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_the_right_password_opens(rtsp_camera, units, scheme):
    camera = rtsp_camera(units(), "--user", "管理", "--password", PASSWORD, "--auth", scheme)
    async with playing(camera.url, Credentials("管理", PASSWORD), wanted=3) as (_, basket, _):
        assert basket.infos[0].codec == "h264"


@pytest.mark.parametrize("credentials", [None, Credentials("admin", "wrong-horse-battery")])
async def test_a_wrong_password_is_told_and_never_shown(rtsp_camera, units, credentials):
    camera = rtsp_camera(units(), "--user", "admin", "--password", PASSWORD)
    with pytest.raises(UnauthorizedError) as caught:
        await run(camera.url, credentials)
    told = "".join(traceback.format_exception(caught.value, chain=True))
    assert "wrong-horse" not in told
    assert camera.url in str(caught.value)


async def test_the_cameras_clock_is_used_once_it_reports(rtsp_camera, units):
    camera = rtsp_camera(units(), "--fps", "25")
    async with playing(camera.url) as (link, basket, _):
        async with asyncio.timeout(HANG_S):
            while basket.packets[-1].clock is not ClockSource.RTCP:
                await asyncio.sleep(0.05)
        newest = basket.packets[-1]
        assert abs(link.clock_offset_s) < HANG_S
        age_s = (utc_now() - newest.captured_at).total_seconds()
        assert 0.0 < age_s < HANG_S


async def test_a_camera_that_believes_it_is_1900_is_not_believed(rtsp_camera, units):
    camera = rtsp_camera(units(), "--fps", "25", "--clock", "wrong")
    async with playing(camera.url) as (link, basket, _):
        async with asyncio.timeout(HANG_S):
            while link.clock_offset_s is None:
                await asyncio.sleep(0.05)
        assert {packet.clock for packet in basket.packets} == {ClockSource.ARRIVAL}
        assert abs(link.clock_offset_s) > 365 * 86_400


async def test_sound_comes_where_it_is_asked_for(rtsp_camera, units):
    camera = rtsp_camera(units(), "--media", "both", "--fps", "25")
    async with playing(camera.url) as (_, basket, _):
        assert basket.infos[0].audio is None
    async with playing(camera.url, wanted=50, with_audio=True) as (_, basket, _):
        assert basket.infos[0].audio == AudioInfo("pcm_alaw", 8000, 1)
        first, last = basket.packets[0], basket.packets[-1]
    assert len(basket.sounds) >= 8
    assert all(b.pts > a.pts for a, b in pairwise(basket.sounds))
    assert all(
        first.pts - TICKS_PER_S < sound.pts < last.pts + TICKS_PER_S for sound in basket.sounds
    )


async def test_sound_without_picture(rtsp_camera, units):
    camera = rtsp_camera(units(), "--media", "audio")
    with pytest.raises(NotVideoError, match="sound but no picture"):
        await run(camera.url)


async def test_a_path_that_is_not_there(rtsp_camera, units):
    camera = rtsp_camera(units())
    with pytest.raises(NotVideoError, match="no stream at this path"):
        await run(camera.url.replace("/camera", "/garden"))


@pytest.mark.parametrize(("served", "asked"), [("tcp", "udp"), ("udp", "tcp")])
async def test_a_transport_that_is_insisted_on_and_not_to_be_had(rtsp_camera, units, served, asked):
    camera = rtsp_camera(units(), "--transport", served)
    with pytest.raises(UnsupportedServerError, match=f"over {asked.upper()}"):
        await run(camera.url, transport=Transport(asked))


async def test_a_frozen_camera_is_stalled_and_left_fast(rtsp_camera, units):
    camera = rtsp_camera(units())
    async with playing(camera.url, silence_s=0.5) as (_, _, task):
        camera.freeze()
        with pytest.raises(StalledError, match=r"nothing for 0\.5 s"):
            await asyncio.wait_for(task, HANG_S)


async def test_a_camera_frozen_before_it_answers_is_unreachable(rtsp_camera, units):
    camera = rtsp_camera(units())
    camera.freeze()
    with pytest.raises(UnreachableError, match=r"has not answered OPTIONS for 0\.5 s"):
        await run(camera.url, open_s=0.5)


async def test_a_killed_camera_is_lost(rtsp_camera, units):
    camera = rtsp_camera(units())
    async with playing(camera.url) as (_, _, task):
        camera.kill()
        with pytest.raises(StreamLostError) as caught:
            await asyncio.wait_for(task, HANG_S)
        assert type(caught.value) is StreamLostError

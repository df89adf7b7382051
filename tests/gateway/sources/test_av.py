"""AvSource against GStreamer's RTSP server: what arrives, whose clock, which error, and the end."""

import threading
import traceback
from fractions import Fraction
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from gateway.decode import PictureDecoder
from gateway.errors import (
    ConfigError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.packets import TICKS_PER_S, AudioInfo, AudioPacket, ClockSource
from gateway.parameter_sets import SYNTAX, parameter_sets
from gateway.sources import AvSource, Credentials, Limits, open_link
from gateway.timing import EARLIEST_OFFSET_S, LATEST_OFFSET_S

STEP = TICKS_PER_S // 25
PICTURES, GOP = 50, 10
PASSWORD = "p@ss:w/rd #%密"
HANG_S = 20.0


@pytest.fixture
def units(coded_stream):
    """Return the access units of 50 numbered pictures, a key frame every 10."""

    def encode(codec="h264"):
        return [packet.data for packet in coded_stream(codec, PICTURES, gop=GOP).packets]

    return encode


def take(source, count):
    """Open, read so many packets, close."""
    info = source.open()
    packets = list(islice(source.packets(), count))
    source.close()
    return info, packets


@pytest.mark.parametrize(
    ("codec", "server_codec", "transport"),
    [("h264", "h264", "both"), ("hevc", "h265", "both"), ("h264", "h264", "udp")],
)
def test_every_picture_arrives_whole_and_in_order(
    rtsp_camera, units, picture_number, codec, server_codec, transport
):
    options = ("--codec", server_codec, "--transport", transport, "--fps", "25")
    camera = rtsp_camera(units(codec), *options)
    source = AvSource(camera.url)
    info, packets = take(source, 60)

    assert (info.codec, info.width, info.height, info.fps) == (codec, 160, 96, 25.0)
    assert not info.has_b_frames
    assert source.transport == ("udp" if transport == "udp" else "tcp")
    decoder = PictureDecoder(info)
    numbers = [picture_number(p.frame) for packet in packets for p in decoder.decode(packet)]
    assert numbers == [(numbers[0] + n) % PICTURES for n in range(len(numbers))]
    assert len(numbers) == len(packets)
    assert {b.dts - a.dts for a, b in pairwise(packets)} == {STEP}
    assert all(b.captured_at > a.captured_at for a, b in pairwise(packets))
    assert all(packet.pts == packet.dts for packet in packets)


@pytest.mark.parametrize(("codec", "server_codec"), [("h264", "h264"), ("hevc", "h265")])
def test_key_frames_get_parameter_sets_that_only_the_session_description_has(
    rtsp_camera, units, codec, server_codec
):
    syntax = SYNTAX[codec]
    first, *others = units(codec)
    bare = [first] + [unit.removeprefix(parameter_sets(unit, syntax)) for unit in others]
    assert not any(parameter_sets(unit, syntax) for unit in bare[1:])
    camera = rtsp_camera(bare, "--codec", server_codec, "--headers", "sdp", "--fps", "50")
    info, packets = take(AvSource(camera.url), 2 * GOP)

    keys = [packet for packet in packets if packet.is_key]
    assert len(keys) >= 2
    assert all(parameter_sets(packet.data, syntax) for packet in keys)
    assert parameter_sets(info.extradata, syntax) == info.extradata


def test_key_frames_of_several_slices_arrive_whole(rtsp_camera):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 192, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = {"tune": "zerolatency", "x264-params": "slices=3:keyint=10"}
    noise = np.random.default_rng(1)
    coded = []
    for number in range(30):
        pixels = noise.integers(0, 255, (192 * 3 // 2, 320), np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts = number
        coded += encoder.encode(frame)
    camera = rtsp_camera([bytes(packet) for packet in coded], "--fps", "25")
    info, packets = take(AvSource(camera.url), 40)
    decoder = PictureDecoder(info)
    shown = sum(len(decoder.decode(packet)) for packet in packets)
    assert sum(packet.is_key for packet in packets) >= 4
    assert (shown, decoder.health.damaged) == (len(packets), 0)
    assert all(b.dts - a.dts == pytest.approx(STEP, abs=3) for a, b in pairwise(packets))


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_the_right_password_opens(rtsp_camera, units, scheme):
    camera = rtsp_camera(units(), "--user", "管理", "--password", PASSWORD, "--auth", scheme)
    info, packets = take(AvSource(camera.url, Credentials("管理", PASSWORD)), 3)
    assert info.codec == "h264"
    assert len(packets) == 3


@pytest.mark.parametrize("credentials", [None, Credentials("admin", "wrong-horse-battery")])
def test_a_wrong_password_is_told_and_never_shown(rtsp_camera, units, credentials):
    camera = rtsp_camera(units(), "--user", "admin", "--password", PASSWORD)
    with pytest.raises(UnauthorizedError) as caught:
        AvSource(camera.url, credentials).open()
    told = "".join(traceback.format_exception(caught.value, chain=True)) + repr(credentials)
    assert "wrong-horse" not in told
    assert caught.value.__context__ is None
    assert camera.url in str(caught.value)


def test_the_cameras_clock_is_used_once_it_reports(rtsp_camera, units):
    camera = rtsp_camera(units(), "--fps", "25")
    source = AvSource(camera.url)
    source.open()
    for packet in islice(source.packets(), 250):
        if packet.clock is ClockSource.RTCP:
            break
    assert packet.clock is ClockSource.RTCP
    assert EARLIEST_OFFSET_S < source.clock_offset_s < LATEST_OFFSET_S
    source.close()


def test_a_camera_that_believes_it_is_1900_is_not_believed(rtsp_camera, units):
    camera = rtsp_camera(units(), "--fps", "25", "--clock", "wrong")
    source = AvSource(camera.url)
    source.open()
    clocks = set()
    for packet in islice(source.packets(), 250):
        clocks.add(packet.clock)
        if source.clock_offset_s is not None:
            break
    source.close()
    assert clocks == {ClockSource.ARRIVAL}
    assert source.clock_offset_s < -100 * 365 * 86_400


def test_sound_without_picture(rtsp_camera, units):
    camera = rtsp_camera(units(), "--media", "audio")
    with pytest.raises(NotVideoError, match="sound but no picture"):
        AvSource(camera.url).open()


def test_sound_is_left_out_unless_asked_for(rtsp_camera, units):
    camera = rtsp_camera(units(), "--media", "both", "--fps", "25")
    info, _ = take(AvSource(camera.url), 1)
    assert info.audio is None
    info, packets = take(AvSource(camera.url, with_audio=True), 120)
    assert info.audio == AudioInfo("pcm_alaw", 8000, 1)
    sounds = [packet for packet in packets if isinstance(packet, AudioPacket)]
    pictures = [packet for packet in packets if not isinstance(packet, AudioPacket)]
    assert all(b.dts > a.dts for a, b in pairwise(pictures))
    assert all(b.pts > a.pts for a, b in pairwise(sounds))
    assert sum(len(sound.data) for sound in sounds[:-1]) == pytest.approx(
        (sounds[-1].pts - sounds[0].pts) * 8000 / TICKS_PER_S, rel=0.2
    )
    late = max(abs(sounds[-1].pts - pictures[-1].pts), 1) / TICKS_PER_S
    assert late < 2.0, "on the same line as the pictures"


def test_a_path_that_is_not_there(rtsp_camera, units):
    camera = rtsp_camera(units())
    with pytest.raises(NotVideoError, match="no stream at this path"):
        AvSource(camera.url.replace("/camera", "/garden")).open()


def read_in_thread(source, started):
    """Read a source to its end on a thread; the error that ended it goes into the list."""
    ended_by = []

    def read():
        try:
            for _ in source.packets():
                started.set()
        except StreamLostError as error:
            ended_by.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(HANG_S)
    return thread, ended_by


def test_close_ends_a_reader_of_a_frozen_camera(rtsp_camera, units):
    camera = rtsp_camera(units())
    source = AvSource(camera.url, limits=Limits(silence_s=10 * HANG_S))
    source.open()
    thread, ended_by = read_in_thread(source, threading.Event())
    camera.freeze()
    source.close()
    source.close()
    thread.join(HANG_S)
    assert not thread.is_alive()
    assert ended_by == []


def test_a_frozen_camera_is_stalled(rtsp_camera, units):
    camera = rtsp_camera(units())
    source = AvSource(camera.url, limits=Limits(silence_s=1.0))
    source.open()
    thread, ended_by = read_in_thread(source, threading.Event())
    camera.freeze()
    thread.join(HANG_S)
    assert isinstance(ended_by[0], StalledError)
    assert camera.url in str(ended_by[0])


def test_a_camera_frozen_before_it_answers_is_unreachable(rtsp_camera, units):
    camera = rtsp_camera(units())
    camera.freeze()
    with pytest.raises(UnreachableError, match="has not answered"):
        AvSource(camera.url, limits=Limits(open_s=0.5)).open()


def test_a_killed_camera_is_lost(rtsp_camera, units):
    camera = rtsp_camera(units())
    source = AvSource(camera.url)
    source.open()
    thread, ended_by = read_in_thread(source, threading.Event())
    camera.kill()
    thread.join(HANG_S)
    assert type(ended_by[0]) is StreamLostError


def test_schemes_nobody_speaks():
    with pytest.raises(ConfigError, match="gopher") as caught:
        open_link("gopher://admin:hunter2@camera/")
    assert "hunter2" not in str(caught.value)

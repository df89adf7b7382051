import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.decode import BROKEN_AFTER_KEYS, PictureDecoder
from gateway.errors import NotVideoError
from gateway.packets import TICKS_PER_S, ClockSource, StreamInfo, VideoPacket
from gateway.sources import ClipSource
from vision.types import FrameSize

GOP = 10
FILE = ClockSource.FILE


@pytest.fixture(scope="module")
def road_pictures(road_film):
    source = ClipSource(road_film)
    decoder = PictureDecoder(source.open())
    return [picture for packet in source.packets() for picture in decoder.decode(packet)]


def numbers(stream, packets, read):
    decoder = PictureDecoder(stream.info)
    shown = [read(p.frame) for packet in packets for p in decoder.decode(packet)]
    return shown, decoder.health


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
def test_one_picture_for_each_packet_at_its_time(coded_stream, picture_number, codec):
    stream = coded_stream(codec, 30, gop=GOP)
    decoder = PictureDecoder(stream.info)
    for number, packet in enumerate(stream.packets):
        (picture,) = decoder.decode(packet)
        assert picture_number(picture.frame) == number
        assert picture.captured_at == packet.captured_at
        assert picture.size == FrameSize(stream.info.width, stream.info.height)
    assert decoder.health.pictures == 30
    assert decoder.health.damaged == decoder.health.skipped == 0


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
@pytest.mark.parametrize("behind", [b"\x01", b"\x00\x00\x01\xb3", b"\xff"])
def test_what_lies_behind_a_packet_in_memory_is_not_read(coded_stream, codec, behind):
    """A packet may end in zeros: with a 1 behind them they look like a start code."""
    stream = coded_stream(codec, 30, gop=GOP)
    decoder = PictureDecoder(stream.info)
    for packet in stream.packets:
        size = len(packet.data)
        part = memoryview(packet.data + behind * 64)[:size]
        assert len(decoder.decode(replace(packet, data=part))) == 1


def test_two_decoders_of_the_same_packets_do_not_take_each_others_times(coded_stream):
    """The first is done, and its pictures gone, while the second still holds some back."""
    stream = coded_stream("h264", 30, gop=GOP, b_frames=True)
    first, second = PictureDecoder(stream.info), PictureDecoder(stream.info)
    held = [first.decode(packet) for packet in stream.packets]
    pictures = [p for packet in stream.packets[:6] for p in second.decode(packet)]
    held.clear()
    first.flush()
    pictures += [p for packet in stream.packets[6:] for p in second.decode(packet)]
    pictures += second.flush()
    times = sorted(packet.captured_at for packet in stream.packets)
    assert [picture.captured_at for picture in pictures] == times


def test_b_frames_come_out_in_order_with_their_own_times(coded_stream, picture_number):
    stream = coded_stream("h264", 30, gop=GOP, b_frames=True)
    decoder = PictureDecoder(stream.info)
    pictures = [p for packet in stream.packets for p in decoder.decode(packet)] + decoder.flush()
    assert [picture_number(p.frame) for p in pictures] == list(range(30))
    spacing = {b.captured_at - a.captured_at for a, b in pairwise(pictures)}
    assert spacing == {timedelta(seconds=0.04)}


def test_decoding_starts_at_a_key_frame(coded_stream, picture_number):
    stream = coded_stream("h264", 30, gop=GOP)
    shown, health = numbers(stream, stream.packets[4:], picture_number)
    assert shown == list(range(GOP, 30))
    assert health.skipped == GOP - 4


DAMAGE = {
    "cut short": lambda data: data[: len(data) * 3 // 4],
    "noise": lambda data: data[:6] + random.Random(7).randbytes(len(data) - 6),
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_after_damage_nothing_is_shown_until_the_next_key_frame(
    coded_stream, picture_number, codec, damage
):
    stream = coded_stream(codec, 40, gop=GOP)
    packets = list(stream.packets)
    packets[GOP] = replace(packets[GOP], data=damage(packets[GOP].data))
    shown, health = numbers(stream, packets, picture_number)
    assert shown == [*range(GOP), *range(2 * GOP, 40)]
    assert health.pictures == 30
    assert not health.broken


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.lists(st.tuples(st.integers(0, 39), st.binary(max_size=400)), max_size=12),
    key=st.booleans(),
)
def test_no_bytes_make_it_raise(coded_stream, noise, key):
    stream = coded_stream("h264", 40, gop=GOP)
    packets = list(stream.packets)
    for place, data in noise:
        packets[place] = replace(packets[place], data=data, is_key=key)
    decoder = PictureDecoder(stream.info)
    for packet in packets:
        decoder.decode(packet)
    health = decoder.health
    assert health.pictures + health.damaged + health.skipped <= 40


def test_damage_and_what_is_passed_over_for_it_are_counted(coded_stream, picture_number):
    stream = coded_stream("h264", 40, gop=GOP)
    packets = list(stream.packets)
    packets[13] = replace(packets[13], data=DAMAGE["cut short"](packets[13].data))
    shown, health = numbers(stream, packets, picture_number)
    assert shown == [*range(13), *range(2 * GOP, 40)]
    assert (health.damaged, health.skipped) == (1, 6)


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x01\x65" + b"\xff" * 200, b"\x00\x00\x01\x09\xf0"])
def test_a_stream_that_never_decodes_is_called_broken_and_heals(coded_stream, data):
    stream = coded_stream("h264", 10, gop=5)
    key = stream.packets[0]
    decoder = PictureDecoder(stream.info)
    for count in range(BROKEN_AFTER_KEYS):
        assert not decoder.health.broken, count
        decoder.decode(replace(key, data=data))
    assert decoder.health.broken
    assert len(decoder.decode(key)) == 1
    assert not decoder.health.broken


def test_a_codec_nobody_knows():
    with pytest.raises(NotVideoError, match="No decoder for crystal"):
        PictureDecoder(StreamInfo("crystal", 16, 16, None, b""))


def test_colours_are_those_of_pyav(road_pictures):
    picture = road_pictures[40]
    assert np.array_equal(picture.to_bgr(), picture.frame.to_ndarray(format="bgr24"))


@pytest.mark.parametrize("size", [FrameSize(416, 176), FrameSize(211, 97), FrameSize(800, 340)])
def test_resizing_in_one_step_gives_the_picture_that_two_steps_give(road_pictures, size):
    picture = road_pictures[40]
    way = cv2.INTER_AREA if size.width < picture.size.width else cv2.INTER_LINEAR
    expected = cv2.resize(picture.to_bgr(), (size.width, size.height), interpolation=way)
    resized = picture.resized_bgr(size)
    assert resized.shape == (size.height, size.width, 3)
    assert resized.dtype == np.uint8
    difference = resized.astype(int) - expected
    assert np.abs(difference).mean() < 2.5
    assert np.abs(difference.mean(axis=(0, 1))).max() < 1.5


@pytest.mark.parametrize(
    ("colour_range", "white"), [(av.video.reformatter.ColorRange.MPEG, 235), (2, 255)]
)
def test_white_is_white_in_either_range(colour_range, white):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.color_range = int(colour_range)
    planes = np.full((96, 64), 128, np.uint8)
    planes[:64] = white
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.color_range = int(colour_range)
    frame.pts = 0
    coded = [*encoder.encode(frame), *encoder.encode(None)]
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    data = bytes(coded[0])
    packet = VideoPacket(data, 0, 0, is_key=True, captured_at=stamp, clock=FILE, received_s=0.0)
    decoder = PictureDecoder(StreamInfo("h264", 64, 64, 25.0, b""))
    (picture, *_) = decoder.decode(packet) + decoder.flush()
    assert picture.to_bgr().mean() > 252
    assert picture.resized_bgr(FrameSize(32, 32)).mean() > 252


def test_luma_is_the_first_plane(road_pictures):
    picture = road_pictures[40]
    luma = picture.luma()
    assert luma.shape == (picture.size.height, picture.size.width)
    assert np.array_equal(luma, picture.frame.to_ndarray()[: picture.size.height])
    with pytest.raises(ValueError, match="read-only"):
        luma[0, 0] = 1


def test_luma_outlives_its_picture(coded_stream):
    stream = coded_stream("h264", 30, gop=GOP)
    decoder = PictureDecoder(stream.info)
    kept = decoder.decode(stream.packets[0])[0].luma()
    before = kept.copy()
    for packet in stream.packets[1:]:
        decoder.decode(packet)
    assert np.array_equal(kept, before)


def test_ticks_are_seconds(coded_stream):
    stream = coded_stream("h264", 5)
    decoder = PictureDecoder(stream.info)
    times = [p.frame.time for packet in stream.packets for p in decoder.decode(packet)]
    assert times[1] - times[0] == pytest.approx(1 / 25)
    assert times[0] == pytest.approx(stream.packets[0].pts / TICKS_PER_S)

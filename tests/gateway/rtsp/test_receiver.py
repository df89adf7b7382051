import socket
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import av
import pytest

from gateway.packets import TICKS_PER_S, ClockSource
from gateway.rtsp.receiver import VideoReceiver, is_supported

NOON_S = datetime(2026, 5, 1, 12, 0, tzinfo=UTC).timestamp()
STEP = TICKS_PER_S // 25


def pictures_of(receiver, packet, received_s, arrival_s):
    """Return the pictures that are whole with this packet."""
    pictures = []
    receiver.on_picture = pictures.append
    receiver.rtp([packet], received_s, arrival_s)
    return pictures


def play(receiver, pictures, *, spacing_s=0.04):
    """Feed the packets of each picture at its time; return all that comes out."""
    out = []
    for number, packets in enumerate(pictures):
        for packet in packets:
            moment_s = number * spacing_s
            out += pictures_of(receiver, packet, 100.0 + moment_s, NOON_S + moment_s)
    return out


def decoded(packets, codec, read_number):
    """Return the numbers of the pictures a decoder makes of the packets."""
    decoder = av.CodecContext.create(codec, "r")
    frames = []
    for packet in packets:
        frames += decoder.decode(av.Packet(packet.data))
    frames += decoder.decode(None)
    return [read_number(frame) for frame in frames]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [False, True])
@pytest.mark.parametrize("aggregates", [False, True])
@pytest.mark.parametrize("mtu", [60, 400, 60_000])
def test_the_same_access_units_come_back(
    rtp_camera, split_units, picture_number, codec, b_frames, aggregates, mtu
):
    camera = rtp_camera(codec, 60, b_frames=b_frames, aggregates=aggregates, mtu=mtu)
    receiver = VideoReceiver(camera.track(), reorder=False)
    out = play(receiver, camera.packets())
    assert [split_units(packet.data) for packet in out] == camera.access_units()
    assert [packet.is_key for packet in out] == [p.is_key for p in camera.stream.packets]
    assert decoded(out, codec, picture_number) == list(range(60))
    assert (receiver.lost, receiver.damaged, receiver.skipped) == (0, 0, 0)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [False, True])
def test_times_are_those_of_the_coder(rtp_camera, codec, b_frames):
    camera = rtp_camera(codec, 60, b_frames=b_frames)
    out = play(VideoReceiver(camera.track(), reorder=False), camera.packets())
    sent = camera.stream.packets
    assert [p.pts - out[0].pts for p in out] == [p.pts - sent[0].pts for p in sent]
    assert all(b.dts > a.dts for a, b in pairwise(out))
    assert all(packet.pts >= packet.dts for packet in out)
    assert {packet.clock for packet in out} == {ClockSource.ARRIVAL}
    assert out[0].received_s == pytest.approx(100.0, abs=0.05)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [False, True])
@pytest.mark.parametrize("sprop", [False, True])
def test_the_stream_is_described(rtp_camera, codec, b_frames, sprop):
    camera = rtp_camera(codec, 30, b_frames=b_frames)
    receiver = VideoReceiver(camera.track(sprop=sprop), reorder=False)
    assert (receiver.info is not None) is sprop
    play(receiver, camera.packets())
    decoder = av.CodecContext.create(codec, "r")
    for packet in camera.stream.packets:
        decoder.decode(av.Packet(packet.data))
    info = receiver.info
    assert (info.codec, info.width, info.height) == (codec, decoder.width, decoder.height)
    assert (info.profile, info.fps) == (decoder.profile, 25.0)
    assert info.has_b_frames is b_frames


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_key_pictures_carry_the_announced_parameter_sets(
    rtp_camera, split_units, picture_number, codec
):
    camera = rtp_camera(codec, 50)
    out = play(VideoReceiver(camera.track(), reorder=False), camera.packets(in_band=False))
    sets = list(camera.sets.values())
    for packet in out:
        assert (split_units(packet.data)[: len(sets)] == sets) is packet.is_key
    assert decoded(out, codec, picture_number) == list(range(50))


def test_decoding_order_numbers_are_read_over(rtp_camera, split_units):
    for aggregates in (False, True):
        camera = rtp_camera("hevc", 30, has_don=True, aggregates=aggregates)
        out = play(VideoReceiver(camera.track(), reorder=False), camera.packets())
        assert [split_units(packet.data) for packet in out] == camera.access_units()


@pytest.mark.parametrize(
    ("changes", "supported"),
    [
        ({}, True),
        ({"codec": "mjpeg"}, False),
        ({"codec": ""}, False),
        ({"kind": "audio"}, False),
        ({"fmtp": {"packetization-mode": "2"}}, False),
    ],
)
def test_what_is_supported(rtp_camera, changes, supported):
    track = rtp_camera("h264", 10).track(**changes)
    assert is_supported(track) is supported
    if not supported:
        with pytest.raises(ValueError, match="sends"):
            VideoReceiver(track, reorder=False)


def bound(port=0):
    """Return a datagram socket that never waits."""
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    datagrams.settimeout(0)
    try:
        datagrams.bind(("127.0.0.1", port))
    except OSError:
        datagrams.close()
        raise
    return datagrams


@contextmanager
def ports():
    """Two bound sockets, for RTP and, one port above, for RTCP."""
    while True:
        with bound() as media:
            try:
                control = bound(media.getsockname()[1] + 1)
            except (OSError, OverflowError):
                continue
            with control:
                yield media, control
            return


def waiting(port):
    """Yield the datagrams that lie in a socket."""
    with suppress(BlockingIOError):
        while True:
            yield port.recv(65_536)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [False, True])
def test_a_packetiser_of_another_maker(rtp_camera, split_units, picture_number, codec, b_frames):
    """FFmpeg's, over real datagrams, with its sender reports."""
    camera = rtp_camera(codec, 60, b_frames=b_frames)
    receiver = VideoReceiver(camera.track(sprop=False), reorder=True)
    sent, out = camera.stream.packets, []
    with ports() as (media, control):
        url = f"rtp://127.0.0.1:{media.getsockname()[1]}?pkt_size=300"
        with av.open(url, "w", format="rtp") as muxer:
            track = muxer.add_mux_stream(codec, width=160, height=96, rate=25)
            for number, picture in enumerate(sent):
                packet = av.Packet(picture.data)
                packet.stream, packet.time_base = track, Fraction(1, TICKS_PER_S)
                packet.pts, packet.dts = picture.pts, picture.dts
                packet.is_keyframe = picture.is_key
                muxer.mux(packet)
                now = 100.0 + number / 25, time.time()
                for data in waiting(control):
                    receiver.rtcp([data], *now)
                for data in waiting(media):
                    out += pictures_of(receiver, data, *now)
    assert [split_units(packet.data) for packet in out] == camera.access_units()
    assert decoded(out, codec, picture_number) == list(range(60))
    assert [p.pts - out[0].pts for p in out] == [p.pts - sent[0].pts for p in sent]
    assert receiver.clock_offset_s is not None
    assert receiver.lost == 0

import struct
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.packets import TICKS_PER_S, AudioInfo
from gateway.rtsp.audio import AacFrames, AacLayout, audio_info, frames_of
from gateway.rtsp.receiver import AudioReceiver, VideoReceiver
from gateway.rtsp.rtcp import NTP_EPOCH_S
from gateway.rtsp.sdp import MediaTrack

RATE = 16_000
HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
NOON_S = 1_777_636_800.0


def track(codec, rate=8000, channels=1, **fmtp):
    return MediaTrack("audio", codec, 97, rate, channels, "rtsp://camera/2", fmtp)


@pytest.mark.parametrize(
    ("sound", "info"),
    [
        (track("pcm_alaw"), AudioInfo("pcm_alaw", 8000, 1)),
        (track("pcm_mulaw", 16_000, 0), AudioInfo("pcm_mulaw", 16_000, 1)),
        (track("opus", 48_000, 2), AudioInfo("opus", 48_000, 2)),
        (track("aac", RATE, config="1408"), AudioInfo("aac", RATE, 1, b"\x14\x08")),
        (track("aac", RATE), AudioInfo("aac", RATE, 1, b"\x14\x08")),
        (track("aac", 44_100, 2, config="zz"), AudioInfo("aac", 44_100, 2, b"\x12\x10")),
        (track("aac", RATE, sizelength="x"), None),
        (track("aac", RATE, sizelength="99"), None),
        (track("g726"), None),
        (track(""), None),
    ],
)
def test_what_is_known_of_sound(sound, info):
    assert audio_info(sound) == info


@pytest.fixture(scope="module")
def aac():
    """Return real AAC frames and their decoder's set-up."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "fltp"
    encoder.time_base = Fraction(1, RATE)
    wave = np.sin(np.arange(RATE * 2) * 0.2).astype(np.float32)
    frames = []
    for at in range(0, len(wave) - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE, at
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames, bytes(encoder.extradata)


def payload(*frames, size=None):
    """Return the AAC-hbr payload of whole frames, or of a piece of one of `size` bytes."""
    heads = b"".join(struct.pack(">H", (size or len(frame)) << 3) for frame in frames)
    return struct.pack(">H", len(heads) * 8) + heads + b"".join(frames)


def test_frames_come_back_and_decode(aac):
    frames, config = aac
    assert audio_info(track("aac", RATE, config=config.hex(), **HBR)).extradata == config
    read = frames_of(track("aac", RATE, **HBR))
    out, number = [], 0
    for count in (1, 3, 2, 5, 1):
        group = frames[number : number + count]
        found = list(read(payload(*group), number * 1024, after_gap=False))
        assert [samples for samples, _ in found] == [n * 1024 for n in range(count)]
        out += [frame for _, frame in found]
        number += count
    assert out == frames[:12]
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = config
    assert sum(f.samples for frame in out for f in decoder.decode(av.Packet(frame))) >= 11 * 1024


def test_a_frame_cut_over_packets(aac):
    whole = aac[0][3] * 5
    read = AacFrames(AacLayout(13, 3, 3))
    pieces = [whole[at : at + 100] for at in range(0, len(whole), 100)]

    def send(pieces, timestamp, gaps=()):
        return [
            frame
            for number, piece in enumerate(pieces)
            for _, frame in read(payload(piece, size=len(whole)), timestamp, number in gaps)
        ]

    assert send(pieces, 0) == [whole]
    assert send(pieces, 1024, gaps=[1]) == []
    assert send(pieces, 2048) == [whole]


@given(st.binary(max_size=60), st.integers(1, 32), st.integers(0, 32), st.booleans())
def test_no_payload_raises(data, size, index, gap):
    read = AacFrames(AacLayout(size, index, index))
    for timestamp in (0, 0, 5):
        for _, frame in read(data, timestamp, gap):
            assert frame


def pictures_of(receiver, packet, received_s, arrival_s):
    """Return the pictures that are whole with this packet."""
    pictures = []
    receiver.on_picture = pictures.append
    receiver.rtp([packet], received_s, arrival_s)
    return pictures


class Session:
    """A picture every 40 ms, a G.711 packet every 20 ms, from clocks that start far apart."""

    def __init__(self, camera, sound=None):
        self.video = VideoReceiver(camera.track(), reorder=False)
        self.sound = AudioReceiver(sound or track("pcm_alaw"), self.video, reorder=False)
        self.pictures = camera.packets()
        self.first_timestamp = camera.packetiser.first_timestamp
        self.number = 0

    def report(self, camera_s):
        """The camera's clock stood at `camera_s` when both streams began."""
        for receiver, timestamp in ((self.video, self.first_timestamp), (self.sound, 777)):
            whole = int(camera_s)
            ntp = whole + NTP_EPOCH_S, int((camera_s - whole) * 2**32)
            data = struct.pack(">BBHIIIIII", 0x80, 200, 6, 1, *ntp, timestamp, 0, 0)
            receiver.rtcp([data], self.number / 25, NOON_S)

    def step(self, late_s=0.0):
        """Return the pictures and the sound of the next 40 ms; the sound arrives `late_s` late."""
        at_s = self.number / 25
        pictures = [
            p
            for data in self.pictures[self.number]
            for p in pictures_of(self.video, data, at_s, NOON_S + at_s)
        ]
        sound = []
        for half in range(2):
            index = self.number * 2 + half
            data = struct.pack(">BBHII", 0x80, 97, index, 777 + index * 160, 5) + bytes(160)
            sound += self.sound.rtp([data], at_s + half / 50 + late_s, NOON_S + at_s)
        self.number += 1
        return pictures, sound


def test_sound_lies_beside_the_pictures(rtp_camera):
    session = Session(rtp_camera("h264", 60))
    steps = [session.step() for _ in range(60)]
    sound = [packet for _, packets in steps for packet in packets]
    pictures = [packet for packets, _ in steps for packet in packets]
    assert all(b.pts - a.pts == TICKS_PER_S // 50 for a, b in pairwise(sound))
    for packet in sound:
        nearest = min(pictures, key=lambda picture: abs(picture.pts - packet.pts))
        assert abs((packet.captured_at - nearest.captured_at).total_seconds()) < 0.05
        assert abs(packet.received_s - nearest.received_s) < 0.1


@pytest.mark.parametrize("camera_s", [NOON_S, 3600.25])
def test_reports_put_late_sound_where_it_belongs(rtp_camera, camera_s):
    """Also those of a camera that believes it is 1970."""
    session = Session(rtp_camera("h264", 60))
    session.step()
    session.report(camera_s)
    for _ in range(30):
        session.step(late_s=0.4)
    _, sound = session.step(late_s=0.4)
    newest = session.video.line.pts
    # Picture n and sound packets 2n, 2n + 1 were made at the same moment.
    assert sound[0].pts == pytest.approx(newest, abs=TICKS_PER_S // 10)
    assert sound[-1].pts > sound[0].pts


def test_sound_before_the_first_picture_is_left_out(rtp_camera):
    camera = rtp_camera("h264", 10)
    video = VideoReceiver(camera.track(), reorder=False)
    sound = AudioReceiver(track("pcm_alaw"), video, reorder=False)
    packet = struct.pack(">BBHII", 0x80, 97, 1, 5, 5) + b"x"
    assert list(sound.rtp([packet], 0.0, NOON_S)) == []
    assert sound.report(1.0)
    with pytest.raises(ValueError, match="unknown kind"):
        AudioReceiver(track("g726"), video, reorder=False)

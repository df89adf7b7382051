import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from gateway.decode import PictureDecoder
from gateway.errors import NotFoundError, NotVideoError, StreamLostError
from gateway.packets import TICKS_PER_S, AudioPacket, ClockSource
from gateway.parameter_sets import SYNTAX, parameter_sets
from gateway.sources import AS_CAMERA, ClipSource, LinkOptions, Playback, open_link
from gateway.sources.clip import FILE_EPOCH

STEP = TICKS_PER_S // 25


class Seen:
    """A sink that keeps everything."""

    def __init__(self):
        self.info, self.packets, self.sounds = None, [], []

    def start(self, info):
        self.info = info

    def publish(self, packet):
        self.packets.append(packet)

    def publish_audio(self, packet):
        self.sounds.append(packet)


def opened(path, playback=None):
    source = ClipSource(path, playback or Playback())
    return source, source.open()


def pictures_of(info, packets):
    decoder = PictureDecoder(info)
    shown = [picture for packet in packets for picture in decoder.decode(packet)]
    return shown + decoder.flush()


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize(
    ("codec", "b_frames"), [("h264", False), ("h264", True), ("hevc", False), ("hevc", True)]
)
def test_every_picture_once_in_order_at_its_time(
    coded_stream, write_film, picture_number, tmp_path, codec, b_frames, ending
):
    stream = coded_stream(codec, 50, gop=10, b_frames=b_frames)
    source, info = opened(write_film(stream, tmp_path / f"film.{ending}"))
    packets = list(source.packets())

    assert (info.codec, info.fps, info.has_b_frames) == (codec, 25.0, b_frames)
    assert source.transport == "file"
    assert all(b.dts > a.dts for a, b in pairwise(packets))
    assert all(packet.pts >= packet.dts for packet in packets)
    assert all(packet.clock is ClockSource.FILE for packet in packets)
    keys = [packet for packet in packets if packet.is_key]
    assert len(keys) == 5
    assert all(parameter_sets(key.data, SYNTAX[codec]) for key in keys)
    pictures = pictures_of(info, packets)
    assert [picture_number(picture.frame) for picture in pictures] == list(range(50))
    times = [(picture.captured_at - FILE_EPOCH).total_seconds() for picture in pictures]
    assert times == pytest.approx([number / 25 for number in range(50)], abs=0.002)


def test_real_road_footage(road_film):
    source, info = opened(road_film)
    packets = list(source.packets())
    assert (info.codec, info.width, info.height, info.fps) == ("h264", 640, 272, 25.0)
    assert info.has_b_frames
    assert len(packets) == len(pictures_of(info, packets)) == 250


def test_real_pedestrian_footage_in_another_codec_passes_as_it_is(square_film):
    source, info = opened(square_film)
    packets = list(islice(source.packets(), 100))
    assert (info.width, info.height, info.fps) == (768, 576, 10.0)
    pictures = pictures_of(info, packets)
    assert len(pictures) == 100
    assert (pictures[-1].captured_at - FILE_EPOCH).total_seconds() == pytest.approx(9.9)


def test_the_same_file_gives_the_same_packets(road_film):
    def content():
        source, _ = opened(road_film)
        return [(p.data, p.pts, p.dts, p.captured_at) for p in source.packets()]

    assert content() == content()


@pytest.mark.parametrize("b_frames", [False, True])
def test_a_film_that_repeats_goes_on_without_a_seam(
    coded_stream, write_film, picture_number, tmp_path, b_frames
):
    film = write_film(coded_stream("h264", 20, gop=10, b_frames=b_frames), tmp_path / "film.mp4")
    source, info = opened(film, Playback(repeat=True))
    packets = list(islice(source.packets(), 50))
    assert all(b.dts > a.dts for a, b in pairwise(packets))
    pictures = pictures_of(info, packets)
    assert [picture_number(p.frame) for p in pictures][:40] == [*range(20), *range(20)]
    spacing = {(b.captured_at - a.captured_at).total_seconds() for a, b in pairwise(pictures[:40])}
    assert spacing == {0.04}


def test_paced_packets_come_when_they_are_due(coded_stream, write_film, tmp_path):
    film = write_film(coded_stream("h264", 10, gop=5), tmp_path / "film.mp4")
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    source, _ = opened(film, Playback(paced=True, repeat=True, starts_at=noon))
    packets = list(islice(source.packets(), 15))
    waited_s = packets[-1].received_s - packets[0].received_s
    assert waited_s >= 14 * 0.04 - 0.001
    assert packets[0].captured_at == noon
    stamped_s = (packets[-1].captured_at - noon).total_seconds()
    assert stamped_s >= 14 * 0.04 - 0.001


def test_close_ends_a_film_played_as_a_camera(coded_stream, write_film, tmp_path):
    film = write_film(coded_stream("h264", 10, gop=5), tmp_path / "film.mp4")
    source, _ = opened(film, AS_CAMERA)
    started, ended = threading.Event(), threading.Event()

    def read():
        for _ in source.packets():
            started.set()
        ended.set()

    threading.Thread(target=read).start()
    assert started.wait(60)
    source.close()
    assert ended.wait(60)


@pytest.mark.parametrize("form", ["{}", "file://{}"])
async def test_paths_and_file_urls_open_as_cameras(coded_stream, write_film, tmp_path, form):
    film = write_film(coded_stream("h264", 10, gop=5), tmp_path / "村口 film.mp4")
    link = open_link(form.format(film), None, LinkOptions())
    assert (link.reader, link.transport) == ("file", None)
    seen = Seen()
    reading = asyncio.create_task(link.run(seen))
    while len(seen.packets) < 15:
        await asyncio.sleep(0.01)
    reading.cancel()
    assert (seen.info.codec, link.transport) == ("h264", "file")
    assert [packet.is_key for packet in seen.packets[:11]] == [True, *[False] * 4] * 2 + [True]


def test_files_that_hold_no_video(tmp_path):
    empty, text = tmp_path / "empty.mp4", tmp_path / "notes.mp4"
    empty.touch()
    text.write_text("not a film\n" * 500)
    for path in (empty, text, tmp_path):
        with pytest.raises(NotVideoError, match=path.name):
            ClipSource(path).open()
    with pytest.raises(NotFoundError, match="absent"):
        ClipSource(tmp_path / "absent.mp4").open()


def test_a_file_with_sound_only(tmp_path):
    path = tmp_path / "sound.mkv"
    with av.open(path, "w") as out:
        track = out.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        frame.rate = 8000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    with pytest.raises(NotVideoError, match="sound but no picture"):
        ClipSource(path).open()


def test_a_film_that_vanishes_between_two_rounds(coded_stream, write_film, tmp_path):
    film = write_film(coded_stream("h264", 10, gop=5), tmp_path / "film.mp4")
    source, _ = opened(film, Playback(repeat=True))
    packets = source.packets()
    assert len(list(islice(packets, 10))) == 10
    film.unlink()
    with pytest.raises(NotFoundError, match="no file"):
        next(packets)


def test_a_damaged_file_gives_what_can_be_read(coded_stream, write_film, tmp_path):
    film = write_film(coded_stream("h264", 100, gop=10), tmp_path / "film.mkv")
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2])
    source, _ = opened(film)
    count = 0
    with suppress(StreamLostError):
        for _ in source.packets():
            count += 1
    assert 20 <= count < 100


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_sound_lies_on_the_line_of_the_pictures(coded_stream, tmp_path, ending, repeat):
    """A second of pictures and as much of AAC: bare frames, at their time, round after round."""
    path = tmp_path / f"film.{ending}"
    stream = coded_stream("h264", 25, gop=5)
    with av.open(path, "w") as out:
        video = out.add_stream("h264", rate=25)
        video.width, video.height = stream.info.width, stream.info.height
        audio = out.add_stream("aac", rate=16000, layout="mono")
        mono = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), "fltp", "mono")
        mono.rate = 16000
        for packet in stream.packets:
            raw = av.Packet(packet.data)
            raw.stream, raw.time_base = video, Fraction(1, TICKS_PER_S)
            raw.pts = raw.dts = packet.dts - stream.packets[0].dts
            raw.is_keyframe = packet.is_key
            out.mux(raw)
        out.mux(audio.encode(mono))
        out.mux(audio.encode(None))
    playback = Playback(repeat=repeat)
    plain = ClipSource(path, playback)
    assert plain.open().audio is None
    source = ClipSource(path, playback, with_audio=True)
    info = source.open()
    assert (info.audio.codec, info.audio.sample_rate, info.audio.channels) == ("aac", 16000, 1)
    assert info.audio.extradata[:2] == bytes([0x14, 0x08])
    packets = list(islice(source.packets(), 60))
    sounds = [packet for packet in packets if isinstance(packet, AudioPacket)]
    pictures = [packet for packet in packets if not isinstance(packet, AudioPacket)]
    assert len(sounds) >= 14
    assert all(b.pts > a.pts for a, b in pairwise(sounds))
    assert all(sound.data[:1] != b"\xff" for sound in sounds)
    start = pictures[0].captured_at
    for sound in sounds:
        assert sound.captured_at - start == pytest.approx(
            timedelta(seconds=sound.pts / TICKS_PER_S), abs=timedelta(milliseconds=1)
        )
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = info.audio.extradata
    frames = [frame for sound in sounds for frame in decoder.decode(av.Packet(sound.data))]
    assert {frame.sample_rate for frame in frames} == {16000}
    assert len(frames) >= len(sounds) - 1

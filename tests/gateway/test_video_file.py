"""Video files: times, the pictures taken of them, upright pictures, and every kind of bad file."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gateway.errors import NotFoundError, NotVideoError
from gateway.video_file import VideoFile
from vision.types import FrameSize

Film = Callable[..., Path]
SIZE = FrameSize(160, 96)


def picture(number: int) -> np.ndarray:
    """Return a grey picture with noise that changes, its upper left quarter white."""
    noise = np.random.default_rng(number).integers(60, 100, (SIZE.height, SIZE.width, 1))
    image = np.repeat(noise, 3, axis=2).astype(np.uint8)
    image[:48, :80] = 255
    return image


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Return a maker of video files: name, seconds, frames a second, muxer options, metadata.

    missing: numbers of frames that are left out.
    """

    def make(name: str = "film.mp4", seconds: float = 4.0, fps: int = 10, **more) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=more.get("options", {})) as container:
            container.metadata.update(more.get("metadata", {}))
            stream = container.add_stream(
                more.get("codec", "libx264"), rate=fps, options={"g": "10"}
            )
            stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, fps)
            for number in range(round(seconds * fps)):
                if number in more.get("missing", ()):
                    continue
                frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
                frame.pts = number + more.get("first_pts", 0)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make


def times(path: Path, fps: float) -> list[float]:
    with VideoFile(path) as video:
        return [round(shown.at_s, 3) for shown in video.pictures(fps)]


def test_the_facts_of_a_file(film) -> None:
    with VideoFile(film(metadata={"creation_time": "2026-05-04T03:02:01Z"})) as video:
        facts = video.facts
    assert (facts.name, facts.codec, facts.size, facts.fps) == ("film.mp4", "h264", SIZE, 10.0)
    assert facts.duration_s == pytest.approx(4.0)
    assert facts.recorded_at is not None
    assert facts.recorded_at.isoformat() == "2026-05-04T03:02:01+00:00"


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "1904-01-01T00:00:00Z"])
def test_a_recorder_that_does_not_know_the_time_is_not_believed(film, moment) -> None:
    with VideoFile(film("film.mkv", metadata={"creation_time": moment})) as video:
        assert video.facts.recorded_at is None


@pytest.mark.parametrize("name", ["film.mp4", "film.avi", "film.mkv"])
def test_one_picture_is_taken_of_each_slot(film, name) -> None:
    path = film(name)
    assert times(path, 5) == [n / 5 for n in range(20)]
    assert times(path, 3) == [0.0, 0.4, 0.7, 1.0, 1.4, 1.7, 2.0, 2.4, 2.7, 3.0, 3.4, 3.7]
    assert times(path, 100) == [n / 10 for n in range(40)]


def test_time_begins_with_the_first_picture(film) -> None:
    assert times(film("film.mkv", first_pts=30), 5)[:2] == [0.0, 0.2]


def test_a_whole_file_has_no_damage(film) -> None:
    with VideoFile(film()) as video:
        pictures = list(video.pictures(5))
    assert video.damage is None
    assert pictures[0].size == SIZE
    image = pictures[0].resized_bgr(FrameSize(80, 48))
    assert image.shape == (48, 80, 3)
    assert image[:20, :36].mean() > 240
    assert image[28:, 44:].mean() < 120


def turn(path: Path, matrix: tuple[int, ...]) -> None:
    """Write a display matrix into the track header (ISO/IEC 14496-12 §8.3.2, version 0)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    data[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


ONE, LAST = 1 << 16, 1 << 30


@pytest.mark.parametrize(
    ("matrix", "size", "white"),
    [
        ((0, ONE, 0, -ONE, 0, 0, SIZE.height * ONE, 0, LAST), FrameSize(96, 160), (0, -1)),
        ((0, -ONE, 0, ONE, 0, 0, 0, SIZE.width * ONE, LAST), FrameSize(96, 160), (-1, 0)),
        ((-ONE, 0, 0, 0, -ONE, 0, 0, 0, LAST), SIZE, (-1, -1)),
    ],
)
def test_a_phone_held_upright_gives_upright_pictures(film, matrix, size, white) -> None:
    path = film(seconds=0.5)
    turn(path, matrix)
    with VideoFile(path) as video:
        shown = next(iter(video.pictures(5)))
        image = shown.resized_bgr(size)
    assert shown.size == size
    assert image.shape == (size.height, size.width, 3)
    corners = {(row, column): image[row, column].mean() for row in (0, -1) for column in (0, -1)}
    assert max(corners, key=corners.__getitem__) == white


def test_an_mp4_cut_short_is_read_as_far_as_it_goes(film) -> None:
    path = film(options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    with VideoFile(path) as video:
        seen = [shown.at_s for shown in video.pictures(5)]
    assert 1.0 < seen[-1] < 3.0
    assert video.damage is not None
    assert "cut off at" in video.damage
    assert "of 4.0 s" in video.damage


def test_an_avi_cut_short_is_read_as_far_as_it_goes(film) -> None:
    path = film("film.avi")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with VideoFile(path) as video:
        seen = [shown.at_s for shown in video.pictures(5)]
    assert 1.0 < seen[-1] < 3.0


@pytest.mark.parametrize("name", ["film.mkv", "film.avi"])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_hole_in_the_middle_is_told_and_passed_over(film, name, seed) -> None:
    path = film(name, seconds=6.0)
    data = bytearray(path.read_bytes())
    middle, hole = len(data) // 2, len(data) // 8
    data[middle : middle + hole] = np.random.default_rng(seed).bytes(hole)
    path.write_bytes(data)
    with VideoFile(path) as video:
        seen = [shown.at_s for shown in video.pictures(5)]
    assert seen[-1] > 5.0
    assert len(seen) > 15
    assert video.damage is not None


def test_a_film_of_which_a_stretch_is_missing_says_how_much(film) -> None:
    with VideoFile(film("film.mkv", missing=range(12, 37))) as video:
        list(video.pictures(5))
    assert video.damage == "no pictures for 2.6 s, the first time after 1.1 s"


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for number in range(30):
            silence = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_still(path: Path) -> None:
    cv2.imwrite(str(path), picture(0))


BAD_FILES = [
    ("empty.mp4", lambda path: path.write_bytes(b""), "is empty"),
    ("noise.mp4", lambda path: path.write_bytes(b"\x7f\x03" * 40_000), "is not a video"),
    ("note.txt", lambda path: path.write_text("cameras\n" * 100), "still picture or text"),
    ("page.html", lambda path: path.write_text("<html></html>"), "is not a video"),
    ("sound.mp4", sound_only, "sound but no picture"),
    ("still.png", write_still, "still picture"),
    ("still.jpg", write_still, "still picture"),
    ("folder", Path.mkdir, "is a folder"),
    (
        "list.m3u8",
        lambda path: path.write_text(
            "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST"
        ),
        "list.m3u8",
    ),
]


@pytest.mark.parametrize(("name", "write", "words"), BAD_FILES, ids=[bad[0] for bad in BAD_FILES])
def test_what_is_not_a_video_is_said_in_one_sentence(tmp_path, name, write, words) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(NotVideoError) as caught:
        VideoFile(path)
    message = str(caught.value)
    assert words in message
    assert str(path) in message
    assert "\n" not in message


def test_an_mp4_without_its_index_says_what_may_have_happened(film) -> None:
    path = film()
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NotVideoError, match="copying was cut short"):
        VideoFile(path)


def test_a_file_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="There is no file"):
        VideoFile(tmp_path / "none.mp4")


def test_video_that_nobody_can_decode_is_said_so(film) -> None:
    path = film("film.avi", seconds=1.0, codec="mpeg4")
    data = bytearray(path.read_bytes())
    start = data.index(b"movi") + 12
    data[start:] = bytes(len(data) - start)
    path.write_bytes(data)
    with pytest.raises(NotVideoError), VideoFile(path) as video:
        list(video.pictures(5))

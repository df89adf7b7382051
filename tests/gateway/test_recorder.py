import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Delivery, Hub
from gateway.mp4 import ClipFile
from gateway.packets import ClockSource, StreamInfo, VideoPacket
from gateway.recorder import PreRoll, Recorder

SETTINGS = RecordingSettings(pre_s=1, post_s=1, max_clip_s=60, min_free_mb=0)
PATIENCE_S = 30


@dataclass
class Desk:
    """A hub with its recorder, and what the recorder told."""

    hub: Hub
    settings: RecordingSettings
    clips: "queue.Queue[ClipFile]" = field(default_factory=queue.Queue)
    errors: list[StorageError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.hub, self.settings, self.clips.put, self.errors.append)
        self.recorder.start()

    def play(self, stream, later_s: float = 0.0, pictures: slice = slice(None)) -> None:
        """Publish packets as one session, stamped as if they came just now."""
        self.hub.start(stream.info)
        self.follow(stream, later_s, pictures)

    def follow(self, stream, later_s: float = 0.0, pictures: slice = slice(None)) -> None:
        for delivery in list(stream.deliveries(later_s=later_s))[pictures]:
            self.hub.publish(delivery.packet)

    def settle(self) -> None:
        """Wait until the recorder has read all that was published."""
        (reader,) = self.hub.readers
        caught_up = threading.Event()
        while reader.waiting:
            caught_up.wait(0.01)


@pytest.fixture
def open_desk() -> Iterator:
    desks = []

    def open_one(settings: RecordingSettings = SETTINGS) -> Desk:
        desks.append(Desk(Hub("gate"), settings))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.recorder.stop()
        assert desk.hub.readers == ()


@pytest.fixture
def show(picture_number):
    def numbers(path: Path) -> list[int]:
        with av.open(str(path)) as container:
            return [picture_number(frame) for frame in container.decode(video=0)]

    return numbers


def at(stream, seconds: float) -> datetime:
    """Return when a picture of the stream was taken, `seconds` after its first."""
    return stream.packets[0].captured_at + timedelta(seconds=seconds)


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
def test_a_clip_reaches_back_to_a_key_frame_and_on_past_the_end(
    open_desk, coded_stream, show, tmp_path, codec
):
    stream, desk = coded_stream(codec, 200), open_desk()
    desk.play(stream, pictures=slice(0, 100))
    desk.settle()
    desk.recorder.begin("incident-1", tmp_path / "clip.mp4", opened_at=at(stream, 3.5))
    desk.follow(stream, pictures=slice(100, 130))
    desk.recorder.end("incident-1", closed_at=at(stream, 5.0))
    desk.follow(stream, pictures=slice(130, None))
    clip = desk.clips.get(timeout=PATIENCE_S)
    assert show(clip.path) == list(range(50, 151))
    assert (clip.label.clip_id, clip.label.camera_id) == ("incident-1", "gate")
    assert clip.label.started_at == at(stream, 2.0)
    assert clip.duration_s == pytest.approx(101 / 25)
    assert desk.errors == []


def test_incidents_that_overlap_each_have_their_clip(open_desk, coded_stream, show, tmp_path):
    stream, desk = coded_stream("h264", 200), open_desk()
    desk.play(stream, pictures=slice(0, 50))
    desk.settle()
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 1.5))
    desk.follow(stream, pictures=slice(50, 80))
    desk.settle()
    desk.recorder.begin("two", tmp_path / "two.mp4", opened_at=at(stream, 3.0))
    desk.recorder.end("one", closed_at=at(stream, 3.0))
    desk.recorder.end("two", closed_at=at(stream, 4.0))
    desk.follow(stream, pictures=slice(80, None))
    clips = [desk.clips.get(timeout=PATIENCE_S) for _ in range(2)]
    assert [clip.label.clip_id for clip in clips] == ["one", "two"]
    assert [show(clip.path) for clip in clips] == [list(range(101)), list(range(50, 126))]


def test_a_clip_goes_on_over_a_reconnect(open_desk, coded_stream, show, tmp_path):
    stream, desk = coded_stream("h264", 50, b_frames=True), open_desk()
    desk.play(stream)
    desk.settle()
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 1.0))
    desk.play(stream, later_s=10.0)
    desk.recorder.end("one", closed_at=at(stream, 10.5))
    desk.play(stream, later_s=20.0)
    clip = desk.clips.get(timeout=PATIENCE_S)
    assert show(clip.path) == [*range(50), *range(50)][: len(show(clip.path))]
    assert clip.duration_s == pytest.approx(11.5, abs=0.2)


def test_a_stream_of_another_kind_ends_the_clip(open_desk, coded_stream, show, tmp_path):
    desk = open_desk()
    desk.play(coded_stream("h264", 50))
    desk.settle()
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(coded_stream("h264", 50), 0))
    desk.play(coded_stream("hevc", 50))
    assert show(desk.clips.get(timeout=PATIENCE_S).path) == list(range(50))


def test_a_clip_never_grows_beyond_its_longest(open_desk, coded_stream, tmp_path):
    stream = coded_stream("h264", 250)
    desk = open_desk(SETTINGS.model_copy(update={"max_clip_s": 5}))
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 0))
    desk.play(stream)
    assert desk.clips.get(timeout=PATIENCE_S).duration_s == pytest.approx(5.0)
    desk.recorder.end("one", closed_at=at(stream, 9))
    desk.recorder.end("never begun", closed_at=at(stream, 9))
    desk.settle()
    assert desk.clips.empty()


def test_a_camera_that_fell_silent_does_not_keep_its_clip_open(open_desk, coded_stream, tmp_path):
    stream = coded_stream("h264", 50)
    desk = open_desk(SETTINGS.model_copy(update={"post_s": 0}))
    desk.play(stream)
    desk.settle()
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 1))
    desk.recorder.end("one", closed_at=at(stream, 60))
    assert desk.clips.get(timeout=PATIENCE_S).duration_s == pytest.approx(2.0)


def test_stopping_finishes_open_clips(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 50), open_desk()
    desk.play(stream)
    desk.settle()
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 1))
    desk.recorder.begin("two", tmp_path / "two.mp4", opened_at=at(stream, 1))
    desk.recorder.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.mp4", "two.mp4"]
    assert desk.clips.qsize() == 2


def test_a_clip_without_a_picture_leaves_nothing(open_desk, coded_stream, tmp_path):
    desk = open_desk()
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(coded_stream(), 1))
    desk.recorder.stop()
    assert desk.clips.empty()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_once_and_the_next_clip_still_comes(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 100), open_desk()
    desk.play(stream)
    desk.settle()
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4.part").symlink_to("/dev/full")
        desk.recorder.begin(name, tmp_path / f"{name}.mp4", opened_at=at(stream, 1))
    desk.recorder.begin("three", tmp_path / "three.mp4", opened_at=at(stream, 1))
    desk.recorder.end("three", closed_at=at(stream, 2))
    desk.play(stream, later_s=10)
    assert desk.clips.get(timeout=PATIENCE_S).label.clip_id == "three"
    assert [str(error) for error in desk.errors if "No space left" in str(error)]
    assert len(desk.errors) == 1


def test_a_disk_nearly_full_is_left_alone(open_desk, coded_stream, tmp_path):
    desk = open_desk(SETTINGS.model_copy(update={"min_free_mb": 1 << 40}))
    desk.play(coded_stream())
    desk.settle()
    desk.recorder.begin("one", tmp_path / "day" / "one.mp4", opened_at=at(coded_stream(), 1))
    desk.recorder.stop()
    (error,) = desk.errors
    assert "min_free_mb" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_whoever_takes_the_clips_may_fail(coded_stream, tmp_path):
    stream, hub, seen = coded_stream("h264", 50), Hub("gate"), []

    def refuse(clip: ClipFile) -> None:
        seen.append(clip.label.clip_id)
        raise RuntimeError("no room on the desk")

    recorder = Recorder(hub, SETTINGS, refuse, seen.append)
    recorder.start()
    stream.play(hub)
    for name in ("one", "two"):
        recorder.begin(name, tmp_path / f"{name}.mp4", opened_at=at(stream, 1))
    hub.close()
    recorder.stop()
    assert seen == ["one", "two"]


INFO = StreamInfo("h264", 64, 48, None, b"")
PACKETS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 9), st.floats(0.01, 3, allow_nan=False)), max_size=60
)


@given(PACKETS, st.floats(0, 10), st.integers(1, 40), st.floats(0, 30))
def test_the_pre_roll_is_whole_bounded_and_long_enough(packets, seconds, max_bytes, ago_s):
    ring, now_s, given_packets = PreRoll(seconds, max_bytes), 0.0, []
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for is_key, size, gap_s in packets:
        now_s += gap_s
        moment = start + timedelta(seconds=now_s)
        packet = VideoPacket(bytes(size), 0, 0, is_key, moment, ClockSource.ARRIVAL, now_s)
        given_packets.append(Delivery(1, INFO, packet))
        ring.add(given_packets[-1])
    kept = list(ring.since(start - timedelta(days=1)))
    assert kept == given_packets[len(given_packets) - len(kept) :]
    assert sum(len(each.packet.data) for each in kept) == ring.bytes <= max_bytes
    assert not kept or kept[0].packet.is_key
    keys = [each for each in kept if each.packet.is_key]
    if len(keys) > 1:
        assert keys[1].packet.received_s > now_s - seconds
    wanted = start + timedelta(seconds=now_s - ago_s)
    chosen = list(ring.since(wanted))
    assert chosen == kept[len(kept) - len(chosen) :]
    early = [key for key in keys if key.packet.captured_at <= wanted]
    assert chosen[:1] == (early[-1:] or kept[:1])


def test_the_pre_roll_forgets_a_stream_of_another_kind():
    ring = PreRoll(60)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    packet = VideoPacket(
        b"1", 0, 0, is_key=True, captured_at=moment, clock=ClockSource.ARRIVAL, received_s=0.0
    )
    ring.add(Delivery(1, INFO, packet))
    ring.add(Delivery(2, replace(INFO, width=128), packet))
    (kept,) = ring.since(moment)
    assert kept.epoch == 2

"""Sound beside the coded streams, and a camera with its recorder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import AudioDelivery, Hub
from gateway.packets import TICKS_PER_S, AudioInfo, AudioPacket
from gateway.recording.camera_recorder import CameraRecorder
from gateway.recording.clips import ClipBook
from gateway.recording.disk import DiskGuard
from gateway.recording.films import ClipFile, SegmentFile
from gateway.recording.outlet import Outlet
from gateway.recording.segments import SegmentCutter

SETTINGS = RecordingSettings(pre_s=1, post_s=1, max_clip_s=60, min_free_mb=0)
FIRST_PTS, FIRST_S = 12345, 1000.0
STARTED = datetime.fromisoformat("2026-05-01T08:00:00+00:00")


@pytest.fixture
def show(picture_number) -> Callable[[Path], list[int]]:
    """Return what decodes a film and tells the numbers of its pictures."""

    def numbers(path: Path) -> list[int]:
        with av.open(str(path)) as film:
            return [picture_number(frame) for frame in film.decode(video=0)]

    return numbers


@cache
def _coded(codec: str, seconds: float) -> tuple[AudioInfo, tuple[bytes, ...], float]:
    """Return a tone in a codec: what is known of it, its packets, and how long each lasts."""
    rate = {"aac": 16_000}.get(codec, 8000)
    coder = av.CodecContext.create(codec, "w")
    coder.sample_rate, coder.layout, coder.time_base = rate, "mono", Fraction(1, rate)
    coder.format = "fltp" if codec == "aac" else "s16"
    coder.flags |= av.codec.context.Flags.global_header
    step = 1024 if codec == "aac" else 160
    packets = []
    for number in range(int(seconds * rate / step)):
        wave = np.sin((np.arange(step) + number * step) * 2 * np.pi * 440 / rate) * 0.5
        samples = wave if codec == "aac" else wave * 32767
        kind = np.float32 if codec == "aac" else np.int16
        frame = av.AudioFrame.from_ndarray(samples.astype(kind)[None], coder.format.name, "mono")
        frame.sample_rate, frame.pts = rate, number * step
        packets += [bytes(packet) for packet in coder.encode(frame)]
    return AudioInfo(codec, rate, 1, bytes(coder.extradata or b"")), tuple(packets), step / rate


@pytest.fixture(scope="session")
def coded_sound() -> Callable[..., list[AudioDelivery]]:
    """Return a maker of sound on the line of the coded streams."""

    def make(
        codec: str = "pcm_alaw", seconds: float = 4.0, *, epoch: int = 1, later_s: float = 0.0
    ) -> list[AudioDelivery]:
        info, coded, step_s = _coded(codec, seconds)
        sounds = []
        for number, data in enumerate(coded):
            at_s = number * step_s
            packet = AudioPacket(
                data,
                FIRST_PTS + round(at_s * TICKS_PER_S),
                STARTED + timedelta(seconds=at_s + later_s),
                FIRST_S + at_s + later_s,
            )
            sounds.append(AudioDelivery(epoch, info, packet))
        return sounds

    return make


@pytest.fixture
def wide_stream(coded_stream):
    """A stream twice as wide and high as the others."""
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = 320, 192, "yuv420p"
    coder.time_base, coder.framerate = Fraction(1, 25), Fraction(25)
    coder.options = {"x264-params": "keyint=25:bframes=0", "tune": "zerolatency"}
    like, coded = coded_stream(pictures=50), []
    for number in range(50):
        frame = av.VideoFrame.from_ndarray(np.full((288, 320), number, np.uint8), "yuv420p")
        frame.pts, frame.time_base = number, coder.time_base
        coded += [bytes(packet) for packet in coder.encode(frame)]
    packets = tuple(
        replace(packet, data=data) for packet, data in zip(like.packets, coded, strict=True)
    )
    return replace(like, info=replace(like.info, width=320, height=192), packets=packets)


@dataclass
class Desk:
    """A camera's hub and recorder, driven turn by turn, and what the recorder told."""

    folder: Path
    settings: RecordingSettings = SETTINGS
    continuous: bool = False
    free_mb: int = 1 << 20
    hub: Hub = field(default_factory=lambda: Hub("gate"))
    clips: list[ClipFile] = field(default_factory=list)
    segments: list[SegmentFile] = field(default_factory=list)
    errors: list[StorageError] = field(default_factory=list)

    def __post_init__(self) -> None:
        guard = DiskGuard(self.folder, self.settings.min_free_mb, lambda _path: self.free_mb << 20)
        clips = Outlet("gate", self._now, self.clips.append, self.errors.append)
        segments = Outlet("gate", self._now, self.segments.append, self.errors.append)
        cutter = SegmentCutter("gate", self.folder / "segments", self.settings, segments, guard)
        self.recorder = CameraRecorder(
            self.hub,
            self.settings,
            ClipBook("gate", self.settings, clips, guard),
            cutter if self.continuous else None,
        )
        self.recorder.open()

    @staticmethod
    def _now(job: Callable[[], None]) -> None:
        job()

    def play(self, stream, later_s: float = 0.0, pictures: slice = slice(None), sounds=()) -> None:
        """Publish packets as one session, stamped `later_s` after they were made, and take them."""
        self.hub.start(stream.info)
        self.follow(stream, later_s, pictures, sounds)

    def follow(
        self, stream, later_s: float = 0.0, pictures: slice = slice(None), sounds=()
    ) -> None:
        for delivery in list(stream.deliveries(later_s=later_s))[pictures]:
            self.hub.publish(delivery.packet)
        for sound in sounds:
            self.hub.publish_audio(sound.packet)
        self.recorder.turn()


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Return a starter of recorders; each must let go of its hub."""
    desks = []

    def start(**options) -> Desk:
        desks.append(Desk(tmp_path, **options))
        return desks[-1]

    yield start
    for desk in desks:
        desk.recorder.close()
        assert desk.hub.readers == ()

"""Video files as cameras: as fast as they can be read, or in real time and over again for ever."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from gateway.clock import monotonic_s, utc_now
from gateway.errors import GatewayError, NotFoundError, NotVideoError, StreamLostError
from gateway.packets import TICKS_PER_S, AudioPacket, ClockSource, StreamInfo, VideoPacket
from gateway.sources.shaping import (
    ByteStream,
    RawPacket,
    describe,
    is_picture,
    lead_ticks,
    step_ticks,
    ticks,
    video_of,
)
from gateway.sources.sound import SoundLine
from gateway.timing import decoding_time

FILE_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When an unpaced file is said to begin: the same file gives the same incidents each time."""

MAX_LAG_S = 1.0
"""A paced file this late (the machine slept) goes on from now instead of rushing to catch up."""


@dataclass(frozen=True, slots=True)
class Playback:
    """How a file is played. paced: in real time, else as fast as it is read.

    repeat: begin again at the end. starts_at: `captured_at` of the first picture; None means now
    when paced, else `FILE_EPOCH`.
    """

    paced: bool = False
    repeat: bool = False
    starts_at: datetime | None = None


ONCE = Playback()
AS_CAMERA = Playback(paced=True, repeat=True)


class ClipSource:
    """A `Source` for one file, in MP4, AVI, Matroska or whatever else FFmpeg reads.

    Packets come in decoding order. The first picture's pts is 0; timestamps go on rising when the
    file repeats. `silence_limit_s` has no meaning: a file is never silent. with_audio: give the
    file's first sound too, where it lies between the pictures.
    """

    def __init__(self, path: Path, playback: Playback = ONCE, *, with_audio: bool = False) -> None:
        self.silence_limit_s = 0.0
        self._path = path
        self._playback = playback
        self._with_audio = with_audio
        self._closing = threading.Event()
        self._info: StreamInfo | None = None

    @property
    def transport(self) -> str | None:
        """How packets come: "file"; None before `open`."""
        return "file" if self._info else None

    @property
    def clock_offset_s(self) -> float | None:
        """None: a file has no clock."""
        return None

    def open(self) -> StreamInfo:
        """Describe the file's first video stream.

        Raises NotFoundError, or NotVideoError for an empty, foreign or sound-only file.
        """
        with self._container() as container:
            info = describe(container, video_of(container, str(self._path)))
        self._info = info if self._with_audio else replace(info, audio=None)
        self._sound = SoundLine(info.audio.codec if info.audio else "")
        return self._info

    def packets(self) -> Iterator[VideoPacket | AudioPacket]:
        """Yield packets until the end of the file, or until `close`; call once, after `open`.

        Raises StreamLostError when the file turns unreadable on the way.
        """
        if self._info is None:
            raise RuntimeError("packets() needs open() first")
        line = _FileLine()
        pace = _Pace(self._playback, self._closing)
        while not self._closing.is_set():
            for packet in self._round(self._info, line, pace):
                if self._closing.is_set():
                    return
                yield packet
            if not self._playback.repeat:
                return

    def close(self) -> None:
        """End `packets`, from any thread, at once."""
        self._closing.set()

    def _container(self) -> InputContainer:
        if not self._path.exists():
            raise NotFoundError(f"There is no file {self._path}; check the name.")
        try:
            return av.open(self._path, mode="r")
        except (av.error.FFmpegError, OSError) as error:
            raise NotVideoError(
                f"{self._path} cannot be read as video; give an MP4, AVI or MKV file."
            ) from error

    def _round(
        self, info: StreamInfo, line: "_FileLine", pace: "_Pace"
    ) -> Iterator[VideoPacket | AudioPacket]:
        with self._container() as container:
            stream = video_of(container, str(self._path))
            byte_stream = ByteStream(stream, info)
            line.begin_round(step_ticks(info), lead_ticks(stream, info))
            for raw in self._readable(container, stream):
                raw_pts = ticks(raw, raw.pts)
                if is_picture(raw):
                    pts, dts = line.place(raw_pts, ticks(raw, raw.dts))
                    picture = _picture(raw, byte_stream, (pts, dts), pace)
                    self._sound.see(raw_pts, picture)
                    yield picture
                else:
                    heard = self._sound.shape(bytes(raw), raw_pts, monotonic_s())
                    if heard is not None:
                        yield heard

    def _readable(self, container: InputContainer, stream: VideoStream) -> Iterator[RawPacket]:
        failure: GatewayError | None = None
        count = 0
        streams = (stream, *(container.streams.audio[:1] if self._with_audio else ()))
        try:
            for raw in cast("Iterator[RawPacket]", container.demux(streams)):
                if raw.size:
                    count += is_picture(raw)
                    yield raw
        except av.error.FFmpegError as error:
            failure = StreamLostError(
                f"{self._path} turns unreadable after {count} pictures ({error.strerror})."
            )
        if count == 0 and failure is None:
            failure = NotVideoError(f"{self._path} holds no picture; give another file.")
        if failure is not None:
            raise failure


def _picture(
    raw: "Packet[VideoStream]", byte_stream: ByteStream, placed: tuple[int, int], pace: "_Pace"
) -> VideoPacket:
    """Return a packet in our form when its turn has come. placed: its pts and dts on our line."""
    is_key = raw.is_keyframe
    data = byte_stream.rewrite(raw)
    pts, dts = placed
    return VideoPacket(
        data=data,
        pts=pts,
        dts=dts,
        is_key=is_key,
        captured_at=pace.wait(pts, dts),
        clock=ClockSource.FILE,
        received_s=monotonic_s(),
    )


class _FileLine:
    """Puts the timestamps of a file, round after round, on one rising line that begins at 0."""

    def __init__(self) -> None:
        self._step = self._lead = 0
        self._next_round = 0
        self._shift: int | None = None
        self._last_dts: int | None = None
        self._last_in_file: int | None = None

    def begin_round(self, step: int, lead: int) -> None:
        """Let the next packet follow the latest picture so far, after `step` ticks.

        lead: as in `decoding_time`.
        """
        self._step, self._lead = step, lead
        self._shift = self._last_in_file = None

    def place(self, pts: int | None, dts: int | None) -> tuple[int, int]:
        """Return (pts, dts) in 90 kHz ticks for those of the file, None where it has none."""
        dts = decoding_time(pts, dts, self._last_in_file, self._lead)
        if dts is None:
            dts = 0 if self._last_in_file is None else self._last_in_file + self._step
        if pts is None:
            pts = dts
        if self._shift is None:
            self._shift = self._next_round - pts
        self._last_in_file = dts
        placed = dts + self._shift
        if self._last_dts is not None:
            placed = max(placed, self._last_dts + 1)
        self._last_dts = placed
        shown = max(pts + self._shift, placed)
        self._next_round = max(self._next_round, shown + self._step)
        return shown, placed


class _Pace:
    """Says when each picture of a file was taken, and waits until then when the file is paced."""

    def __init__(self, playback: Playback, closing: threading.Event) -> None:
        self._paced = playback.paced
        self._closing = closing
        self._starts_at = playback.starts_at or (utc_now() if playback.paced else FILE_EPOCH)
        self._started_s: float | None = None

    def wait(self, pts: int, dts: int) -> datetime:
        """Return `captured_at`; wait for the packet's turn, or until the source is closed."""
        if self._paced:
            self._sleep_until(dts / TICKS_PER_S)
        return self._starts_at + timedelta(seconds=pts / TICKS_PER_S)

    def _sleep_until(self, due_s: float) -> None:
        now_s = monotonic_s()
        if self._started_s is None:
            self._started_s = now_s - due_s
        late_s = now_s - self._started_s - due_s
        if late_s > MAX_LAG_S:
            self._started_s += late_s
            self._starts_at += timedelta(seconds=late_s)
        elif late_s < 0:
            self._closing.wait(-late_s)

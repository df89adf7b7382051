"""A video file read once from front to back, with whatever of it can be decoded.

Unlike `sources.clip`, which hands out packets as a camera does, this decodes at once and on all
cores: nothing here has to keep up with anybody.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gateway.decode import PictureScaler
from gateway.errors import NotFoundError, NotVideoError
from gateway.sources.shaping import describe, video_of
from vision.types import FrameSize, Image

LOCAL_ONLY = {"protocol_whitelist": "file"}
"""Playlists and the like must not make us open addresses that somebody wrote into them."""

STILL_FORMATS = ("_pipe", "image2", "tty")
"""Endings of FFmpeg's names for pictures and for text, which it plays as video."""

DEFAULT_FPS = 25.0
"""Spacing of pictures in a file that gives neither timestamps nor a rate."""

SHORTFALL_S = 1.0
"""A file that ends this much before the length it announces is cut off."""

GAP_S, GAP_FRAMES = 1.0, 5
"""No picture for so long, and for so many frames' time, is a gap: where a disk's sectors were
unreadable the container's reader finds its way again without a word."""

SLOT_SLACK = 1e-6
"""Part of a slot by which rounding may put a picture too early."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says of itself. duration_s, fps: None when it does not. recorded_at: UTC."""

    name: str
    codec: str
    size: FrameSize
    fps: float | None
    duration_s: float | None
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class FilePicture:
    """One decoded picture.

    at_s: seconds after the file's first picture. turns: see `quarter_turns`.
    """

    at_s: float
    frame: VideoFrame
    scaler: PictureScaler
    turns: int

    @property
    def size(self) -> FrameSize:
        """Its size in pixels, as a person sees it."""
        stored = FrameSize(self.frame.width, self.frame.height)
        return _turned(stored) if self.turns % 2 else stored

    def resized_bgr(self, size: FrameSize) -> Image:
        """Return it upright at a size, uint8 (height, width, 3), BGR."""
        image = self.scaler.to_bgr(self.frame, _turned(size) if self.turns % 2 else size)
        return np.ascontiguousarray(np.rot90(image, self.turns)) if self.turns else image


def quarter_turns(frame: VideoFrame) -> int:
    """Return the counterclockwise turns that set a frame upright; phones store them lying down."""
    return round(frame.rotation / 90) % 4


class VideoFile:
    """An open video file; a context manager. `damage` is complete once `pictures` has ended.

    damage: what could not be read, one sentence without a full stop, None when all was.
    Raises NotFoundError, or NotVideoError for what is empty, not video, only sound, or a still.
    """

    def __init__(self, path: Path) -> None:
        self.damage: str | None = None
        self.path = path
        self._container = _open(path)
        try:
            self._stream = _video_in(self._container, path)
        except NotVideoError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        info = describe(self._container, self._stream)
        self.facts = FileFacts(
            name=path.name,
            codec=info.codec,
            size=FrameSize(info.width, info.height),
            fps=info.fps,
            duration_s=_duration_s(self._container, self._stream),
            recorded_at=_recorded_at(self._container),
        )
        self._spacing_s = 1.0 / (info.fps or DEFAULT_FPS)
        self._damaged_packets = 0
        self._first_damage_s = 0.0
        self._gaps: list[tuple[float, float]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def pictures(self, fps: float) -> Iterator[FilePicture]:
        """Yield the first picture of each 1/fps seconds, in order; call it once.

        Raises NotVideoError when nothing at all can be decoded.
        """
        scaler = PictureScaler()
        last_slot, at_s = -1, -1.0
        for at_s, frame in self._timed_frames():
            slot = int(at_s * fps + SLOT_SLACK)
            if slot > last_slot:
                last_slot = slot
                yield FilePicture(at_s, frame, scaler, quarter_turns(frame))
        if at_s < 0:
            raise NotVideoError(f"{self.path} holds no picture that can be decoded.")
        self._sum_up_damage(at_s + self._spacing_s)

    def _timed_frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """Yield every frame with its seconds after the first, never running backwards."""
        base = float(self._stream.time_base or 0)
        first_pts: int | None = None
        at_s = -self._spacing_s
        least_gap_s = max(GAP_S, GAP_FRAMES * self._spacing_s)
        for frame in self._frames():
            before_s = at_s
            if frame.pts is None:
                at_s += self._spacing_s
            else:
                first_pts = frame.pts if first_pts is None else first_pts
                at_s = max(at_s, 0.0, (frame.pts - first_pts) * base)
            self._first_damage_s = at_s if self._damaged_packets == 0 else self._first_damage_s
            if at_s - before_s > least_gap_s:
                self._gaps.append((before_s, at_s))
            yield at_s, frame

    def _frames(self) -> Iterator[VideoFrame]:
        """Yield what can be decoded, passing over what cannot."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self.damage = f"it turns unreadable ({error.strerror})"
                return
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self._damaged_packets += 1
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._damaged_packets += 1
                else:
                    yield frame

    def _sum_up_damage(self, end_s: float) -> None:
        announced_s = self.facts.duration_s
        found = [self.damage] if self.damage else []
        if not found and announced_s and announced_s - end_s > SHORTFALL_S:
            found.append(f"it is cut off at {end_s:.1f} s of {announced_s:.1f} s")
        if self._damaged_packets:
            found.append(
                f"damaged pictures left out: {self._damaged_packets}, "
                f"the first after {self._first_damage_s:.1f} s"
            )
        if self._gaps:
            missing_s = sum(end_s - start_s for start_s, end_s in self._gaps)
            found.append(
                f"no pictures for {missing_s:.1f} s, the first time after {self._gaps[0][0]:.1f} s"
            )
        self.damage = "; ".join(found) or None


def _open(path: Path) -> InputContainer:
    if not path.exists():
        raise NotFoundError(f"There is no file {path}; check the name.")
    if path.is_dir():
        raise NotVideoError(f"{path} is a folder; give a video file.")
    try:
        if path.stat().st_size == 0:
            raise NotVideoError(f"{path} is empty (0 bytes); copy it again.")
        return av.open(f"file:{path}", mode="r", options=LOCAL_ONLY)
    except OSError as error:
        raise NotVideoError(f"{path} cannot be read: {error.strerror}.") from error
    except av.error.FFmpegError as error:
        raise NotVideoError(
            f"{path} is not a video that can be read ({error.strerror}): "
            "it is another kind of file, or an MP4 whose copying was cut short."
        ) from error


def _video_in(container: InputContainer, path: Path) -> VideoStream:
    stream = video_of(container, str(path))
    if container.format.name.endswith(STILL_FORMATS):
        raise NotVideoError(f"{path} is a still picture or text; give a video file.")
    if stream.disposition & stream.disposition.attached_pic:
        raise NotVideoError(f"{path} holds sound with a cover picture; give a video file.")
    return stream


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the announced length of the video; a file's own length may be that of its sound."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and not container.streams.audio:
        return container.duration / av.time_base
    return None


def _recorded_at(container: InputContainer) -> datetime | None:
    """Return when the camera says it was recorded; makers who leave 1904 or 1970 do not know."""
    moment: datetime | None = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(container.metadata.get("creation_time", ""))
    if moment is None or moment.year <= 1970:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _turned(size: FrameSize) -> FrameSize:
    return FrameSize(size.height, size.width)

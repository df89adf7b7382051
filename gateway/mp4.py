"""Clips as MP4 files: packets are put into the container as they came, never encoded again.

While a clip grows it is `<name>.part`, a fragmented MP4: playable, and whole up to the last second
when the process is killed. A finished clip is an ordinary MP4 with its index in front; it appears
under its name only when every byte of it is on the disk.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import structlog
from av.stream import Stream
from av.video.stream import VideoStream

from gateway.clock import to_iso
from gateway.errors import StorageError
from gateway.hub import Delivery
from gateway.packets import TICKS_PER_S, StreamInfo
from gateway.timeline import Timeline

TIME_BASE = Fraction(1, TICKS_PER_S)
MPEG4_SEQUENCE = b"\x00\x00\x01\xb0"
FALLBACK_FPS = 25.0
"""How long the last picture stands when the stream does not name its rate."""

GROWING = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
    "video_track_timescale": str(TICKS_PER_S),
}
"""FFmpeg's options for a growing file: a fragment for each GOP or second (in microseconds)."""

FINISHED = {"movflags": "faststart", "video_track_timescale": str(TICKS_PER_S)}

PART_SUFFIX, WHOLE_SUFFIX = ".part", ".whole"
"""Added to a clip's name while it grows, and while the finished file is being made from that."""

LABEL_KEYS = ("title", "comment", "date")
"""Where MP4 carries a `ClipLabel`: clip, camera, start."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClipLabel:
    """What a clip is of; written into the file, so that one found after a crash tells it.

    started_at: when its first picture was captured, UTC, to the millisecond.
    """

    clip_id: str
    camera_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A finished clip on the disk. sha256: of the whole file, hexadecimal."""

    label: ClipLabel
    path: Path
    sha256: str
    bytes: int
    duration_s: float


class ClipWriter:
    """One growing clip. Every method raises StorageError when the disk refuses."""

    def __init__(self, label: ClipLabel, path: Path, info: StreamInfo) -> None:
        """Open `<path>.part`, making its folder; `info` is of the first packet to be written."""
        self._path = path
        self._info = info
        self._timeline = Timeline()
        self._epoch = 0
        self._entry_pts: int | None = None
        self._frame_ticks = round(TICKS_PER_S / (info.fps or FALLBACK_FPS))
        self._end_ticks = 0
        with _refusals("begun", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(_part_of(path)), "w", format="mp4", options=GROWING)
            self._container.metadata.update(
                title=label.clip_id, comment=label.camera_id, date=to_iso(label.started_at)
            )
            self._stream = self._track(info)

    def _track(self, info: StreamInfo) -> Stream:
        try:
            return self._container.add_mux_stream(
                info.codec, width=info.width, height=info.height, time_base=TIME_BASE
            )
        except ValueError as error:
            self._container.close()
            _part_of(self._path).unlink(missing_ok=True)
            raise StorageError(
                f"the clip {self._path} cannot be begun: MP4 does not carry {info.codec}; set the "
                "camera to H.264 or H.265"
            ) from error

    @property
    def duration_s(self) -> float:
        """Seconds written so far."""
        return self._end_ticks / TICKS_PER_S

    def fits(self, info: StreamInfo) -> bool:
        """Say whether packets of this stream can follow: one MP4 track has one set-up."""
        return same_set_up(self._info, info)

    def write(self, delivery: Delivery) -> None:
        """Append one packet; the first must be a key frame, and each must `fit`."""
        if self._leans_on_missing(delivery):
            return
        moment = self._timeline.place(delivery)
        packet = av.Packet(_with_set_up(delivery))
        packet.pts, packet.dts, packet.time_base = moment.pts, moment.dts, TIME_BASE
        packet.duration = self._frame_ticks
        packet.is_keyframe = delivery.packet.is_key
        packet.stream = self._stream
        with _refusals("written", self._path):
            self._container.mux(packet)
        self._end_ticks = max(self._end_ticks, moment.pts + self._frame_ticks)

    def finish(self) -> ClipFile:
        """Make the clip whole under its name. On StorageError the `.part` stays for `recover`."""
        with _refusals("finished", self._path):
            self._container.close()
        return _settle(self._path)

    def abandon(self) -> None:
        """Let the file go after a StorageError; the `.part` stays for `recover`."""
        with suppress(OSError, av.FFmpegError):
            self._container.close()

    def _leans_on_missing(self, delivery: Delivery) -> bool:
        """Say whether a picture is shown before the key frame the session was entered on.

        It was sent after that key frame (an open GOP) and leans on pictures that are not there.
        """
        packet = delivery.packet
        if delivery.epoch != self._epoch:
            self._epoch, self._entry_pts = delivery.epoch, packet.pts
        elif packet.is_key:
            self._entry_pts = None
        return self._entry_pts is not None and packet.pts < self._entry_pts


def _with_set_up(delivery: Delivery) -> bytes:
    """Return a packet's bytes, an MPEG-4 Visual key frame with its object headers before it.

    Cameras may send those (ISO/IEC 14496-2 §6.2.1) in the session description only, and FFmpeg's
    MP4 looks for them in the first packet. H.264 and H.265 key frames come complete from sources.
    """
    packet, is_mpeg4 = delivery.packet, delivery.info.codec == "mpeg4"
    if is_mpeg4 and packet.is_key and not packet.data.startswith(MPEG4_SEQUENCE):
        return delivery.info.extradata + packet.data
    return packet.data


def same_set_up(one: StreamInfo, other: StreamInfo) -> bool:
    """Say whether one decoder, set up once, can go on from one stream to the other."""
    return (one.codec, one.width, one.height, one.extradata) == (
        other.codec,
        other.width,
        other.height,
        other.extradata,
    )


def recover(directory: Path) -> list[ClipFile]:
    """Mend what a killed process left anywhere under `directory`; for the start, before any writer.

    Growing clips become finished ones, as far as they were written, and are returned; those without
    a single picture are deleted. One that the disk refuses to mend stays for the next time.
    """
    for scrap in directory.rglob(f"*.mp4{WHOLE_SUFFIX}"):
        scrap.unlink()
    clips = []
    for part in sorted(directory.rglob(f"*.mp4{PART_SUFFIX}")):
        path = part.with_suffix("")
        try:
            if path.exists() or _has_pictures(part):
                clips.append(_settle(path))
            else:
                part.unlink()
        except StorageError as error:
            log.warning("a clip waits to be mended", path=str(part), reason=str(error))
    return clips


def _part_of(path: Path) -> Path:
    return path.with_name(path.name + PART_SUFFIX)


@contextmanager
def _refusals(step: str, path: Path) -> Iterator[None]:
    """Turn what FFmpeg and the system say into a StorageError about one clip."""
    try:
        yield
    except (OSError, ValueError, av.FFmpegError) as error:
        raise StorageError(
            f"the clip {path} cannot be {step}: {error}; check the space and rights of its disk"
        ) from error


def _has_pictures(part: Path) -> bool:
    try:
        with av.open(str(part), format="mp4") as container:
            return any(_is_whole(packet) for packet in container.demux(video=0))
    except (EOFError, ValueError, LookupError):
        return False


def _is_whole(packet: "av.Packet[VideoStream]") -> bool:
    return packet.dts is not None and packet.size > 0 and not packet.is_corrupt


def _settle(path: Path) -> ClipFile:
    """Turn `<path>.part` into `path`; where that was done already, only clear up."""
    part = _part_of(path)
    whole = path.with_name(path.name + WHOLE_SUFFIX)
    with _refusals("finished", path):
        if not path.exists():
            try:
                _copy(part, whole)
                _flush_to_disk(whole)
            except BaseException:
                whole.unlink(missing_ok=True)
                raise
            whole.replace(path)
            _flush_to_disk(path.parent)
        clip = _describe(path)
        part.unlink(missing_ok=True)
        return clip


def _copy(part: Path, whole: Path) -> None:
    """Copy the packets of a growing clip into a finished one whose first picture stands at zero."""
    with (
        av.open(str(part), format="mp4") as source,
        av.open(str(whole), "w", format="mp4", options=FINISHED) as target,
    ):
        target.metadata.update({key: source.metadata[key] for key in LABEL_KEYS})
        stream = source.streams.video[0]
        track = target.add_stream_from_template(stream)
        first_pts: int | None = None
        for packet in source.demux(stream):
            if not _is_whole(packet) or packet.pts is None or packet.dts is None:
                continue
            if first_pts is None:
                first_pts = packet.pts
            packet.pts -= first_pts
            packet.dts -= first_pts
            packet.stream = track
            target.mux(packet)


def _flush_to_disk(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _describe(path: Path) -> ClipFile:
    with av.open(str(path), format="mp4") as container:
        text = container.metadata
        label = ClipLabel(text["title"], text["comment"], datetime.fromisoformat(text["date"]))
        duration_s = (container.duration or 0) / av.time_base
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ClipFile(label, path, sha256, path.stat().st_size, duration_s)

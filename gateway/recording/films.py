"""Finished films: what becomes of a growing file, when it ends well or its process was killed.

A clip becomes an ordinary MP4 with its index in front, for whoever fetches it over a network. A
segment keeps its file, which got an index at its end: copying hours of them would wear the disk.
Either appears under its name only when every byte of it is on the disk.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
import structlog
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from gateway.errors import StorageError
from gateway.packets import TICKS_PER_S
from gateway.recording.growing import (
    HEVC_TAG,
    LABEL_KEYS,
    PART_SUFFIX,
    FilmLabel,
    GrowingFilm,
    part_of,
    refusals,
)

FINISHED = {"movflags": "faststart", "video_track_timescale": str(TICKS_PER_S)}

WHOLE_SUFFIX, JOINED_SUFFIX = ".whole", ".joined"
"""Added to a film's name: while the finished file is made from the growing one; and for the list of
incidents that a growing clip came to show after it was begun."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A finished clip on the disk. sha256: of the whole file, hexadecimal."""

    label: FilmLabel
    path: Path
    sha256: str
    bytes: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A finished segment of what a camera showed. pictures: how many are in it.

    set_up: the same for segments that one track can hold one after the other.
    """

    label: FilmLabel
    path: Path
    bytes: int
    duration_s: float
    pictures: int
    codec: str
    width: int
    height: int
    set_up: str


Film = TypeVar("Film", ClipFile, SegmentFile)


def join(path: Path, incident: str) -> None:
    """Note that a growing clip shows one more incident. Raises StorageError."""
    with refusals("joined", path), _beside(path, JOINED_SUFFIX).open("a", encoding="utf-8") as note:
        note.write(f"{incident}\n")
        note.flush()
        os.fsync(note.fileno())


def finish_clip(path: Path) -> ClipFile:
    """Make a closed clip whole under its name; where that was done already, only clear up.

    Raises StorageError; then the `.part` stays for `recover_clips`.
    """
    with refusals("finished", path):
        if not path.exists():
            _make_whole(path)
        clip = describe_clip(path)
        _beside(path, JOINED_SUFFIX).unlink(missing_ok=True)
        part_of(path).unlink(missing_ok=True)
        return clip


def finish_segment(film: GrowingFilm) -> SegmentFile:
    """Give a closed segment its name, once it is on the disk. Raises StorageError."""
    path = film.path
    with refusals("finished", path):
        _flush_to_disk(part_of(path))
        part_of(path).replace(path)
        _flush_to_disk(path.parent)
    return describe_segment(path)


def describe_clip(path: Path) -> ClipFile:
    """Return what a finished clip tells of itself. Raises StorageError where it is none."""
    with _reading(path) as film:
        label, duration_s = _label(film), _duration_s(film)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ClipFile(label, path, sha256, path.stat().st_size, duration_s)


def describe_segment(path: Path) -> SegmentFile:
    """Return what a finished segment tells of itself. Raises StorageError where it is none."""
    with _reading(path) as film:
        stream = film.streams.video[0]
        context = stream.codec_context
        return SegmentFile(
            label=_label(film),
            path=path,
            bytes=path.stat().st_size,
            duration_s=_duration_s(film),
            pictures=stream.frames,
            codec=context.name,
            width=context.width,
            height=context.height,
            set_up=_set_up(context),
        )


def _set_up(context: VideoCodecContext) -> str:
    """Return what must not change within a track; H.264 has its parameter sets in the pictures."""
    facts = [context.name, str(context.width), str(context.height)]
    if context.name != "h264":
        facts.append((context.extradata or b"").hex())
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()


def recover_clips(directory: Path) -> list[ClipFile]:
    """Mend the clips that a killed process left anywhere under `directory`; before any writer.

    Growing films become finished ones, as far as they were written, and are returned; those without
    a picture are deleted. One that the disk refuses to mend stays for the next time.
    """
    return _recover(directory, finish_clip)


def recover_segments(directory: Path) -> list[SegmentFile]:
    """Mend the segments that a killed process left anywhere under `directory`, as for clips."""
    return _recover(directory, _finish_again)


def _recover(directory: Path, finish: Callable[[Path], Film]) -> list[Film]:
    for scrap in directory.rglob(f"*.mp4{WHOLE_SUFFIX}"):
        scrap.unlink()
    films = []
    for part in sorted(directory.rglob(f"*.mp4{PART_SUFFIX}")):
        path = part.with_suffix("")
        try:
            if path.exists() or _has_pictures(part):
                films.append(finish(path))
            else:
                part.unlink()
                _beside(path, JOINED_SUFFIX).unlink(missing_ok=True)
        except StorageError as error:
            log.warning("a film waits to be mended", path=str(part), reason=str(error))
    return films


def _finish_again(path: Path) -> SegmentFile:
    """Make a segment whole that nobody closed."""
    with refusals("finished", path):
        if not path.exists():
            _make_whole(path)
        part_of(path).unlink(missing_ok=True)
    return describe_segment(path)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextmanager
def _reading(path: Path) -> Iterator[InputContainer]:
    with refusals("read", path), av.open(str(path), format="mp4") as film:
        yield film


def _has_pictures(part: Path) -> bool:
    try:
        with av.open(str(part), format="mp4") as film:
            return any(_is_whole(packet) for packet in film.demux(video=0))
    except (EOFError, ValueError, LookupError):
        return False


def _is_whole(packet: "av.Packet[Stream] | av.Packet[VideoStream]") -> bool:
    return packet.dts is not None and packet.size > 0 and not packet.is_corrupt


def _make_whole(path: Path) -> None:
    """Copy `<path>.part` to `path` by way of `.whole`."""
    whole = _beside(path, WHOLE_SUFFIX)
    try:
        _copy(path, whole)
        _flush_to_disk(whole)
    except BaseException:
        whole.unlink(missing_ok=True)
        raise
    whole.replace(path)
    _flush_to_disk(path.parent)


def _copy(path: Path, whole: Path) -> None:
    """Copy the packets of a growing film into a finished one whose first picture stands at zero."""
    with (
        av.open(str(part_of(path)), format="mp4") as source,
        av.open(str(whole), "w", format="mp4", options=FINISHED) as target,
    ):
        target.metadata.update({key: source.metadata.get(key, "") for key in LABEL_KEYS})
        target.metadata["title"] = " ".join(_incidents(path, source))
        tracks = {stream: copied_track(target, stream) for stream in source.streams}
        start: Fraction | None = None
        for packet in source.demux():
            if not _is_whole(packet) or packet.pts is None or packet.dts is None:
                continue
            if start is None and isinstance(packet.stream, VideoStream):
                start = packet.pts * packet.time_base
            shift = round((start or 0) / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = tracks[packet.stream]
            target.mux(packet)


def copied_track(target: OutputContainer, stream: Stream) -> Stream:
    """Add a track like `stream` to a file, with its tag: FFmpeg would choose another for H.265."""
    track = target.add_stream_from_template(stream)
    if stream.codec_context.name == "hevc":
        track.codec_context.codec_tag = HEVC_TAG
    return track


def _incidents(path: Path, film: InputContainer) -> list[str]:
    """Return the incidents a growing clip shows: those it was begun with, and those that joined."""
    names = film.metadata.get("title", "").split()
    with suppress(FileNotFoundError):
        names += _beside(path, JOINED_SUFFIX).read_text("utf-8").split()
    return list(dict.fromkeys(names))


def _flush_to_disk(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _label(film: InputContainer) -> FilmLabel:
    text = film.metadata
    incidents = tuple(text.get("title", "").split())
    return FilmLabel(incidents, text["comment"], datetime.fromisoformat(text["date"]))


def _duration_s(film: InputContainer) -> float:
    return (film.duration or 0) / av.time_base

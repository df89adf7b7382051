"""A span of a camera's recordings as one film: packets copied, never coded again.

What was not recorded is left out and told, so the film goes straight on where a gap was. It is made
as it is read: nothing is kept on the disk, and in memory no more than a second or two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import av
import structlog
from av.stream import Stream

from gateway.clock import to_iso
from gateway.errors import NotExportableError, NotFoundError
from gateway.recording.films import copied_track
from gateway.recording.growing import TIME_BASE, growing_options, part_of, refusals
from gateway.store.segments import Segment, Segments

LONGEST = timedelta(hours=24)
"""The longest span of one film."""
SEAM = timedelta(seconds=1)
"""Less than this between two segments is no gap: pictures are that far apart."""

AnyPacket: TypeAlias = "av.Packet[Stream]"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nothing was recorded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What one film will hold. segments: oldest first, at least one. bytes: at most."""

    camera_id: str
    start: datetime
    end: datetime
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...]

    @property
    def bytes(self) -> int:
        """How large the film will be, at most."""
        return sum(segment.bytes for segment in self.segments)


def plan_export(index: Segments, camera_id: str, start: datetime, end: datetime) -> ExportPlan:
    """Return what a film of [start, end) will hold.

    Raises NotFoundError where nothing was recorded, NotExportableError for a span that is none or
    longer than LONGEST, and where the camera changed what it sends.
    """
    if not timedelta(0) < end - start <= LONGEST:
        raise NotExportableError(
            f"{to_iso(start)} to {to_iso(end)} is no span of up to {LONGEST // timedelta(hours=1)} "
            "hours: give a start, and an end after it"
        )
    segments = index.between(camera_id, start, end)
    if not segments:
        raise NotFoundError(
            f"nothing of camera {camera_id} is recorded from {to_iso(start)} to {to_iso(end)}"
        )
    for before, after in pairwise(segments):
        if before.set_up != after.set_up:
            raise NotExportableError(
                f"camera {camera_id} changed from {_kind(before)} to {_kind(after)} at "
                f"{to_iso(after.started_at)}: export up to there, and from there on"
            )
    return ExportPlan(camera_id, start, end, segments, tuple(_gaps(segments, start, end)))


def stream_export(plan: ExportPlan, data_dir: Path) -> Iterator[bytes]:
    """Yield a film as a fragmented MP4, in pieces. Raises StorageError: no file is left."""
    pieces = _Pieces()
    with refusals("read", data_dir / plan.segments[0].path):
        for _ in _copied(plan, data_dir, pieces, in_place=False):
            yield from pieces.taken()
        yield from pieces.taken()


def write_export(plan: ExportPlan, data_dir: Path, path: Path) -> None:
    """Write a film to `path`, which is there once it is whole. Raises StorageError."""
    part = part_of(path)
    try:
        with refusals("written", path):
            for _ in _copied(plan, data_dir, str(part), in_place=True):
                pass
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Pieces:
    """A file that cannot be sought in, whose bytes are taken out as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some of the film."""
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        """Yield what has been written since the last time."""
        pieces, self._pieces = self._pieces, []
        yield from pieces


def _copied(
    plan: ExportPlan, data_dir: Path, target: "str | _Pieces", *, in_place: bool
) -> Iterator[None]:
    """Write a film to `target`, and come up for breath after each packet."""
    files = [path for s in plan.segments if (path := data_dir / s.path).is_file()]
    if not files:
        raise FileNotFoundError("none of its files is kept any more")
    with av.open(str(files[0]), format="mp4") as model:
        options = growing_options(with_sound=bool(model.streams.audio), in_place=in_place)
        with av.open(target, "w", format="mp4", options=options) as film:
            film.metadata.update(_metadata(plan))
            line = _Line({stream.type: copied_track(film, stream) for stream in model.streams})
            for segment in plan.segments:
                for packet in _packets(segment, plan, data_dir, line):
                    film.mux(packet)
                    yield


def _packets(
    segment: Segment, plan: ExportPlan, data_dir: Path, line: "_Line"
) -> Iterator[AnyPacket]:
    """Yield the packets of one segment that belong to the film; none of a file that is gone."""
    path = data_dir / segment.path
    if not path.is_file():
        log.warning("a recording went while it was exported", path=segment.path)
        return
    with av.open(str(path), format="mp4") as source:
        into = (plan.start - segment.started_at).total_seconds()
        if into > 0:
            source.seek(int(into * av.time_base))
        line.begin()
        until = Fraction((plan.end - segment.started_at).total_seconds())
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base >= until:
                break
            if line.place(packet):
                yield packet


class _Line:
    """The time line of the film: segment after segment, from 0 on, without gaps.

    tracks: the film's, by type.
    """

    def __init__(self, tracks: dict[str, Stream]) -> None:
        self._tracks = tracks
        self._last_dts = dict.fromkeys(tracks, Fraction(-1))
        self._end = Fraction(0)
        self._shift = Fraction(0)
        self._start: Fraction | None = None

    def begin(self) -> None:
        """Let the next segment follow: its first key frame stands where the last one ended."""
        self._start = None

    def place(self, packet: AnyPacket) -> bool:
        """Move a packet to its place; return whether it has one.

        What is shown before the segment's first key frame has none: pictures that lean on others
        that are not there, and sound. Nor has what would go back in time.
        """
        kind = packet.stream.type
        if packet.pts is None or packet.dts is None:
            return False
        pts, dts = packet.pts * packet.time_base, packet.dts * packet.time_base
        if self._start is None and kind == "video":
            self._start, self._shift = pts, self._end - pts
        if self._start is None or pts < self._start or kind not in self._tracks:
            return False
        pts, dts = pts + self._shift, dts + self._shift
        if kind == "video":
            self._end = max(self._end, pts + (packet.duration or 0) * packet.time_base)
        if dts <= self._last_dts[kind]:
            return False
        self._last_dts[kind] = dts
        packet.pts, packet.dts = round(pts / TIME_BASE), round(dts / TIME_BASE)
        packet.duration = round((packet.duration or 0) * packet.time_base / TIME_BASE)
        packet.time_base = TIME_BASE
        packet.stream = self._tracks[kind]
        return True


def _gaps(segments: tuple[Segment, ...], start: datetime, end: datetime) -> Iterator[Gap]:
    """Yield what is missing of [start, end)."""
    known_until = start
    for segment in segments:
        if segment.started_at - known_until > SEAM:
            yield Gap(known_until, segment.started_at)
        known_until = max(known_until, segment.ended_at)
    if end - known_until > SEAM:
        yield Gap(known_until, end)


def _kind(segment: Segment) -> str:
    return f"{segment.codec} {segment.width}x{segment.height}"


def _metadata(plan: ExportPlan) -> dict[str, str]:
    gaps = ", ".join(f"{to_iso(gap.start)}/{to_iso(gap.end)}" for gap in plan.gaps)
    return {
        "title": plan.camera_id,
        "date": to_iso(max(plan.start, plan.segments[0].started_at)),
        "comment": f"not recorded: {gaps}" if gaps else "",
    }

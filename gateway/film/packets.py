"""What a film's container tells without decoding: each packet's time, size and kind.

A film is cut into groups, each of which can be decoded alone: it begins with a key frame that
nothing before it leans on and nothing after it is shown before. Short groups are joined, so that
every key frame looked at is about two seconds from the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.packet import Packet
from av.video.stream import VideoStream

from gateway.video_file import SLOT_SLACK, quarter_turns

LEAST_GROUP_S = 1.5
"""Groups shorter than this are joined to the one before: a key frame costs as much to decode as
five to ten other pictures."""

Times: TypeAlias = npt.NDArray[np.float64]
"""float64 (N,): seconds after the film's first picture."""
VideoPacket: TypeAlias = "Packet[VideoStream]"


class FrontToBackError(Exception):
    """A film can only be read from front to back; the text says why, without a full stop."""


@dataclass(frozen=True, slots=True, eq=False)
class PacketTable:
    """The packets of a film in their order as columns of one length N, and its groups.

    pts: int64, in ticks of `tick_s` seconds. at_s: `Times`. size: int64, bytes. is_key: bool.
    first: int64 (G,), number of each group's first packet, the key frame. turns: quarter turns
    counterclockwise that set its pictures upright.
    """

    pts: npt.NDArray[np.int64]
    tick_s: float
    at_s: Times
    size: npt.NDArray[np.int64]
    is_key: npt.NDArray[np.bool_]
    first: npt.NDArray[np.int64]
    turns: int

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.first)

    @property
    def group_of(self) -> npt.NDArray[np.int64]:
        """The group of each packet, int64 (N,)."""
        return np.searchsorted(self.first, np.arange(len(self.pts)), side="right") - 1

    @property
    def began_s(self) -> Times:
        """When each group begins, (G,)."""
        return self.at_s[self.first]

    @property
    def length_s(self) -> Times:
        """How long each group is, (G,); the last one to its last picture."""
        return np.diff(self.began_s, append=self.at_s.max())

    def looks(self, fps: float) -> npt.NDArray[np.int64]:
        """Return the packets whose pictures are the first of each 1/fps seconds, as shown."""
        shown = np.argsort(self.pts, kind="stable")
        slots = np.floor(self.at_s[shown] * fps + SLOT_SLACK).astype(np.int64)
        _, chosen = np.unique(slots, return_index=True)
        return shown[chosen]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The packets of one group, or only its key frame."""

    number: int
    packets: tuple[VideoPacket, ...]


def survey(path: Path) -> PacketTable:
    """Return the packets of a film that can be read. Raises FrontToBackError."""
    pts: list[int] = []
    size: list[int] = []
    key: list[bool] = []
    turns = 0
    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 0)
        for packet in _packets(path, container, stream):
            if not pts:
                turns = _turns(packet, stream)
            pts.append(_time_of(packet))
            size.append(packet.size)
            key.append(packet.is_keyframe)
    return _table(np.array(pts), np.array(size), np.array(key), base, turns)


def read_groups(
    path: Path, table: PacketTable, wanted: npt.NDArray[np.bool_], *, keys_only: bool = False
) -> Iterator[Group]:
    """Yield groups in their order, those for which `wanted` (G,) is true."""
    group_of = table.group_of
    taken: list[VideoPacket] = []
    now = -1
    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        for number, packet in enumerate(_packets(path, container, stream)):
            if number >= len(group_of):
                break
            group = int(group_of[number])
            if group != now:
                if taken:
                    yield Group(now, tuple(taken))
                taken, now = [], group
            if wanted[group] and not (keys_only and taken):
                taken.append(packet)
    if taken:
        yield Group(now, tuple(taken))


def _packets(
    path: Path, container: "av.container.InputContainer", stream: VideoStream
) -> Iterator[VideoPacket]:
    """Yield what is to be decoded, in its order."""
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                yield packet
    except av.error.FFmpegError as error:
        raise FrontToBackError(f"{path.name} turns unreadable") from error


def _time_of(packet: VideoPacket) -> int:
    if packet.pts is None:
        raise FrontToBackError("its pictures carry no times")
    if packet.is_corrupt:
        raise FrontToBackError("it is damaged")
    return packet.pts


def _turns(packet: VideoPacket, stream: VideoStream) -> int:
    """Return how the film's pictures are to be turned, by its first one."""
    if not packet.is_keyframe:
        raise FrontToBackError("it does not begin with a key frame")
    try:
        frames = [*packet.decode(), *stream.codec_context.decode(None)]
    except av.error.FFmpegError as error:
        raise FrontToBackError("its first picture is damaged") from error
    if not frames:
        raise FrontToBackError("its first picture cannot be decoded alone")
    return quarter_turns(frames[0])


def _table(
    pts: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    key: npt.NDArray[np.bool_],
    base: float,
    turns: int,
) -> PacketTable:
    if len(pts) == 0:
        raise FrontToBackError("it holds no pictures")
    if len(np.unique(pts)) < len(pts):
        raise FrontToBackError("several of its pictures carry one time")
    at_s = (pts - pts[0]) * base
    first = np.flatnonzero(key & _parted(pts))
    if at_s[first[0]] != at_s.min() or first[0] != 0:
        raise FrontToBackError("it begins with pictures that lean on what is not there")
    return PacketTable(pts, base, at_s, size, key, _joined(first, at_s), turns)


def _parted(pts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return the packets before which all is shown before all that is from them on."""
    earliest_after = np.minimum.accumulate(pts[::-1])[::-1]
    latest_before = np.concatenate([[np.iinfo(np.int64).min], np.maximum.accumulate(pts)[:-1]])
    return np.asarray((pts == earliest_after) & (latest_before < pts), np.bool_)


def _joined(first: npt.NDArray[np.int64], at_s: Times) -> npt.NDArray[np.int64]:
    """Leave out beginnings of groups that come too soon after the one before."""
    kept = [int(first[0])]
    for number in first[1:]:
        if at_s[number] - at_s[kept[-1]] >= LEAST_GROUP_S:
            kept.append(int(number))
    return np.array(kept)

"""Decodes the groups of a film on several threads and has the detector look at their pictures.

FFmpeg and the runtimes work outside Python's lock, so threads are enough to keep all cores busy.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from gateway.decode import Picture, PictureScaler
from gateway.film.packets import FrontToBackError, Group, PacketTable
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import FilePicture
from vision.activity import ACTIVITY_SIZE
from vision.ensemble import DetectorSet, PendingSet
from vision.luma.cells import Luma
from vision.types import Detections, FrameSize

T = TypeVar("T")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What a picture shows without the detector. size: upright. luma: upright, of ACTIVITY_SIZE."""

    pts: int
    size: FrameSize
    luma: Luma


class Crew:
    """The threads that decode and wait for the detector, shared by all films; a context manager."""

    def __init__(self, detectors: DetectorSet) -> None:
        self.detectors = detectors
        self.hands = cores() + detectors.in_flight
        self._pool = ThreadPoolExecutor(self.hands, thread_name_prefix="film")

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[T], Result], items: Iterable[T]) -> Iterator[Result]:
        """Yield the results in order; no more is taken from `items` than there are hands."""
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(self._pool.submit(work, item))
                if len(pending) > self.hands:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for left in pending:
                left.cancel()


class FilmEyes:
    """Looks at the pictures of one film, from any number of threads."""

    def __init__(self, path: Path, table: PacketTable, detectors: DetectorSet) -> None:
        self._turns = table.turns
        self._times = table.at_s
        self._detectors = detectors
        self._scaler = PictureScaler()
        self._decoders: deque[VideoCodecContext] = deque()
        with av.open(f"file:{path}") as container:
            context = container.streams.video[0].codec_context
            self._codec, self._extradata = context.codec.name, context.extradata
            self._size = (context.width, context.height)

    def glance_at_key(self, group: Group) -> Glance:
        """Return what the key frame of a group shows without the detector.

        Raises FrontToBackError.
        """
        pts, picture = self._key(group)
        return _glance(pts, picture)

    def look_at_key(self, group: Group) -> tuple[int, Detections]:
        """Return the number of a group and what the detector sees in its key frame."""
        _, picture = self._key(group)
        return group.number, start(picture, self._detectors).wait()[0]

    def glances(self, group: Group, wanted: frozenset[int]) -> list[tuple[Glance, FilePicture]]:
        """Return those pictures of a group whose pts are wanted, as shown.

        Raises FrontToBackError when one of them does not come.
        """
        shown = [(_glance(*one), one[1]) for one in self.pictures(group, wanted)]
        if len(shown) < len(wanted):
            raise FrontToBackError("pictures of it are damaged")
        return shown

    def look_at(self, pictures: Sequence[FilePicture]) -> list[Detections]:
        """Return what the detector sees in each picture."""
        begun = [start(picture, self._detectors) for picture in pictures]
        return [pending.wait()[0] for pending in begun]

    def pictures(self, group: Group, wanted: frozenset[int]) -> Iterator[tuple[int, FilePicture]]:
        """Yield those pictures of a group whose pts are wanted."""
        for pts, frame in self.frames(group):
            if pts in wanted:
                yield pts, self._picture(frame)

    def frames(self, group: Group) -> Iterator[tuple[int, VideoFrame]]:
        """Yield the pts and the frame of all pictures of a group, as shown."""
        decoder = self._decoder()
        try:
            for packet in (*group.packets, None):
                for frame in decoder.decode(packet):
                    if frame.is_corrupt or frame.pts is None:
                        raise FrontToBackError("pictures of it are damaged")
                    yield frame.pts, frame
        except av.error.FFmpegError as error:
            raise FrontToBackError("pictures of it cannot be decoded") from error
        decoder.flush_buffers()
        self._decoders.append(decoder)

    def _key(self, group: Group) -> tuple[int, FilePicture]:
        frames = list(self.frames(Group(group.number, group.packets[:1])))
        if len(frames) != 1:
            raise FrontToBackError("a key frame of it cannot be decoded alone")
        pts, frame = frames[0]
        return pts, self._picture(frame)

    def _picture(self, frame: VideoFrame) -> FilePicture:
        return FilePicture(0.0, frame, self._scaler, self._turns)

    def _decoder(self) -> VideoCodecContext:
        """Return a decoder that nobody uses."""
        try:
            return self._decoders.popleft()
        except IndexError:
            decoder = cast("VideoCodecContext", av.CodecContext.create(self._codec, "r"))
            decoder.thread_count = 1
            decoder.width, decoder.height = self._size
            decoder.extradata = self._extradata
            return decoder


def _glance(pts: int, picture: FilePicture) -> Glance:
    return Glance(pts, picture.size, thumbnail(picture))


def start(picture: FilePicture, detectors: DetectorSet) -> PendingSet:
    """Begin detecting in one picture."""
    return detectors.start([detectors.prepare_from(picture.size, picture.resized_bgr)])


def thumbnail(picture: FilePicture) -> Luma:
    """Return the brightness of a picture as a camera's eye compares it, upright."""
    small = Picture(picture.frame, FILE_EPOCH, picture.scaler).thumbnail(ACTIVITY_SIZE.width)
    return np.ascontiguousarray(np.rot90(small, picture.turns)) if picture.turns else small


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))

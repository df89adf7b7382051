"""Packets into pictures: one decoder per camera, on one thread, that no broken packet can stop."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import cast

import av
import av.error
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from gateway.errors import NotVideoError
from gateway.packets import TICKS_PER_S, StreamInfo, VideoPacket
from gateway.padded_packet import padded_packet
from vision.types import FrameSize, Image

BROKEN_AFTER_KEYS = 3
"""Key frames in a row, with no picture between them, before the decoder is called broken."""

SHARED_DECODERS = 16
"""Kept by one thread for key frames: more kinds of camera than most towns have, and a decoder at
640x360 holds 1 to 2 MB."""

_LUMA_FIRST = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"}
)
"""Pixel formats whose first plane is 8-bit luma of full size."""

_CHROMA_BEHIND = _LUMA_FIRST - {"gray"}
"""Of these, the ones with 8-bit chroma in the second plane."""
_CHROMA_SAMPLES = 2000
_NO_COLOUR = 128
_COLOURED = 0.05
"""A smaller share of coloured samples is a logo or a lamp."""
_GREY_SPREAD = 2
"""Chroma so near the middle is coding noise: exactly the middle before it was coded. Street scenes
reach 5 to 30."""


class PictureScaler:
    """Turns decoded frames into BGR arrays, straight at the size wanted; safe to share by threads.

    FFmpeg's scaler is set up for one pair of sizes and costs more to set up than to run, so one is
    kept for each target size.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_size: dict[FrameSize, VideoReformatter] = {}

    def to_bgr(self, frame: VideoFrame, size: FrameSize) -> Image:
        """Return the frame as uint8 (height, width, 3), BGR, in the frame's own colour matrix."""
        with self._lock:
            reformatter = self._by_size.setdefault(size, VideoReformatter())
            scaled = reformatter.reformat(frame, size.width, size.height, "bgr24", threads=1)
        return cast("Image", scaled.to_ndarray())


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture. Turning it into an array is work, done only when asked for.

    captured_at: UTC, of the packet it came in.
    """

    frame: VideoFrame
    captured_at: datetime
    scaler: PictureScaler

    @property
    def size(self) -> FrameSize:
        """Its size in pixels."""
        return FrameSize(self.frame.width, self.frame.height)

    def luma(self) -> npt.NDArray[np.uint8]:
        """Return the brightness as coded, uint8 (height, width), read only, mostly not copied."""
        frame = self.frame
        if frame.format.name not in _LUMA_FIRST:
            frame = frame.reformat(format="gray", threads=1)
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        luma: npt.NDArray[np.uint8] = rows[: frame.height, : frame.width]
        luma.flags.writeable = False
        return luma

    def is_grey(self) -> bool:
        """Say whether the picture has no colour, as by infrared light; false where unknown."""
        frame = self.frame
        if frame.format.name not in _CHROMA_BEHIND:
            return False
        plane = np.frombuffer(memoryview(frame.planes[1]), np.uint8)
        sample = plane[:: max(1, plane.size // _CHROMA_SAMPLES)].astype(np.int16)
        coloured = np.count_nonzero(np.abs(sample - _NO_COLOUR) > _GREY_SPREAD)
        return bool(coloured <= _COLOURED * sample.size)

    def thumbnail(self, width: int) -> npt.NDArray[np.uint8]:
        """Return its brightness made small, uint8 (height, `width`), the aspect kept.

        Halved for as long as that can be done: OpenCV halves five times as fast as it divides by
        four at once.
        """
        small: npt.NDArray[np.uint8] = self.luma()
        height = max(1, round(width * small.shape[0] / small.shape[1]))
        while small.shape[1] >= 2 * width and not (small.shape[0] % 2 or small.shape[1] % 2):
            small = _resized(small, small.shape[1] // 2, small.shape[0] // 2)
        return small if small.shape == (height, width) else _resized(small, width, height)

    def to_bgr(self) -> Image:
        """Return the whole picture, uint8 (height, width, 3), BGR."""
        return self.scaler.to_bgr(self.frame, self.size)

    def resized_bgr(self, size: FrameSize) -> Image:
        """Return the picture scaled to a size, uint8 (height, width, 3), BGR, in one step."""
        return self.scaler.to_bgr(self.frame, size)


def _resized(luma: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True)
class DecodeHealth:
    """What became of the packets so far.

    pictures: decoded and handed out. damaged: packets that failed or gave a damaged picture.
    skipped: packets passed over while waiting for a key frame. broken: key frame after key frame
    gives no picture; the camera sends what this machine cannot decode.
    """

    pictures: int = 0
    damaged: int = 0
    skipped: int = 0
    broken: bool = False

    def __add__(self, later: "DecodeHealth") -> "DecodeHealth":
        """Return the health over two spans, the second the later one."""
        return DecodeHealth(
            self.pictures + later.pictures,
            self.damaged + later.damaged,
            self.skipped + later.skipped,
            later.broken,
        )


class PictureDecoder:
    """Decodes the packets of one stream, in their order, on the caller's thread.

    After damage nothing is shown until the next key frame: pictures predicted from a damaged one
    smear, and smears look like movement.

    Raises NotVideoError when this machine has no decoder for the codec.
    """

    def __init__(self, info: StreamInfo) -> None:
        self._info = info
        self._scaler = PictureScaler()
        self._pictures = self._damaged = self._skipped = self._failed_keys = 0
        self._awaits_key = True
        self._context = self._open()

    @property
    def health(self) -> DecodeHealth:
        """Counts since the decoder was made."""
        return DecodeHealth(
            pictures=self._pictures,
            damaged=self._damaged,
            skipped=self._skipped,
            broken=self._failed_keys >= BROKEN_AFTER_KEYS,
        )

    def decode(self, packet: VideoPacket) -> list[Picture]:
        """Return the pictures a packet completes, mostly one; none on damage. Never raises."""
        if self._awaits_key and not packet.is_key:
            self._skipped += 1
            return []
        self._awaits_key = False
        try:
            frames = self._context.decode(_to_av(packet))
        except av.error.FFmpegError:
            return self._give_up(packet)
        if any(frame.is_corrupt for frame in frames):
            return self._give_up(packet)
        self._failed_keys = 0 if frames else self._failed_keys + packet.is_key
        return self._pictures_of(frames)

    def flush(self) -> list[Picture]:
        """Return the pictures still held back for reordering; for the end of a file."""
        try:
            frames = self._context.decode(None)
        except av.error.FFmpegError:
            frames = []
        self._context.flush_buffers()
        self._awaits_key = True
        return self._pictures_of(frames)

    def _open(self) -> VideoCodecContext:
        try:
            context = cast("VideoCodecContext", av.CodecContext.create(self._info.codec, "r"))
        except (av.error.FFmpegError, ValueError):
            context = None
        if context is None:
            raise NotVideoError(
                f"No decoder for {self._info.codec} on this machine; "
                "set the camera's stream to H.264 or H.265."
            )
        context.thread_count = 1
        context.width, context.height = self._info.width, self._info.height
        context.copy_opaque = True
        if self._info.extradata:
            context.extradata = self._info.extradata
        if not self._info.has_b_frames:
            context.flags |= Flags.low_delay
        return context

    def _give_up(self, packet: VideoPacket) -> list[Picture]:
        self._damaged += 1
        self._failed_keys += packet.is_key
        self._awaits_key = True
        self._context.flush_buffers()
        return []

    def _pictures_of(self, frames: list[VideoFrame]) -> list[Picture]:
        pictures = [Picture(frame, _captured_at(frame), self._scaler) for frame in frames]
        self._pictures += len(pictures)
        return pictures


def _captured_at(frame: VideoFrame) -> datetime:
    """Return the time that `_to_av` put into a frame's packet."""
    (captured_at,) = cast("tuple[datetime]", frame.opaque)
    return captured_at


class KeyPictures:
    """Decodes single key frames of many cameras on one thread, with few decoders among them.

    Cameras whose streams are set up alike share one; a picture never depends on another camera's.
    """

    def __init__(self) -> None:
        self._decoders: OrderedDict[tuple[str, int, int, bytes], PictureDecoder] = OrderedDict()

    def decode(self, info: StreamInfo, packet: VideoPacket) -> tuple[Picture | None, DecodeHealth]:
        """Return the picture of a key frame, None when it is damaged; and how that went.

        Raises NotVideoError when this machine has no decoder for the codec.
        """
        decoder = self._decoder_of(info)
        pictures = decoder.decode(packet) or decoder.flush()
        if not pictures:
            return None, DecodeHealth(damaged=1)
        return pictures[-1], DecodeHealth(pictures=1)

    def _decoder_of(self, info: StreamInfo) -> PictureDecoder:
        setup = (info.codec, info.width, info.height, info.extradata)
        decoder = self._decoders.get(setup)
        if decoder is None:
            decoder = self._decoders[setup] = PictureDecoder(info)
            if len(self._decoders) > SHARED_DECODERS:
                self._decoders.popitem(last=False)
        self._decoders.move_to_end(setup)
        return decoder


def _to_av(packet: VideoPacket) -> "av.Packet[Stream]":
    raw = padded_packet(packet.data)
    raw.pts, raw.dts = packet.pts, packet.dts
    raw.time_base = Fraction(1, TICKS_PER_S)
    raw.is_keyframe = packet.is_key
    # PyAV knows an opaque by its identity and forgets it with the first frame that has it: another
    # decoder of the same packet needs one of its own.
    raw.opaque = (packet.captured_at,)
    return raw

"""Compressed video on its way from a camera: what a source yields and the hub passes on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TICKS_PER_S = 90_000
"""Every pts and dts in gridpatrol counts 90 kHz ticks, the RTP clock of video (RFC 3551 §5)."""


class ClockSource(StrEnum):
    """Where `captured_at` comes from: the camera's RTCP sender reports, arrival here, or a file."""

    RTCP = "rtcp"
    ARRIVAL = "arrival"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a video stream before its first picture.

    codec: FFmpeg's short name ("h264", "hevc", "mpeg4"). extradata: the decoder's set-up bytes,
    Annex B for H.264 and H.265 where the source gives it, may be empty. fps: nominal, None when the
    stream does not say. has_b_frames: pictures are sent out of order.
    """

    codec: str
    width: int
    height: int
    fps: float | None
    extradata: bytes
    profile: str | None = None
    has_b_frames: bool = False
    audio_codec: str | None = None


@dataclass(frozen=True, slots=True)
class VideoPacket:
    """One access unit: all bytes of one compressed picture (Annex B for H.264 and H.265).

    pts, dts: 90 kHz ticks, rising over the session (pts may jump back by B-frames). captured_at:
    UTC, by `clock`. received_s: monotonic seconds at arrival.
    """

    data: bytes
    pts: int
    dts: int
    is_key: bool
    captured_at: datetime
    clock: ClockSource
    received_s: float

"""Compressed video and sound on the way from a camera: what links give and the hub passes on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

TICKS_PER_S = 90_000
"""Every pts and dts in gridpatrol counts 90 kHz ticks, the RTP clock of video (RFC 3551 §5)."""


class ClockSource(StrEnum):
    """Where `captured_at` comes from: the camera's RTCP sender reports, arrival here, or a file."""

    RTCP = "rtcp"
    ARRIVAL = "arrival"
    FILE = "file"


class Transport(StrEnum):
    """How RTP is asked for: over the RTSP connection, as datagrams, or by what the camera takes."""

    AUTO = "auto"
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What is known of a stream's sound before the first of it.

    codec: FFmpeg's short name ("pcm_alaw", "pcm_mulaw", "aac", "opus"). sample_rate: hertz.
    extradata: the decoder's set-up bytes (AAC's AudioSpecificConfig), may be empty.
    """

    codec: str
    sample_rate: int
    channels: int
    extradata: bytes = b""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a video stream before its first picture.

    codec: FFmpeg's short name ("h264", "hevc", "mpeg4"). extradata: the decoder's set-up bytes,
    Annex B for H.264 and H.265 where the source gives it, may be empty. fps: nominal, None when the
    stream does not say. has_b_frames: pictures are sent out of order. audio: None without sound,
    and where it was not asked for.
    """

    codec: str
    width: int
    height: int
    fps: float | None
    extradata: bytes
    profile: str | None = None
    has_b_frames: bool = False
    audio: AudioInfo | None = None


@dataclass(slots=True, unsafe_hash=True)
class VideoPacket:
    """One access unit: all bytes of one compressed picture (Annex B for H.264 and H.265).

    pts, dts: 90 kHz ticks, rising over the session (pts may jump back by B-frames). captured_at:
    UTC, by `clock`. received_s: monotonic seconds at arrival.

    Never changed, but by its types alone: a town makes five thousand a second, and to make a frozen
    one takes six times as long.
    """

    data: Final[bytes]
    pts: Final[int]
    dts: Final[int]
    is_key: Final[bool]
    captured_at: Final[datetime]
    clock: Final[ClockSource]
    received_s: Final[float]


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """Some sound, as the camera cut it.

    data: whole coded frames, bare (AAC without ADTS). pts: 90 kHz ticks on the line of its
    session's video. captured_at: UTC. received_s: monotonic seconds at arrival.
    """

    data: bytes
    pts: int
    captured_at: datetime
    received_s: float

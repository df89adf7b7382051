"""Session descriptions (SDP, RFC 4566) as cameras write them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """One track a camera offers.

    kind: "video", "audio" or "application". codec: FFmpeg's short name, "" if unknown. clock_rate:
    RTP ticks a second. control: absolute URL for SETUP. fmtp: format parameters, names in lower
    case. direction: "sendonly", "recvonly", "sendrecv" or "" (as written, from the camera's side).
    framerate: pictures a second as announced, None if not.
    """

    kind: str
    codec: str
    payload_type: int
    clock_rate: int
    channels: int
    control: str
    fmtp: Mapping[str, str] = field(default_factory=dict)
    direction: str = ""
    framerate: float | None = None

"""A stream that an ONVIF camera offers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """One of the camera's streams. bit_rate_kbps, fps: limits set in it, None when not told.

    codec: "h264", "h265", "jpeg" or "mpeg4". encoder, source: tokens of its encoder's settings and
    of its lens, "" when not told. ptz_node: the drive that turns it, None where nothing does.
    """

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float | None
    bit_rate_kbps: int | None
    encoder: str = ""
    source: str = ""
    ptz_node: str | None = None

"""What a rule looks at: the objects in one camera's picture at one moment, and the zones in it."""

from dataclasses import dataclass
from datetime import datetime

from vision.geometry import Polygon
from vision.types import FrameSize, Track

BLIND_AFTER_S = 10.0
"""Two frames further apart than this leave what happened between them unknown: twice the longest
pause between looks (one key frame in 4 s) plus a margin."""


def sighted_s(previous: datetime | None, at: datetime) -> float | None:
    """Return the seconds watched between two frames, None when the camera was blind between them.

    The first frame ever adds no time. Time that runs backwards (a camera's clock was set) counts as
    blindness, because nobody knows how long it really was.
    """
    if previous is None:
        return 0.0
    elapsed = (at - previous).total_seconds()
    return elapsed if 0.0 <= elapsed <= BLIND_AFTER_S else None


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of one camera's picture. id: ASCII, for rules and records; name: for people."""

    id: str
    polygon: Polygon
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of one camera: every living track, detected in this very frame or not."""

    at: datetime
    size: FrameSize
    tracks: tuple[Track, ...]

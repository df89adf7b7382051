"""What a rule looks at: the objects in one camera's picture at one moment, and the places in it."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeAlias

from vision.errors import RuleError
from vision.geometry import Polygon
from vision.types import FrameSize, Track

Point: TypeAlias = tuple[float, float]
"""x, y; normalised 0-1 unless the user says otherwise."""

BLIND_AFTER_S = 10.0
"""Two frames further apart than this leave what happened between them unknown: twice the pause
between looks where something rests (4 s) plus a margin. Where time is short, quiet cameras are seen
less often than that, and the time between is not watched."""


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
class Line:
    """A named stroke across one camera's picture: a tripwire, or the way traffic goes.

    start, end: normalised. To somebody who stands at the start and looks towards the end, side A is
    on the left and side B on the right. Raises RuleError for an end outside the picture, or two
    ends in one place.
    """

    id: str
    start: Point
    end: Point
    name: str = ""

    def __post_init__(self) -> None:
        if not all(0.0 <= value <= 1.0 for value in (*self.start, *self.end)):
            raise RuleError(f"a line's ends lie between 0 and 1, unlike {self.start} or {self.end}")
        if self.start == self.end:
            raise RuleError(f"a line needs two different ends, not twice {self.start}")

    def offset(self, point: Point, aspect: float) -> float:
        """Return how far a point lies off the line drawn on for ever, above 0 on side A.

        In picture heights; aspect: the picture's width over its height.
        """
        across, down = aspect * (self.end[0] - self.start[0]), self.end[1] - self.start[1]
        x, y = aspect * (point[0] - self.start[0]), point[1] - self.start[1]
        return (down * x - across * y) / math.hypot(across, down)

    def along(self, point: Point, aspect: float) -> float:
        """Return how far along the line a point lies: 0 beside its start, 1 beside its end."""
        across, down = aspect * (self.end[0] - self.start[0]), self.end[1] - self.start[1]
        x, y = aspect * (point[0] - self.start[0]), point[1] - self.start[1]
        return (across * x + down * y) / (across**2 + down**2)

    def length(self, aspect: float) -> float:
        """Return its length in picture heights."""
        return math.hypot(aspect * (self.end[0] - self.start[0]), self.end[1] - self.start[1])


@dataclass(frozen=True, slots=True)
class View:
    """What rules find at their camera: the places in its picture, and the site's time zone."""

    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    time_zone: tzinfo = UTC

    def zone(self, wanted: str | None) -> Zone | None:
        """Return the zone of that id, None for None (the whole picture); raises RuleError."""
        if wanted is None:
            return None
        for zone in self.zones:
            if zone.id == wanted:
                return zone
        raise RuleError(f"no zone {wanted!r}; zones here: {_listed(self.zones)}")

    def line(self, wanted: str) -> Line:
        """Return the line of that id; raises RuleError."""
        for line in self.lines:
            if line.id == wanted:
                return line
        raise RuleError(f"no line {wanted!r}; lines here: {_listed(self.lines)}")


def _listed(places: tuple[Zone, ...] | tuple[Line, ...]) -> str:
    return ", ".join(sorted(place.id for place in places)) or "none"


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of one camera: every living track, detected in this very frame or not.

    unfit: why the picture cannot be judged (dark, covered, light that just changed), None when it
    can; what goes on in an unfit picture is unknown, to every rule. armed: whether the rule that is
    asked is on duty; one that is not goes on watching.
    """

    at: datetime
    size: FrameSize
    tracks: tuple[Track, ...]
    unfit: str | None = None
    armed: bool = True

    @property
    def aspect(self) -> float:
        """The picture's width over its height."""
        return self.size.width / self.size.height

    def anchor(self, track: Track) -> Point:
        """Return where a track stands on the ground, normalised."""
        x, y = track.anchor
        return x / self.size.width, y / self.size.height

    def box(self, track: Track) -> tuple[float, float, float, float]:
        """Return a track's box, normalised: x1, y1, x2, y2."""
        x1, y1, x2, y2 = track.xyxy
        width, height = self.size.width, self.size.height
        return x1 / width, y1 / height, x2 / width, y2 / height

    def extent(self, track: Track) -> float:
        """Return the longer side of a track's box, in picture heights."""
        x1, y1, x2, y2 = track.xyxy
        return max(x2 - x1, y2 - y1) / self.size.height

"""The words of water: what is watched, what a look saw, what it was judged to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vision.geometry import Polygon
from vision.scene import Point, Zone
from vision.types import FrameSize, Image

Mask: TypeAlias = npt.NDArray[np.bool_]
"""bool (height, width), true for each pixel that is meant."""
Map: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width), one number for each pixel."""

Feet: TypeAlias = npt.NDArray[np.float32]
"""float32 (N, 3): x and y of where persons' boxes end below, and how tall they are, all in heights
of the picture; the camera's left top is 0."""

SAMPLE_WIDTH = 320
"""Pixels across every picture that water is judged on; the aspect is the camera's, and heights are
even. A staff gauge wants more: marks are read from the full picture."""


class PlaceType(StrEnum):
    """What kind of place a camera overlooks; it sets the lines from which water is dangerous."""

    ROAD = "road"
    UNDERPASS = "underpass"
    YARD = "yard"
    BRIDGE = "bridge"
    SLOPE = "slope"


class Passability(StrEnum):
    """Whether a place can be passed: 通行, 缓行, 禁行."""

    OPEN = "open"
    SLOW = "slow"
    CLOSED = "closed"


class WaterState(StrEnum):
    """What is known of the water at a place, by rising danger."""

    NORMAL = "normal"
    WATCH = "watch"
    YELLOW = "yellow"
    RED = "red"


class Unseen(StrEnum):
    """Why a look says nothing of the water: neither flood nor "all clear"."""

    AWAY = "away"
    """The camera is turned, or turning."""
    SHIFTED = "shifted"
    """The picture cannot be laid over its reference."""
    DARK = "dark"
    DROPS = "drops"
    """Drops or dirt on the lens."""
    HAZE = "haze"
    """Rain, fog or spray between the camera and the ground."""
    COVERED = "covered"
    """Vehicles or persons hide most of the ground, or snow all of it."""
    LEARNING = "learning"
    """No reference was learnt yet that this picture could be compared with."""
    STALE = "stale"
    """No picture came."""
    FAULT = "fault"
    """It could not be judged: the program failed, or the disk refused what was learnt."""


class Wading(StrEnum):
    """How far up those who wade water reaches at least."""

    KNEES = "knees"
    THIGHS = "thighs"


class RainState(StrEnum):
    """What is known of rain at the site."""

    UNKNOWN = "unknown"
    DRY = "dry"
    RAIN = "rain"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of known height on the ground of the place: a gauge, kerb, bollard, painted line.

    foot, top: where it meets the dry ground and where it ends, normalised. height_cm: from foot to
    top, above zero. zero_cm: height of the foot above the lowest dry ground. kind: "gauge" for a
    striped staff gauge, "post" for anything of one colour, "kerb" for an edge along the ground.
    """

    id: str
    foot: Point
    top: Point
    height_cm: float
    zero_cm: float = 0.0
    kind: str = "post"


@dataclass(frozen=True, slots=True)
class PermanentWater:
    """A river or pond. normal: a line (start, end; normalised) at its usual edge; None: ignored."""

    id: str
    polygon: Polygon
    normal: tuple[Point, Point] | None = None


@dataclass(frozen=True, slots=True)
class WaterLines:
    """From where on, and for how long, water at a place counts.

    *_cm: depth; None where depth says nothing there. *_ratio: flooded share of the zones, 0-1;
    *_s: for so long. red_within_s: red too when the trend reaches red within this time. clear_part:
    a state is left below this part of its own entry line, held for clear_s.
    """

    watch_cm: float = 3.0
    watch_ratio: float = 0.05
    watch_s: float = 120.0
    yellow_cm: float = 10.0
    yellow_ratio: float = 0.15
    yellow_s: float = 180.0
    red_cm: float = 30.0
    red_ratio: float = 0.40
    red_s: float = 180.0
    red_within_s: float = 600.0
    clear_part: float = 0.6
    clear_s: float = 600.0


@dataclass(frozen=True, slots=True)
class WaterSetup:
    """What is watched at one camera.

    zones: the lowest places; water anywhere else does not count. text_masks: where the camera
    writes on the picture; None: found automatically. lines: set by the site; None: those of the
    kind of place (`vision.water.lines.PLACE_LINES`).
    """

    place: PlaceType
    zones: tuple[Zone, ...]
    permanent: tuple[PermanentWater, ...] = ()
    text_masks: tuple[Polygon, ...] | None = None
    marks: tuple[Mark, ...] = ()
    lines: WaterLines | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What a camera showed over some seconds, with what moved taken out.

    at: UTC, of the newest picture in it. image: the median, SAMPLE_WIDTH across. blocked: pixels
    that vehicles or persons hide. size: of the camera's own pictures. full: the newest of them at
    its own size, for marks; None where there are none. infrared: it has no colour. stir: how much
    each pixel changes between the pictures, half size, see `vision.water.ripples`; None where they
    are too few to tell. feet: persons wholly seen in the newest picture that was asked for any,
    where they are in it; None where none was.
    """

    at: datetime
    image: Image
    blocked: Mask
    size: FrameSize
    infrared: bool = False
    full: Image | None = None
    stir: Map | None = None
    feet: Feet | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its image, in pixels."""
        height, width = self.image.shape[:2]
        return height, width


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one look says of the water, where it could be seen.

    water: pixels that look like water, inside the zones. seen: pixels of the zones that could be
    judged at all. area_ratio: flooded share of what could be judged, 0-1. strength: how sure, 0-1.
    votes: area_ratio of each witness by itself ("texture", "difference", "network", ...).
    reference: id of the state it was compared with. beyond: share of the ground just beyond the
    zones that looks like water as well, 0-1.
    """

    water: Mask
    seen: Mask
    area_ratio: float
    strength: float
    votes: dict[str, float]
    reference: str
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """How deep, and how that is known. depth_cm: above the lowest dry ground.

    error_cm: a standard deviation. by: "mark".
    """

    depth_cm: float
    error_cm: float
    by: str


@dataclass(frozen=True, slots=True)
class WaterReading:
    """One look's result, as the state machine takes it.

    unseen: why it says nothing, None when it does; then the rest is 0 or None. area_ratio,
    strength: as in `Evidence`.
    """

    at: datetime
    unseen: Unseen | None
    area_ratio: float = 0.0
    strength: float = 0.0
    level: Level | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SlopeJudgement:
    """What is known of a slope.

    moved: whether its scene has. area_ratio: share of the slope that looks otherwise and stayed so,
    0-1. since: when that began, None while it has not. seen: whether this look could be judged.
    where: bool, of the sample's shape.
    """

    at: datetime
    moved: bool
    area_ratio: float
    since: datetime | None
    seen: bool
    where: Mask

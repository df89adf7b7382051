"""The words that pass between the stages of the pipeline; frozen, arrays never written to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

Image: TypeAlias = npt.NDArray[np.uint8]
"""A picture: uint8 (height, width, 3), BGR, top-left origin."""

Boxes: TypeAlias = npt.NDArray[np.float32]
"""float32 (N, 4): x1, y1, x2, y2 in pixels of the source frame, top-left origin."""

Points: TypeAlias = npt.NDArray[np.float32]
"""float32 (N, 2): x, y; pixels or normalised 0-1, the user says which."""


class Kind(str):
    """What an object counts as: any word of 1 to 32 small letters, digits and underscores.

    A model's own labels are mapped on to kinds by its manifest; rules name kinds, whichever model
    finds them. Raises ValueError for text that cannot be one.
    """

    __slots__ = ()

    PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"[a-z0-9_]{1,32}")
    PERSON: ClassVar["Kind"]
    VEHICLE: ClassVar["Kind"]

    def __new__(cls, name: str) -> Self:
        """Return the kind of that name."""
        if not cls.PATTERN.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a kind: 1 to 32 small letters, digits and underscores"
            )
        return super().__new__(cls, name)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> "CoreSchema":
        """Tell pydantic, where it is used, to read a kind from a text."""
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


Kind.PERSON = Kind("person")
Kind.VEHICLE = Kind("vehicle")

KNOWN_KINDS: Final = (Kind.PERSON, Kind.VEHICLE)
"""The kinds of the model that comes with gridpatrol, and of rules that name none."""


class Severity(StrEnum):
    """Three colours: red 红 (act now), yellow 黄 (today), green 绿 (record)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Width and height of a picture, in pixels, both above zero."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """One class of a model: its output index, its own label ("car"), the kind it counts as."""

    index: int
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector saw in one frame, as columns of one length N, by falling score.

    xyxy: `Boxes`, clipped to the frame. score: float32 (N,), 0-1. class_index: int16 (N,), the
    model's own class index. classes: the model's table, by class index.
    """

    xyxy: Boxes
    score: npt.NDArray[np.float32]
    class_index: npt.NDArray[np.int16]
    classes: Mapping[int, ObjectClass]

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        if self.xyxy.shape != (count, 4) or self.score.shape != (count,):
            raise ValueError(f"xyxy {self.xyxy.shape} and score {self.score.shape} do not match")
        if self.class_index.shape != (count,):
            raise ValueError(f"class_index {self.class_index.shape} does not match {count} boxes")

    def __len__(self) -> int:
        return len(self.xyxy)

    def kind(self, row: int) -> Kind:
        """Return the kind of one row."""
        return self.classes[int(self.class_index[row])].kind

    def label(self, row: int) -> str:
        """Return the model's label of one row."""
        return self.classes[int(self.class_index[row])].label


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed in one camera's picture. Ids start at 1 and are never used again.

    xyxy: x1, y1, x2, y2 in pixels of the source frame. score: of the newest detection, 0-1.
    confirmed: seen often enough to count. last_seen_at: when it was last detected, which may be
    before the frame being judged. still_since: when it came to rest, None while it moves; an object
    at rest stays in the list much longer after the detector lost it.
    """

    id: int
    kind: Kind
    label: str
    xyxy: tuple[float, float, float, float]
    score: float
    confirmed: bool
    first_seen_at: datetime
    last_seen_at: datetime
    still_since: datetime | None = None

    @property
    def anchor(self) -> tuple[float, float]:
        """The point where the object stands on the ground: middle of the bottom edge, in pixels."""
        x1, _, x2, y2 = self.xyxy
        return ((x1 + x2) / 2, y2)


Readings: TypeAlias = Mapping[str, float | int | str]
"""What a rule measured, by name with unit: {"count": 3, "dwell_s": 12.4}. JSON-ready."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule's judgement of one subject at one moment: does it hold, and on what evidence.

    subject: what the judgement is about, stable over time ("zone:gate/person"); one incident
    machine runs for each. kind: what an incident of it is called ("person_presence"). score: 0-1,
    how sure. tracks: ids of the tracks that make it hold. seen_at: when its newest evidence was
    seen, None for this very moment. severity: how bad it is now, for what gets worse and better
    again (water); None: as its rule says.
    """

    rule: str
    subject: str
    kind: str
    holds: bool
    score: float = 0.0
    readings: Readings = field(default_factory=dict)
    tracks: tuple[int, ...] = ()
    seen_at: datetime | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many of one sort were counted. label: the model's. direction: None without a line."""

    kind: Kind
    label: str
    direction: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What a counting rule counted in one interval: a statistic, and no incident.

    place: id of the zone or line, None for the whole picture. start, end: the interval, UTC. since:
    the first moment of it that was counted. An interval that is still going on is told again with
    the same `since` and more in it; after an interruption the count begins anew with another, and
    the two add up. watched_s: how much of the interval was watched; what passed in the rest is not
    in the rows.
    """

    rule: str
    place: str | None
    start: datetime
    end: datetime
    since: datetime
    watched_s: float
    rows: tuple[TallyRow, ...]


Finding: TypeAlias = Condition | Tally
"""What a rule may hand over."""


class ChangeType(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Incident:
    """One happening at one place, from the moment its condition began to the moment it ended.

    id: deterministic in (camera, rule, subject, opened_at), so a replay gives the same id.
    opened_at: when the condition began to hold (not when it was confirmed). last_seen_at: when it
    was last seen to hold. closed_at: None while open, then the same as last_seen_at (the closing is
    decided later). readings: the latest, with peaks. zone: id of the zone or line, None for all of
    the picture.
    """

    id: str
    camera: str
    rule: str
    rule_type: str
    subject: str
    kind: str
    severity: Severity
    zone: str | None
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    readings: Readings


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """An incident as it is after a change; `sequence` counts that incident's changes from 0."""

    type: ChangeType
    sequence: int
    at: datetime
    incident: Incident

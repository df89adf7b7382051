"""What people find: by their own eye on a camera, on a patrol round, or out there with a phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.workflow.case import Actor
from vision.types import Severity

FINDING: Final = "finding"
"""Type of the rule in incidents that people find."""
FINDING_RULE: Final = "@finding"
"""Its id: no rule that anybody writes can be called so."""
PLACE_ID: Final = "@place"
"""Stands where a finding names its camera and was seen by none: no slug can be like it."""


class FindingSource(StrEnum):
    """How somebody came to see it."""

    EYE = "eye"
    """On the picture of a camera, outside a round."""
    ROUND = "round"
    """On a patrol round (视频巡逻)."""
    PHOTO = "photo"
    """Being there, with a phone (随手拍)."""


class FindingKind(StrEnum):
    """What people report; words of grid governance, beside those that rules know too."""

    FIRE_SMOKE = "fire_smoke"
    WATERLOGGING = "waterlogging"
    CROWD = "crowd"
    RUBBISH = "rubbish"
    STRAW_BURNING = "straw_burning"
    ROAD_DAMAGE = "road_damage"
    ROAD_BLOCKED = "road_blocked"
    ILLEGAL_BUILDING = "illegal_building"
    ILLEGAL_PARKING = "illegal_parking"
    WATER_POLLUTION = "water_pollution"
    FACILITY_DAMAGE = "facility_damage"
    SAFETY_HAZARD = "safety_hazard"
    DISPUTE = "dispute"
    OTHER = "other"


SEVERITIES: Mapping[FindingKind, Severity] = MappingProxyType(
    {
        FindingKind.FIRE_SMOKE: Severity.RED,
        FindingKind.WATERLOGGING: Severity.RED,
        FindingKind.CROWD: Severity.YELLOW,
        FindingKind.RUBBISH: Severity.GREEN,
        FindingKind.STRAW_BURNING: Severity.YELLOW,
        FindingKind.ROAD_DAMAGE: Severity.YELLOW,
        FindingKind.ROAD_BLOCKED: Severity.YELLOW,
        FindingKind.ILLEGAL_BUILDING: Severity.GREEN,
        FindingKind.ILLEGAL_PARKING: Severity.GREEN,
        FindingKind.WATER_POLLUTION: Severity.YELLOW,
        FindingKind.FACILITY_DAMAGE: Severity.YELLOW,
        FindingKind.SAFETY_HAZARD: Severity.YELLOW,
        FindingKind.DISPUTE: Severity.YELLOW,
        FindingKind.OTHER: Severity.YELLOW,
    }
)
"""How urgent a kind is unless whoever found it says otherwise: chosen here, no standard sets it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a finding beside its incident.

    by: who found it, and in what capacity. text: in their words. place: where, in their words, ""
    where a camera says it. latitude, longitude: WGS 84 degrees, of the phone. round_id: of the
    patrol round, None outside one. Raises ValueError for half a position, and one that is not on
    Earth.
    """

    source: FindingSource
    by: Actor
    text: str
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    round_id: str | None = None

    def __post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("a position has a latitude and a longitude; give both or neither")
        for value, limit in ((self.latitude, 90), (self.longitude, 180)):
            if value is not None and not -limit <= value <= limit:
                raise ValueError(f"no place on Earth is at {value:g} degrees")

"""What is told of the water at a place: conditions, which an `IncidentBook` makes incidents of.

The state machine has done the waiting, so the book waits no more: what holds is opened, what does
not hold is closed, what nobody sees stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from vision.rule import IncidentSpec
from vision.types import Condition, Readings, Severity
from vision.water.lines import PASSABILITY
from vision.water.state import WaterJudgement
from vision.water.trend import Water
from vision.water.types import Evidence, PlaceType, RainState, SlopeJudgement, Wading, WaterState

WATER = "water"
"""What incidents name as the type of their rule."""
WATERLOGGING = "waterlogging"
WATER_UNSEEN = "water_unseen"
SCENE_MOVED = "scene_moved"
PLACE = "place"
"""The subject of all of them: a camera watches one place."""
BLIND_S = 300.0
"""Blindness in rain is told after so long: a lorry that stops and a shower's worst have passed."""
SIGHT_S = 60.0
"""It ends once the ground was seen for so long without a break."""
AGREES = 0.5
"""A witness is named that finds at least this part of the area all of them find together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterSpec(IncidentSpec):
    """When water becomes an incident: at once, the state machine has waited already."""

    type: ClassVar[str] = WATER
    peaks: ClassVar[tuple[str, ...]] = ("area_ratio", "depth_cm")
    words: ClassVar[tuple[str, ...]] = ("wading",)
    update_every_s: ClassVar[float] = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SightSpec(IncidentSpec):
    """When a place that nobody can see, or that moved, becomes an incident: at once as well."""

    type: ClassVar[str] = WATER


HOUR_S = 3600.0
SPECS: Mapping[str, IncidentSpec] = MappingProxyType(
    {
        spec.id: spec
        for spec in (
            WaterSpec(id=WATERLOGGING, confirm_s=0, clear_s=0, cool_down_s=HOUR_S),
            SightSpec(
                id=WATER_UNSEEN,
                severity=Severity.YELLOW,
                confirm_s=0,
                clear_s=0,
                cool_down_s=HOUR_S,
            ),
            SightSpec(
                id=SCENE_MOVED,
                severity=Severity.YELLOW,
                confirm_s=0,
                clear_s=0,
                cool_down_s=24 * HOUR_S,
            ),
        )
    }
)
"""Every kind of incident that a watch of water raises, by kind. What returns within an hour is the
same happening: rain comes in showers."""

SEVERITIES: Mapping[WaterState, Severity] = MappingProxyType(
    {
        WaterState.WATCH: Severity.GREEN,
        WaterState.YELLOW: Severity.YELLOW,
        WaterState.RED: Severity.RED,
    }
)
"""How bad a state is; it rises and falls with it."""
STATES: Mapping[Severity, WaterState] = MappingProxyType({s: w for w, s in SEVERITIES.items()})
"""The state an open incident was left in."""


def waterlogging(
    judgement: WaterJudgement,
    place: PlaceType,
    evidence: Evidence | None,
    wading: Wading | None = None,
) -> Condition:
    """Return the condition of water at a place; what is not seen holds as it was last seen."""
    told = {} if wading is None else {"wading": wading.value}
    return Condition(
        rule=WATERLOGGING,
        subject=PLACE,
        kind=WATERLOGGING,
        holds=judgement.state is not WaterState.NORMAL,
        score=evidence.strength if evidence else 0.0,
        readings={**_readings(judgement, place, evidence), **told},
        seen_at=judgement.wet_at,
        severity=SEVERITIES.get(judgement.state),
    )


def _readings(judgement: WaterJudgement, place: PlaceType, evidence: Evidence | None) -> Readings:
    known: dict[str, float | int | str] = {
        "state": judgement.state.value,
        "passability": PASSABILITY[place][judgement.state].value,
        "reason": judgement.reason.value,
        "rain": judgement.rain.value,
    }
    known |= _amounts(judgement.water) if judgement.water else {}
    if evidence is not None:
        known |= {"reference": evidence.reference, "basis": basis(evidence)}
    if judgement.blind_s >= BLIND_S and judgement.unseen:
        known |= {"unseen": judgement.unseen.value, "blind_s": round(judgement.blind_s)}
    return known


def _amounts(water: Water) -> Readings:
    """Return how much water there is and where it goes; depth only where a mark gave one."""
    amounts = (
        ("area_ratio", water.ratio, 3),
        ("depth_cm", water.depth_cm, 1),
        ("error_cm", water.error_cm, 1),
        ("trend_ratio_per_h", water.ratio_per_h, 2),
        ("trend_cm_per_h", water.cm_per_h, 0),
    )
    known = {name: round(value, digits) for name, value, digits in amounts if value is not None}
    return known | ({"depth_by": water.depth_by} if water.depth_by else {})


def basis(evidence: Evidence) -> str:
    """Return the witnesses that find the water, the surest first, joined by plus signs."""
    votes = sorted(evidence.votes.items(), key=lambda vote: -vote[1])
    least = AGREES * evidence.area_ratio
    return "+".join(name for name, share in votes if share >= least and share > 0)


def scene_moved(judgement: SlopeJudgement) -> Condition:
    """Return the condition of a slope; one that cannot be judged now is as it was."""
    return Condition(
        SCENE_MOVED,
        PLACE,
        kind=SCENE_MOVED,
        holds=judgement.moved,
        score=1.0,
        readings={"area_ratio": round(judgement.area_ratio, 3)},
        seen_at=judgement.at if judgement.seen else judgement.since,
    )


class SightReport:
    """Says when a place cannot be seen although it ought to be: for long, in rain or over water.

    Once it holds, it does until the ground is seen again, even when the rain stops before.
    """

    def __init__(self) -> None:
        self._holds = False
        self._seen_since: datetime | None = None

    def adopt(self) -> None:
        """Go on with a blindness that another process told of."""
        self._holds = True

    def condition(self, judgement: WaterJudgement) -> Condition:
        """Take in a judgement, and return whether the place is blind when it must not be."""
        self._seen_since = (self._seen_since or judgement.at) if judgement.seen else None
        matters = judgement.rain is RainState.RAIN or judgement.state is not WaterState.NORMAL
        if matters and judgement.blind_s >= BLIND_S:
            self._holds = True
        elif self._seen_since and (judgement.at - self._seen_since).total_seconds() >= SIGHT_S:
            self._holds = False
        readings: dict[str, float | int | str] = {"rain": judgement.rain.value}
        if judgement.unseen:
            readings |= {"unseen": judgement.unseen.value, "state": judgement.state.value}
        return Condition(
            WATER_UNSEEN,
            PLACE,
            kind=WATER_UNSEEN,
            holds=self._holds,
            score=1.0,
            readings=readings,
        )

"""Which open cases are one happening, seen by several cameras, and which of them goes on for all.

What is compared is kind, place and time. Nobody is recognised, and nothing is ever lost: a merged
case keeps its evidence and can be split off again, and two that were split are not joined again.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.workflow.case import Step
from gateway.workflow.join_settings import Joining, JoinSettings, KindGroup
from vision.health import FAULT_KINDS
from vision.types import Severity
from vision.water.conditions import SCENE_MOVED, WATER_UNSEEN, WATERLOGGING

EARTH_M = 6_371_008.8
"""Mean radius of the Earth (IUGG): distances on a sphere are true to half a percent."""
UNTOUCHED = frozenset({Step.DISCOVERED, Step.SCREENED, Step.REPORTED})
"""Where a case may be merged by itself: nobody has been sent out for it yet."""
OF_ONE_CAMERA = FAULT_KINDS | {SCENE_MOVED, WATER_UNSEEN}
"""What is wrong with one camera, which no other camera sees."""

_WHOLE: Mapping[str, KindGroup] = {"crowd": KindGroup.CROWD, WATERLOGGING: KindGroup.WATER}
_BEGINNINGS: Mapping[str, KindGroup] = {
    "person_": KindGroup.PEOPLE,
    "vehicle_": KindGroup.VEHICLES,
}
_SEVERITIES = tuple(Severity)
_NOTHING = timedelta()


class Nearness(StrEnum):
    """Why two cameras may see one place, the surest reason first."""

    PLACE = "place"
    """Both name the place they watch alike."""
    DISTANCE = "distance"
    GRID = "grid"
    """They belong to one grid, and how far apart they are is not known."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An open case as one camera saw it begin and last.

    place: what the camera calls the place it watches, "" without a name. latitude, longitude:
    WGS 84 degrees, None unknown. revision: of the case, which a merge must name.
    """

    case_id: str
    revision: int
    step: Step
    kind: str
    severity: Severity
    camera: str
    camera_name: str
    unit: str
    grid: str
    place: str
    latitude: float | None
    longitude: float | None
    opened_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """Two cases that look like one happening.

    merge: the case that ends. into: the one that goes on for both, the earlier. gap: the time
    between them, 0 where they overlap. is_auto: whether it is to be done without asking.
    """

    merge: Sighting
    into: Sighting
    nearness: Nearness
    distance_m: float | None
    gap: timedelta
    is_auto: bool

    @property
    def pair(self) -> frozenset[str]:
        """The ids of both cases."""
        return frozenset((self.merge.case_id, self.into.case_id))


def group_of(kind: str) -> KindGroup | None:
    """Return the group of a kind of incident, None for what concerns one camera alone."""
    if kind in OF_ONE_CAMERA:
        return None
    begun = (group for beginning, group in _BEGINNINGS.items() if kind.startswith(beginning))
    return _WHOLE.get(kind) or next(begun, KindGroup.OTHER)


def matches_of(
    one: Sighting,
    others: Iterable[Sighting],
    settings: JoinSettings,
    apart: Collection[frozenset[str]] = (),
) -> tuple[Match, ...]:
    """Return the cases that look like the same happening as one, the surest and nearest first.

    apart: pairs of ids that people split; they match no more.
    """
    found = (match(one, other, settings) for other in others)
    kept = [hit for hit in found if hit is not None and hit.pair not in apart]
    return tuple(sorted(kept, key=_sureness))


def to_join(
    sightings: Iterable[Sighting],
    fresh: Collection[str],
    settings: JoinSettings,
    apart: Collection[frozenset[str]] = (),
) -> tuple[Match, ...]:
    """Return by which matches cases are to end unasked, at most one for each, the surest.

    sightings: open cases, of which those with ids in `fresh` may end; what does goes on for none.
    """
    longest = max(settings.within(group) for group in KindGroup)
    found: list[Match] = []
    going_on: list[Sighting] = []
    for one in sorted(sightings, key=_age):
        going_on = [other for other in going_on if other.last_seen_at + longest >= one.opened_at]
        likely = matches_of(one, going_on, settings, apart) if one.case_id in fresh else ()
        hit = next((match for match in likely if match.is_auto), None)
        if hit is None:
            going_on.append(one)
        else:
            found.append(hit)
    return tuple(found)


def match(one: Sighting, other: Sighting, settings: JoinSettings) -> Match | None:
    """Return how two cases are one happening, None where they are not."""
    group = group_of(one.kind)
    if group is None or group is not group_of(other.kind) or one.camera == other.camera:
        return None
    joining = settings.joining(group)
    same_kind = group.has_many_kinds or one.kind == other.kind
    gap = _gap(one, other)
    if joining is Joining.OFF or not same_kind or gap > settings.within(group):
        return None
    distance_m = distance(one, other)
    nearness = _nearness(one, other, distance_m, settings.near_m)
    if nearness is None:
        return None
    into, merge = sorted((one, other), key=_age)
    is_auto = joining is Joining.AUTO and nearness is not Nearness.GRID and _may_hide(merge, into)
    return Match(merge, into, nearness, distance_m, gap, is_auto)


def distance(one: Sighting, other: Sighting) -> float | None:
    """Return how far apart two cameras stand, metres along the ground; None where unknown.

    The haversine formula (Sinnott 1984), steady for small distances.
    """
    places = (one.latitude, one.longitude, other.latitude, other.longitude)
    if None in places:
        return None
    lat_1, lon_1, lat_2, lon_2 = (math.radians(value) for value in places if value is not None)
    across = math.sin((lon_2 - lon_1) / 2) ** 2 * math.cos(lat_1) * math.cos(lat_2)
    along = math.sin((lat_2 - lat_1) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, along + across)))


def _nearness(
    one: Sighting, other: Sighting, distance_m: float | None, near_m: float
) -> Nearness | None:
    if one.place and one.place == other.place:
        return Nearness.PLACE
    if distance_m is not None:
        return Nearness.DISTANCE if distance_m <= near_m else None
    is_one_grid = one.grid and (one.unit, one.grid) == (other.unit, other.grid)
    return Nearness.GRID if is_one_grid else None


def _gap(one: Sighting, other: Sighting) -> timedelta:
    later = max(one.opened_at, other.opened_at)
    return max(_NOTHING, later - min(one.last_seen_at, other.last_seen_at))


def _may_hide(merge: Sighting, into: Sighting) -> bool:
    """Say whether a case may vanish behind another unasked: never a worse one, nor one in hand."""
    is_worse = _SEVERITIES.index(merge.severity) > _SEVERITIES.index(into.severity)
    return merge.step in UNTOUCHED and not is_worse


def _age(one: Sighting) -> tuple[datetime, str]:
    return one.opened_at, one.case_id


def _sureness(found: Match) -> tuple[int, float, timedelta, str]:
    metres = math.inf if found.distance_m is None else found.distance_m
    return tuple(Nearness).index(found.nearness), metres, found.gap, found.merge.case_id

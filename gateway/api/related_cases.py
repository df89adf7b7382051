"""What belongs to a case: the same happening at other cameras, what was merged, what was before."""

from fastapi import APIRouter, Depends

from gateway.api.fields import Answer, UtcTime
from gateway.api.incidents import CameraName, IncidentBody, incident_body
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import signed_in
from gateway.api.services import ServicesDep
from gateway.http.errors import ErrorBody
from gateway.store.cases import ListedCase
from gateway.store.inventory import CameraRef
from gateway.store.related_cases import Apart
from gateway.units import Jurisdiction
from gateway.workflow.case import FalseAlarm, Outcome, Step
from gateway.workflow.same_happening import Match, Nearness, Sighting
from vision.types import Severity

router = APIRouter(
    prefix="/api/cases/{incident}/related", tags=["cases"], dependencies=[Depends(signed_in)]
)


class MatchBody(Answer):
    """An open case of another camera that looks like the same happening.

    merge, into, revision: what to ask for to make one case of both: action `merge` of the case
    `merge`, as it is at `revision`, with `into` as the other. gap_s: time between the two, 0 where
    they overlap. by: how sure the place is. is_auto: it is about to be done by itself.
    """

    case: str
    kind: str
    severity: Severity
    camera: CameraName
    opened_at: UtcTime
    by: Nearness
    distance_m: float | None
    gap_s: float
    is_auto: bool
    merge: str
    into: str
    revision: int


class ApartBody(Answer):
    """An open case that people said is not the same happening, or split off.

    To take that back: action `may_match` of either case, with the other as `other`.
    """

    case: str
    kind: str
    severity: Severity
    camera: CameraName
    opened_at: UtcTime
    at: UtcTime
    by: str


class RepeatBody(Answer):
    """An earlier case of the same camera, rule and kind."""

    case: str
    opened_at: UtcTime
    severity: Severity
    step: Step
    outcome: Outcome | None
    reason: FalseAlarm | None


class RepeatsBody(Answer):
    """The earlier cases of 30 days. cases: the newest of them."""

    count: int
    false_alarms: int
    cases: tuple[RepeatBody, ...]


class RelatedBody(Answer):
    """What belongs to a case.

    matches: the surest first; action `differ` with one as `other` takes it away. members: the
    incidents of the cases merged into this one, and into those, oldest first, each with its
    evidence.
    """

    matches: tuple[MatchBody, ...]
    apart: tuple[ApartBody, ...]
    members: tuple[IncidentBody, ...]
    repeats: RepeatsBody


@router.get("", responses={404: {"model": ErrorBody}})
def read_related(incident: str, services: ServicesDep, seen: JurisdictionDep) -> RelatedBody:
    """Return what may be the same happening, what was merged, and what was before at the place.

    Of other places only those that whoever asks may see.
    """
    related, root_path = services.store.related, services.serve.root_path
    repeats = related.repeats(incident)
    matches = (_match(incident, one, seen) for one in related.matches(incident, services.joins))
    apart = (one for one in related.apart(incident) if _is_seen(one.other, seen))
    members = (one for one in related.members(incident) if _is_seen(one.origin.camera, seen))
    return RelatedBody(
        matches=tuple(one for one in matches if one is not None),
        apart=tuple(_apart(one) for one in apart),
        members=tuple(incident_body(one, root_path) for one in members),
        repeats=RepeatsBody(
            count=repeats.count,
            false_alarms=repeats.false_alarms,
            cases=tuple(_repeat(one) for one in repeats.cases),
        ),
    )


def _is_seen(place: Sighting | CameraRef, seen: Jurisdiction | None) -> bool:
    return seen is None or seen.covers(place.unit, place.grid)


def _apart(told: Apart) -> ApartBody:
    other = told.other
    return ApartBody(
        case=other.case_id,
        kind=other.kind,
        severity=other.severity,
        camera=CameraName(id=other.camera, name=other.camera_name),
        opened_at=other.opened_at,
        at=told.deed.at,
        by=told.deed.actor.name,
    )


def _match(incident: str, found: Match, seen: Jurisdiction | None) -> MatchBody | None:
    other: Sighting = found.into if found.merge.case_id == incident else found.merge
    if not _is_seen(other, seen):
        return None
    return MatchBody(
        case=other.case_id,
        kind=other.kind,
        severity=other.severity,
        camera=CameraName(id=other.camera, name=other.camera_name),
        opened_at=other.opened_at,
        by=found.nearness,
        distance_m=None if found.distance_m is None else round(found.distance_m, 1),
        gap_s=round(found.gap.total_seconds(), 1),
        is_auto=found.is_auto,
        merge=found.merge.case_id,
        into=found.into.case_id,
        revision=found.merge.revision,
    )


def _repeat(listed: ListedCase) -> RepeatBody:
    return RepeatBody(
        case=listed.case.id,
        opened_at=listed.incident.incident.opened_at,
        severity=listed.case.severity,
        step=listed.case.step,
        outcome=listed.case.outcome,
        reason=listed.case.reason,
    )

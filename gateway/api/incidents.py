"""Incidents as the console lists them."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from gateway.api.fields import Answer, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.page import PageQuestion
from gateway.api.security import signed_in
from gateway.api.services import ServicesDep
from gateway.finding import Finding, FindingSource
from gateway.http.errors import ErrorBody
from gateway.store.evidence import Evidence, EvidenceType
from gateway.store.incident_list import IncidentFilter, IncidentState
from gateway.store.stored_incident import StoredIncident
from gateway.workflow.case import Step
from vision.types import Severity

router = APIRouter(prefix="/api/incidents", tags=["incidents"], dependencies=[Depends(signed_in)])


class EvidenceBody(Answer):
    """A picture or film that proves an incident; sha256 of the file, hexadecimal.

    deleted_at: when its time was up and the file was deleted, null while it is kept.
    """

    id: str
    type: EvidenceType
    url: str
    content_type: str
    bytes: int
    sha256: str
    deleted_at: UtcTime | None


class CameraName(Answer):
    """The camera of an incident, as it was named when the incident opened."""

    id: str
    name: str


class FindingBody(Answer):
    """What a person tells of what they found. place: in words, "" where a camera says it.

    latitude, longitude: WGS 84 degrees, null unknown. round: id of the patrol round, null outside
    one.
    """

    source: FindingSource
    by: str
    text: str
    place: str
    latitude: float | None
    longitude: float | None
    round: str | None


class IncidentBody(Answer):
    """One happening. posted_at, queue_id: when and where the dispatch queue took it, if it has.

    step, case_revision: how far people are with it; /api/cases has the whole. camera: "@place"
    where a person found it and no camera shows it. finding: null where a camera found it.
    """

    id: str
    kind: str
    severity: Severity
    camera: CameraName
    grid: str
    zone: str | None
    rule: str
    opened_at: UtcTime
    last_seen_at: UtcTime
    closed_at: UtcTime | None
    readings: dict[str, int | float | str]
    evidence: tuple[EvidenceBody, ...]
    posted_at: UtcTime | None
    queue_id: str | None
    step: Step
    case_revision: int
    finding: FindingBody | None


class IncidentsBody(Answer):
    """A page of incidents, newest first. next: what to give as `before` for the page after it."""

    incidents: tuple[IncidentBody, ...]
    next: str | None


class IncidentQuery(PageQuestion):
    """Which incidents: each filter narrows, `before` is the `next` of the page before.

    since, until: when they began, from the one to just before the other. step: how far people are
    with them.
    """

    state: IncidentState | None = None
    camera: str | None = None
    kind: str | None = None
    severity: Severity | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    step: Step | None = None

    @property
    def filter(self) -> IncidentFilter:
        """The same for the store."""
        kinds = (self.state, self.camera, self.kind, self.severity)
        return IncidentFilter(*kinds, since=self.since, until=self.until, step=self.step)


def incident_body(stored: StoredIncident, root_path: str) -> IncidentBody:
    """Return an incident as it goes over the wire; addresses carry the proxy's path prefix."""
    incident, camera = stored.incident, stored.origin.camera
    return IncidentBody(
        id=incident.id,
        kind=incident.kind,
        severity=incident.severity,
        camera=CameraName(id=camera.id, name=camera.name),
        grid=camera.grid,
        zone=incident.zone,
        rule=incident.rule,
        opened_at=incident.opened_at,
        last_seen_at=incident.last_seen_at,
        closed_at=incident.closed_at,
        readings=dict(incident.readings),
        evidence=tuple(evidence_body(piece, root_path) for piece in stored.evidence),
        posted_at=stored.posted_at,
        queue_id=stored.queue_id,
        step=stored.step,
        case_revision=stored.case_revision,
        finding=None if stored.finding is None else _finding_body(stored.finding),
    )


@router.get("")
def list_incidents(
    services: ServicesDep, wanted: Annotated[IncidentQuery, Query()], seen: JurisdictionDep
) -> IncidentsBody:
    """Return a page of incidents, newest first."""
    page = services.store.incident_list.page(
        replace(wanted.filter, within=seen),
        wanted.cursor,
        wanted.limit,
    )
    root_path = services.serve.root_path
    return IncidentsBody(
        incidents=tuple(incident_body(stored, root_path) for stored in page.incidents),
        next=None if page.next is None else str(page.next),
    )


@router.get("/{incident}", responses={404: {"model": ErrorBody}})
def read_incident(incident: str, services: ServicesDep) -> IncidentBody:
    """Return one incident."""
    return incident_body(services.store.incidents.get(incident), services.serve.root_path)


def _finding_body(finding: Finding) -> FindingBody:
    return FindingBody(
        source=finding.source,
        by=finding.by.name,
        text=finding.text,
        place=finding.place,
        latitude=finding.latitude,
        longitude=finding.longitude,
        round=finding.round_id,
    )


def evidence_body(piece: Evidence, root_path: str) -> EvidenceBody:
    """Return a piece of evidence as it goes over the wire."""
    return EvidenceBody(
        id=piece.id,
        type=piece.type,
        url=f"{root_path}{piece.url}",
        content_type=piece.content_type,
        bytes=piece.size_bytes,
        sha256=piece.sha256,
        deleted_at=piece.deleted_at,
    )

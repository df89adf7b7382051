"""The messages of the dispatch queue: CloudEvents 1.0, structured JSON, one for each revision.

The models below are the published contract; docs/schema/incident-v1.json is generated from them.
The same incident and change give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.clock import to_iso
from gateway.finding import Finding, FindingSource
from gateway.store.evidence import Evidence, EvidenceType
from gateway.store.inventory import CameraRef
from gateway.store.stored_incident import Ending, ModelRef, StoredIncident
from vision.types import ChangeType, Severity

DATA_SCHEMA: Final = "urn:gridpatrol:schema:incident-v1"
SCHEMA_VERSION = 2
"""Rises with every change of the schema, which allows no fields but its own."""

Time = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
"""UTC, ISO 8601, milliseconds."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Reading = int | float | str


def _is_absent(value: object) -> bool:
    return value is None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CameraPart(_Part):
    """The camera, as it was named when the incident opened."""

    id: str
    """"@site" where the incident is of no one camera: a unit that dropped, the disk, a patrol;
    "@place" where a person found it and no camera shows it."""
    name: str
    """Of a place without camera: where it is, in words."""
    channel_code: str
    """The grid platform's number of the camera, "" if it has none."""
    unit: str
    """County, town or village, "" if not set."""
    grid: str
    """Grid cell (网格), "" if not set."""


class RulePart(_Part):
    """The rule that opened the incident."""

    id: str
    type: str


class EvidencePart(_Part):
    """One file that proves the incident."""

    id: str
    type: EvidenceType
    sha256: Sha256
    bytes: int = Field(ge=0)
    url: str
    """Path below the root of this site's gridpatrol; needs a sign-in."""


class ModelPart(_Part):
    """The model that saw it."""

    name: str
    """"none", with a sha256 of zeros, where no model did: a camera's health, its own alarm."""
    sha256: Sha256


class VersionsPart(_Part):
    """What wrote the message."""

    gridpatrol: str
    message: int = Field(ge=1)


class FindingPart(_Part):
    """What a person tells of what they found."""

    source: FindingSource
    by: str
    """Who found it."""
    text: str
    place: str
    """Where, in words, "" where a camera says it."""
    latitude: float | None
    longitude: float | None
    """WGS 84 degrees, None unknown."""


class IncidentPart(_Part):
    """The incident as it is at this revision; each message carries all of it."""

    id: str
    revision: int = Field(ge=0)
    """Counts the messages about this incident; a lower one than you have seen is old news."""
    kind: str
    severity: Severity
    camera: CameraPart
    zone: str | None
    """None: the rule looks at the whole picture."""
    rule: RulePart
    opened_at: Time
    last_seen_at: Time
    closed_at: Time | None
    """None while open, and again when an incident that was cleared is taken up once more."""
    ending: Ending | None
    """None while open; interrupted: the watching stopped, nobody knows how it went on."""
    readings: Mapping[str, Reading]
    evidence: tuple[EvidencePart, ...]
    model: ModelPart
    versions: VersionsPart
    finding: FindingPart | None = Field(None, exclude_if=_is_absent)
    """Only where a person found it; other messages are without it."""


class IncidentData(_Part):
    """The `data` of an incident event."""

    incident: IncidentPart


class IncidentEvent(_Part):
    """An event of the dispatch queue: CloudEvents 1.0, structured mode."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """The same for every delivery of one event: drop what you have seen."""
    source: str
    type: Literal[
        "gridpatrol.incident.opened", "gridpatrol.incident.updated", "gridpatrol.incident.closed"
    ]
    subject: str
    """The incident's id."""
    time: Time
    """When it happened; the queue's own entry id says when it was delivered."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Literal["urn:gridpatrol:schema:incident-v1"] = DATA_SCHEMA
    data: IncidentData


_TYPES: Mapping[ChangeType, str] = {
    change: f"gridpatrol.incident.{change}" for change in ChangeType
}


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Writes the messages of one site; give it to the store as `compose`."""

    site: str

    def __call__(self, stored: StoredIncident, change: ChangeType, at: datetime) -> str:
        """Return the event that tells of an incident's newest revision, as JSON."""
        event = IncidentEvent.model_validate(
            {
                "id": stored.event_id,
                "source": f"/gridpatrol/{self.site}",
                "type": _TYPES[change],
                "subject": stored.incident.id,
                "time": to_iso(at),
                "data": IncidentData(incident=_incident(stored)),
            }
        )
        return event.model_dump_json()


def _incident(stored: StoredIncident) -> IncidentPart:
    incident, origin = stored.incident, stored.origin
    return IncidentPart(
        id=incident.id,
        revision=stored.revision,
        kind=incident.kind,
        severity=incident.severity,
        camera=camera_part(origin.camera),
        zone=incident.zone,
        rule=RulePart(id=incident.rule, type=incident.rule_type),
        opened_at=to_iso(incident.opened_at),
        last_seen_at=to_iso(incident.last_seen_at),
        closed_at=None if incident.closed_at is None else to_iso(incident.closed_at),
        ending=stored.ending,
        readings=dict(sorted(incident.readings.items())),
        evidence=tuple(_evidence(piece) for piece in stored.evidence if piece.deleted_at is None),
        model=_model(origin.model),
        versions=VersionsPart(gridpatrol=origin.version, message=SCHEMA_VERSION),
        finding=None if stored.finding is None else _finding(stored.finding),
    )


def _finding(finding: Finding) -> FindingPart:
    return FindingPart(
        source=finding.source,
        by=finding.by.name,
        text=finding.text,
        place=finding.place,
        latitude=finding.latitude,
        longitude=finding.longitude,
    )


def camera_part(camera: CameraRef) -> CameraPart:
    """Return a camera's names as messages give them."""
    return CameraPart(
        id=camera.id,
        name=camera.name,
        channel_code=camera.channel_code,
        unit=camera.unit,
        grid=camera.grid,
    )


def _evidence(piece: Evidence) -> EvidencePart:
    return EvidencePart(
        id=piece.id, type=piece.type, sha256=piece.sha256, bytes=piece.size_bytes, url=piece.url
    )


def _model(model: ModelRef) -> ModelPart:
    return ModelPart(name=model.name, sha256=model.sha256)

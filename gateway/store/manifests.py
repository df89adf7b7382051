"""Manifests: what belongs to a closed case, sealed in the transaction that closed it.

A case that goes on after that, by a comment, a clip that came late or being closed again, gets
another manifest beside the first. The audit log tells the sha256 of each.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, func, insert, select

from gateway.clock import to_iso
from gateway.errors import NotFoundError
from gateway.store.case_rows import CaseChange, read_case, read_trail
from gateway.store.database import Database
from gateway.store.evidence import Evidence, EvidenceType
from gateway.store.stored_incident import StoredIncident, assemble, row_of
from gateway.store.tables import cases, manifests
from gateway.workflow.case import Case

MANIFEST_SCHEMA: Final = "urn:gridpatrol:schema:manifest-v1"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SealedCamera(_Part):
    """The camera, as it was named when the incident opened."""

    id: str
    name: str
    channel_code: str
    unit: str
    grid: str


class SealedIncident(_Part):
    """What happened, as it was recorded."""

    id: str
    kind: str
    severity: str
    camera: SealedCamera
    rule: str
    rule_type: str
    zone: str | None
    opened_at: str
    last_seen_at: str
    closed_at: str | None
    ending: str | None
    readings: dict[str, int | float | str]
    model: str
    model_sha256: str
    version: str
    """Of gridpatrol, when it was recorded."""


class SealedFile(_Part):
    """A file. path: below the data directory of the machine it was kept on."""

    id: str
    type: EvidenceType
    path: str
    bytes: int
    sha256: str
    created_at: str
    deleted_at: str | None
    """When retention deleted it, None while it was kept."""


class SealedChange(_Part):
    """An entry of the case's trail: who did what, and where the case then stood."""

    revision: int
    at: str
    action: str
    party: str
    actor: str
    step: str
    note: str
    handler: str
    deadline: str | None
    reason: str | None
    other: str | None


class Manifest(_Part):
    """Everything that belongs to a case. number: counts the manifests of the case from 1."""

    dataschema: Literal["urn:gridpatrol:schema:manifest-v1"] = MANIFEST_SCHEMA
    number: int = Field(ge=0)
    sealed_at: str
    step: str
    outcome: str | None
    reason: str | None
    incident: SealedIncident
    files: tuple[SealedFile, ...]
    trail: tuple[SealedChange, ...]
    merged: tuple[str, ...]
    """Ids of the cases that this one goes on for."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest as it is kept. body: JSON; sha256: of its UTF-8 bytes, hexadecimal."""

    incident_id: str
    number: int
    sealed_at: datetime
    body: str
    sha256: str

    @property
    def is_whole(self) -> bool:
        """Whether the text still is what was sealed."""
        return sha256_of(self.body) == self.sha256

    def opened(self) -> Manifest:
        """Return what it says; raises pydantic.ValidationError for a text that is none."""
        return Manifest.model_validate_json(self.body)


def seal(connection: Connection, incident_id: str, at: datetime) -> Sealed:
    """Seal what belongs to a case, within the transaction that changed it last."""
    its = manifests.c.incident_id == incident_id
    number = (connection.scalar(select(func.max(manifests.c.number)).where(its)) or 0) + 1
    body = describe(connection, incident_id, number, at).model_dump_json()
    sealed = Sealed(incident_id, number, at, body, sha256_of(body))
    connection.execute(
        insert(manifests).values(
            incident_id=incident_id, number=number, sealed_at=at, body=body, sha256=sealed.sha256
        )
    )
    return sealed


def describe(connection: Connection, incident_id: str, number: int, at: datetime) -> Manifest:
    """Return what belongs to a case now; raises NotFoundError."""
    row = row_of(connection, incident_id)
    if row is None:
        raise NotFoundError(f"there is no case {incident_id}")
    (stored,) = assemble(connection, [row])
    case = read_case(connection, incident_id)
    merged = select(cases.c.incident_id).where(cases.c.merged_into == incident_id)
    return Manifest(
        number=number,
        sealed_at=to_iso(at),
        step=case.step,
        outcome=case.outcome,
        reason=case.reason,
        incident=_incident(stored, case),
        files=tuple(_file(piece) for piece in stored.evidence),
        trail=tuple(_change(change) for change in read_trail(connection, incident_id)),
        merged=tuple(connection.scalars(merged.order_by(cases.c.incident_id))),
    )


def sha256_of(body: str) -> str:
    """Return the sha256 of a text's UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


class Manifests:
    """The sealed manifests in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, incident_id: str) -> tuple[Sealed, ...]:
        """Return the manifests of a case, the first first."""
        query = select(manifests).where(manifests.c.incident_id == incident_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(manifests.c.number)).mappings()
            return tuple(_sealed(row) for row in rows)

    def describe(self, incident_id: str, number: int, at: datetime) -> Manifest:
        """Return what belongs to a case now, under a number and a time; raises NotFoundError."""
        with self._database.read() as connection:
            return describe(connection, incident_id, number, at)


def _sealed(row: RowMapping) -> Sealed:
    return Sealed(**row)


def _incident(stored: StoredIncident, case: Case) -> SealedIncident:
    incident, origin = stored.incident, stored.origin
    camera = origin.camera
    return SealedIncident(
        id=incident.id,
        kind=incident.kind,
        severity=case.severity,
        camera=SealedCamera(
            id=camera.id,
            name=camera.name,
            channel_code=camera.channel_code,
            unit=camera.unit,
            grid=camera.grid,
        ),
        rule=incident.rule,
        rule_type=incident.rule_type,
        zone=incident.zone,
        opened_at=to_iso(incident.opened_at),
        last_seen_at=to_iso(incident.last_seen_at),
        closed_at=_time(incident.closed_at),
        ending=stored.ending,
        readings=dict(incident.readings),
        model=origin.model.name,
        model_sha256=origin.model.sha256,
        version=origin.version,
    )


def _file(piece: Evidence) -> SealedFile:
    return SealedFile(
        id=piece.id,
        type=piece.type,
        path=piece.path,
        bytes=piece.size_bytes,
        sha256=piece.sha256,
        created_at=to_iso(piece.created_at),
        deleted_at=_time(piece.deleted_at),
    )


def _change(change: CaseChange) -> SealedChange:
    deed = change.deed
    return SealedChange(
        revision=change.revision,
        at=to_iso(deed.at),
        action=deed.action,
        party=deed.actor.party,
        actor=deed.actor.name,
        step=change.step,
        note=deed.note,
        handler=deed.handler,
        deadline=_time(deed.deadline),
        reason=deed.reason,
        other=deed.other,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)

"""An incident as the store has it, and how it is put together from its rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, bindparam, select

from gateway.finding import FINDING, Finding
from gateway.store.evidence import Evidence, evidence_of
from gateway.store.findings import findings_of
from gateway.store.inventory import CameraRef
from gateway.store.outbox import event_id
from gateway.store.tables import cases, incidents, outbox
from gateway.workflow.case import Step
from vision.types import Incident, Severity

_ONE = select(incidents).where(incidents.c.id == bindparam("this"))
_POSTED = select(outbox.c.incident_id, outbox.c.delivered_at, outbox.c.queue_id).where(
    outbox.c.incident_id.in_(bindparam("ids", expanding=True)), outbox.c.revision == 0
)
_STOOD = select(cases.c.incident_id, cases.c.step, cases.c.revision).where(
    cases.c.incident_id.in_(bindparam("ids", expanding=True))
)


class Ending(StrEnum):
    """Why an incident is closed: its condition ended, or the worker that watched it stopped."""

    CLEARED = "cleared"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that saw an incident: its name and the sha256 of its file, hexadecimal."""

    name: str
    sha256: str


NO_MODEL = ModelRef("none", "0" * 64)
"""For incidents that no model saw: a camera's own health, its own alarms, the site's."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What an incident comes from: the camera, the model, the version of gridpatrol."""

    camera: CameraRef
    model: ModelRef
    version: str


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident as the store has it. revision: counts its messages from 0.

    ending: None while open. posted_at, queue_id: when and where its first message reached the
    dispatch queue, None before. step, case_revision: how far people are with it. finding: of one
    that people found, None where a camera did.
    """

    incident: Incident
    origin: Origin
    revision: int
    ending: Ending | None
    evidence: tuple[Evidence, ...]
    posted_at: datetime | None
    queue_id: str | None
    step: Step
    case_revision: int
    finding: Finding | None = None

    @property
    def event_id(self) -> str:
        """Id of the event that tells of this revision."""
        return event_id(self.incident.id, self.revision)


def assemble(connection: Connection, rows: Sequence[RowMapping]) -> tuple[StoredIncident, ...]:
    """Return the incidents of these rows, in their order, with evidence and delivery: 3 queries.

    One more where people found some of them.
    """
    ids = [row["id"] for row in rows]
    evidence = evidence_of(connection, ids)
    posted = connection.execute(_POSTED, {"ids": ids})
    posts = {incident_id: (at, queue_id) for incident_id, at, queue_id in posted}
    stood = connection.execute(_STOOD, {"ids": ids})
    steps = {incident_id: (Step(step), revision) for incident_id, step, revision in stood}
    by_people = [row["id"] for row in rows if row["rule_type"] == FINDING]
    found = findings_of(connection, by_people) if by_people else {}
    return tuple(
        StoredIncident(
            incident=incident_of(row),
            origin=_origin(row),
            revision=row["revision"],
            ending=None if row["ending"] is None else Ending(row["ending"]),
            evidence=evidence[row["id"]],
            posted_at=posts.get(row["id"], (None, None))[0],
            queue_id=posts.get(row["id"], (None, None))[1],
            step=steps[row["id"]][0],
            case_revision=steps[row["id"]][1],
            finding=found.get(row["id"]),
        )
        for row in rows
    )


def row_of(connection: Connection, incident_id: str) -> RowMapping | None:
    """Return the row of one incident, None when there is none."""
    return connection.execute(_ONE, {"this": incident_id}).mappings().first()


def _origin(row: RowMapping) -> Origin:
    camera = CameraRef(
        id=row["camera_id"],
        name=row["camera_name"],
        channel_code=row["channel_code"],
        unit=row["unit"],
        grid=row["grid"],
    )
    return Origin(camera, ModelRef(row["model_name"], row["model_sha256"]), row["version"])


def incident_of(row: RowMapping) -> Incident:
    """Return the incident that a row of the table holds."""
    return Incident(
        id=row["id"],
        camera=row["camera_id"],
        rule=row["rule"],
        rule_type=row["rule_type"],
        subject=row["subject"],
        kind=row["kind"],
        severity=Severity(row["severity"]),
        zone=row["zone"],
        opened_at=row["opened_at"],
        last_seen_at=row["last_seen_at"],
        closed_at=row["closed_at"],
        readings=json.loads(row["readings"]),
    )

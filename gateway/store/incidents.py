"""Incidents: each change is kept with its evidence, its outbox message and its journal entry.

One transaction carries all four, so that a crash leaves all or none, and repeating a change after a
crash does nothing. The first also makes the incident's case.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, Select, insert, select, update

from gateway.audit.act import SYSTEM, Act, AuditAction, Detail, case_object
from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.finding import FINDING, Finding
from gateway.store.audit_log import tell
from gateway.store.case_rows import open_case, refresh_due
from gateway.store.database import Database
from gateway.store.evidence import Evidence, add_missing
from gateway.store.findings import add_finding
from gateway.store.journal import Topic, note
from gateway.store.manifests import seal
from gateway.store.outbox import post
from gateway.store.stored_incident import (
    Ending,
    Origin,
    StoredIncident,
    assemble,
    incident_of,
    row_of,
)
from gateway.store.tables import cases, incidents
from gateway.workflow.case import Step
from vision.health import HEALTH
from vision.types import ChangeType, Incident, IncidentChange
from vision.water.conditions import WATER

Compose: TypeAlias = Callable[[StoredIncident, ChangeType, datetime], str]
"""Writes the message about an incident after a change at a time: a CloudEvent as JSON."""


class Incidents:
    """The incidents in the store, as the pipeline writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        change: IncidentChange,
        origin: Origin,
        evidence: Sequence[Evidence],
        compose: Compose,
        finding: Finding | None = None,
    ) -> StoredIncident | None:
        """Keep a change and queue its message; return the incident, None if it was kept already.

        Changes of one incident come with rising `sequence`; one not above the last kept is a
        repeat. An incident whose condition ended may be taken up again (a rule's cool-down); one
        that was interrupted stays closed, as who watched it is gone. finding: what is known of one
        that a person found, with its first change. Raises StorageError; then nothing was kept.
        """
        incident = change.incident
        with self._database.write() as connection:
            row = row_of(connection, incident.id)
            if row is None:
                values = _identity(incident, origin) | _progress(change) | {"revision": 0}
                connection.execute(insert(incidents).values(**values))
                open_case(connection, incident, finding.by if finding else None)
                if finding is not None:
                    add_finding(connection, incident.id, finding)
            elif change.sequence <= row["change_sequence"] or row["ending"] == Ending.INTERRUPTED:
                return None
            else:
                values = _progress(change) | {"revision": row["revision"] + 1}
                _update(connection, incident.id, values)
                if incident.severity != row["severity"]:
                    refresh_due(connection, incident.id)
            add_missing(connection, evidence)
            return _announce(connection, incident.id, change.type, change.at, compose)

    def add_evidence(
        self, incident_id: str, evidence: Sequence[Evidence], at: datetime, compose: Compose
    ) -> StoredIncident | None:
        """Attach evidence that came later, a clip, and queue an `updated` message.

        Returns the incident, None if it had all of it already. Raises NotFoundError, StorageError.
        """
        with self._database.write() as connection:
            row = row_of(connection, incident_id)
            if row is None:
                raise NotFoundError(f"there is no incident {incident_id}")
            if add_missing(connection, evidence) == 0:
                return None
            _update(connection, incident_id, {"revision": row["revision"] + 1})
            return _announce(connection, incident_id, ChangeType.UPDATED, at, compose)

    def interrupt(
        self, camera_id: str, at: datetime, compose: Compose
    ) -> tuple[StoredIncident, ...]:
        """Close what a camera's last worker left open when it ended; return those incidents.

        They end when they were last seen: nobody knows about later. What tells of the camera's own
        health, or of water, stays: a restart is no cure, whoever watches next goes on with it
        (`left_open`). So does what people found.
        """
        seen = _open_of(camera_id).where(incidents.c.rule_type.not_in((HEALTH, WATER, FINDING)))
        return self._interrupt(seen, at, compose)

    def abandon(self, camera_id: str, rule_type: str, at: datetime, compose: Compose) -> None:
        """Close what is open of a camera by rules of one type: they are not asked any more."""
        given_up = _open_of(camera_id).where(incidents.c.rule_type == rule_type)
        self._interrupt(given_up, at, compose)

    def give_up(self, camera_id: str, at: datetime, compose: Compose) -> tuple[StoredIncident, ...]:
        """Close what is open of a camera that is taken away; return those incidents.

        What people found stays: it is no less there.
        """
        seen = _open_of(camera_id).where(incidents.c.rule_type != FINDING)
        return self._interrupt(seen, at, compose)

    def settle_findings(self, at: datetime, compose: Compose) -> tuple[StoredIncident, ...]:
        """Close the incidents that people found and whose cases are closed; return them.

        Nothing watches such a place: that people are done with it is all there is to know.
        """
        done = (
            select(incidents)
            .join(cases, cases.c.incident_id == incidents.c.id)
            .where(
                incidents.c.rule_type == FINDING,
                incidents.c.closed_at.is_(None),
                cases.c.step == Step.CLOSED,
            )
        )
        return self._close(done, Ending.CLEARED, at, compose)

    def left_open(
        self, rules: Collection[str], camera_id: str | None = None
    ) -> tuple[IncidentChange, ...]:
        """Return the last change of each open incident of these rules, oldest first.

        For `IncidentBook.adopt`. camera_id: of one camera; None for all.
        """
        query = select(incidents).where(
            incidents.c.closed_at.is_(None), incidents.c.rule.in_(rules)
        )
        if camera_id is not None:
            query = query.where(incidents.c.camera_id == camera_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(incidents.c.opened_at, incidents.c.id))
            return tuple(
                IncidentChange(
                    ChangeType.UPDATED,
                    row["change_sequence"],
                    row["last_seen_at"],
                    incident_of(row),
                )
                for row in rows.mappings()
            )

    def _interrupt(
        self, which: Select[*tuple[object, ...]], at: datetime, compose: Compose
    ) -> tuple[StoredIncident, ...]:
        return self._close(which, Ending.INTERRUPTED, at, compose)

    def _close(
        self, which: Select[*tuple[object, ...]], ending: Ending, at: datetime, compose: Compose
    ) -> tuple[StoredIncident, ...]:
        """Close incidents; one that ended well did so now, of another nobody knows so late."""
        closed = []
        with self._database.write() as connection:
            for row in connection.execute(which).mappings().all():
                values = {
                    "closed_at": at if ending is Ending.CLEARED else row["last_seen_at"],
                    "ending": ending,
                    "revision": row["revision"] + 1,
                }
                _update(connection, row["id"], values)
                closed.append(_announce(connection, row["id"], ChangeType.CLOSED, at, compose))
        return tuple(closed)

    def open_incidents(self, camera_id: str) -> tuple[StoredIncident, ...]:
        """Return the open incidents of a camera, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_open_of(camera_id)).mappings().all()
            return assemble(connection, rows)

    def get(self, incident_id: str) -> StoredIncident:
        """Return one incident; raises NotFoundError."""
        with self._database.read() as connection:
            row = row_of(connection, incident_id)
            if row is None:
                raise NotFoundError(f"there is no incident {incident_id}")
            return assemble(connection, [row])[0]


def _open_of(camera_id: str) -> Select[*tuple[object, ...]]:
    return (
        select(incidents)
        .where(incidents.c.camera_id == camera_id, incidents.c.closed_at.is_(None))
        .order_by(incidents.c.opened_at, incidents.c.id)
    )


def _update(connection: Connection, incident_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(incidents).where(incidents.c.id == incident_id).values(**values))


def _announce(
    connection: Connection, incident_id: str, kind: ChangeType, at: datetime, compose: Compose
) -> StoredIncident:
    """Queue the message about an incident as it now is, and tell the journal."""
    row = row_of(connection, incident_id)
    assert row is not None  # noqa: S101 - written by the caller in this transaction
    stored = assemble(connection, [row])[0]
    now = utc_now()
    post(connection, incident_id, stored.revision, compose(stored, kind, at), now)
    note(connection, Topic.INCIDENT, incident_id, now)
    if stored.step is Step.CLOSED:
        sealed = seal(connection, incident_id, now)
        detail: Detail = {"number": sealed.number, "manifest": sealed.sha256}
        action, case = AuditAction.CASE_SEALED, case_object(incident_id)
        tell(connection, Act(now, SYSTEM, action, case, detail))
    return stored


def _identity(incident: Incident, origin: Origin) -> dict[str, object]:
    """Return the columns that never change."""
    camera = origin.camera
    return {
        "id": incident.id,
        "camera_id": incident.camera,
        "camera_name": camera.name,
        "channel_code": camera.channel_code,
        "unit": camera.unit,
        "grid": camera.grid,
        "rule": incident.rule,
        "rule_type": incident.rule_type,
        "subject": incident.subject,
        "kind": incident.kind,
        "zone": incident.zone,
        "opened_at": incident.opened_at,
        "model_name": origin.model.name,
        "model_sha256": origin.model.sha256,
        "version": origin.version,
    }


def _progress(change: IncidentChange) -> dict[str, object]:
    """Return the columns that a change brings up to date."""
    incident = change.incident
    return {
        "severity": incident.severity,
        "last_seen_at": incident.last_seen_at,
        "closed_at": incident.closed_at,
        "ending": None if incident.closed_at is None else Ending.CLEARED,
        "readings": json.dumps(dict(incident.readings), ensure_ascii=False, sort_keys=True),
        "change_sequence": change.sequence,
    }

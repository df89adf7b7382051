"""Incidents: each change is kept with its evidence, its outbox message and its journal entry.

One transaction carries all four, so that a crash leaves all or none, and repeating a change after a
crash does nothing. The first also makes the incident's case.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from gateway.audit.act import SYSTEM, Act, AuditAction, Detail, case_object
from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.finding import FINDING, Finding
from gateway.store.audit_log import tell
from gateway.store.case_rows import open_case, refresh_due
from gateway.store.database import Database
from gateway.store.evidence import Evidence, add, in_order
from gateway.store.findings import add_finding
from gateway.store.journal import Topic, note
from gateway.store.manifests import seal
from gateway.store.outbox import URGENCIES, Posting, post
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
from vision.types import ChangeType, Incident, IncidentChange, Severity
from vision.water.conditions import WATER

Compose: TypeAlias = Callable[[StoredIncident, ChangeType, datetime], str]
"""Writes the message about an incident after a change at a time: a CloudEvent as JSON."""

_BEGIN = insert(incidents)
_CHANGE = update(incidents).where(incidents.c.id == bindparam("this"))
"""Made once: what a statement is to be is found out anew each time that it is put together."""


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
        with self._database.write() as connection:
            row = row_of(connection, change.incident.id)
            if row is None:
                stored = _begin(connection, change, origin, evidence, finding)
                before = None
            elif change.sequence <= row["change_sequence"] or row["ending"] == Ending.INTERRUPTED:
                return None
            else:
                before = assemble(connection, [row])[0]
                stored = _go_on(connection, before, change, evidence)
            news = _News(change.type, change.at, compose, before)
            return _announce(connection, stored, news)

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
            before = assemble(connection, [row])[0]
            stored = _with_evidence(connection, before, evidence)
            if stored is before:
                return None
            stored = replace(stored, revision=before.revision + 1)
            _update(connection, incident_id, {"revision": stored.revision})
            return _announce(connection, stored, _News(ChangeType.UPDATED, at, compose, before))

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
            rows = connection.execute(which).mappings().all()
            for before in assemble(connection, rows):
                last_seen = before.incident.last_seen_at
                closed_at = at if ending is Ending.CLEARED else last_seen
                stored = replace(
                    before,
                    incident=replace(before.incident, closed_at=closed_at),
                    ending=ending,
                    revision=before.revision + 1,
                )
                values = {"closed_at": closed_at, "ending": ending, "revision": stored.revision}
                _update(connection, before.incident.id, values)
                news = _News(ChangeType.CLOSED, at, compose, before)
                closed.append(_announce(connection, stored, news))
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


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be told of an incident. before: as it was, None: it is new."""

    kind: ChangeType
    at: datetime
    compose: Compose
    before: StoredIncident | None


def _begin(
    connection: Connection,
    change: IncidentChange,
    origin: Origin,
    evidence: Sequence[Evidence],
    finding: Finding | None,
) -> StoredIncident:
    """Write a new incident and its case; return it as the store now has it, without reading it."""
    incident = change.incident
    row = _identity(incident, origin) | _progress(change) | {"revision": 0}
    connection.execute(_BEGIN, row)
    case = open_case(connection, incident, finding.by if finding else None)
    if finding is not None:
        add_finding(connection, incident.id, finding)
    stored = StoredIncident(
        incident=_gone_on(incident, to=incident),
        origin=replace(origin, camera=replace(origin.camera, id=incident.camera)),
        revision=0,
        ending=_ending(incident),
        evidence=(),
        posted_at=None,
        queue_id=None,
        step=case.step,
        case_revision=case.revision,
        finding=finding,
    )
    return _with_evidence(connection, stored, evidence)


def _go_on(
    connection: Connection,
    before: StoredIncident,
    change: IncidentChange,
    evidence: Sequence[Evidence],
) -> StoredIncident:
    """Bring an incident up to date; return it as the store now has it."""
    stored = replace(
        before,
        incident=_gone_on(before.incident, to=change.incident),
        ending=_ending(change.incident),
        revision=before.revision + 1,
    )
    _update(connection, before.incident.id, _progress(change) | {"revision": stored.revision})
    if stored.incident.severity is not before.incident.severity:
        refresh_due(connection, before.incident.id)
    return _with_evidence(connection, stored, evidence)


def _with_evidence(
    connection: Connection, stored: StoredIncident, evidence: Sequence[Evidence]
) -> StoredIncident:
    """Add evidence that an incident has not; return the incident with it, itself for none."""
    held = {piece.id for piece in stored.evidence}
    fresh = {piece.id: piece for piece in evidence if piece.id not in held}
    if not fresh:
        return stored
    add(connection, tuple(fresh.values()))
    return replace(stored, evidence=in_order((*stored.evidence, *fresh.values())))


def _update(connection: Connection, incident_id: str, values: Mapping[str, object]) -> None:
    connection.execute(_CHANGE, {"this": incident_id, **values})


def _announce(connection: Connection, stored: StoredIncident, news: _News) -> StoredIncident:
    """Queue the message about an incident as it now is, and tell the journal; return it."""
    incident_id, now = stored.incident.id, utc_now()
    posting = Posting(
        stored.event_id,
        incident_id,
        stored.revision,
        news.compose(stored, news.kind, news.at),
        stored.incident.severity,
        is_worse=news.before is not None and _is_worse(stored, news.before),
    )
    post(connection, posting, now)
    note(connection, Topic.INCIDENT, incident_id, now)
    if stored.step is Step.CLOSED:
        sealed = seal(connection, incident_id, now)
        detail: Detail = {"number": sealed.number, "manifest": sealed.sha256}
        action, case = AuditAction.CASE_SEALED, case_object(incident_id)
        tell(connection, Act(now, SYSTEM, action, case, detail))
    return stored


def _is_worse(stored: StoredIncident, before: StoredIncident) -> bool:
    return URGENCIES[stored.incident.severity] < URGENCIES[before.incident.severity]


def _ending(incident: Incident) -> Ending | None:
    return None if incident.closed_at is None else Ending.CLEARED


def _gone_on(incident: Incident, to: Incident) -> Incident:
    """Return an incident with what a change brought, as it would be read from its row."""
    return replace(
        incident,
        severity=Severity(to.severity),
        last_seen_at=to.last_seen_at,
        closed_at=to.closed_at,
        readings=json.loads(_readings(to)),
    )


def _readings(incident: Incident) -> str:
    return json.dumps(dict(incident.readings), ensure_ascii=False, sort_keys=True)


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
        "ending": _ending(incident),
        "readings": _readings(incident),
        "change_sequence": change.sequence,
    }

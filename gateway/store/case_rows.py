"""The rows of a case: how it is begun, read and written within somebody's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.patrol.lapse import PATROL
from gateway.store.tables import case_changes, cases, incidents
from gateway.workflow.case import (
    Action,
    Actor,
    Case,
    Deed,
    FalseAlarm,
    Level,
    Outcome,
    Party,
    Step,
)
from gateway.workflow.deadlines import due_at
from vision.types import Incident, Severity

_BEGIN = insert(cases)
_CHANGE = update(cases).where(cases.c.incident_id == bindparam("this"))
_TELL = insert(case_changes)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """An entry of a case's trail. step: where the case then stood."""

    revision: int
    deed: Deed
    step: Step


def open_case(connection: Connection, incident: Incident, finder: Actor | None = None) -> Case:
    """Make the case of an incident that has just been written; return it.

    finder: the person who found it, None: its camera did.
    """
    now = utc_now()
    case = Case(incident.id, incident.kind, incident.severity, Step.DISCOVERED, now)
    connection.execute(_BEGIN, {"incident_id": case.id, **_columns(case)})
    _note_change(connection, case, Deed(Action.DISCOVER, finder or _finder(incident), now))
    return case


def refresh_due(connection: Connection, incident_id: str) -> None:
    """Set the time of a case anew after its incident's severity changed."""
    case = read_case(connection, incident_id)
    connection.execute(_CHANGE, {"this": incident_id, "due_at": due_at(case)})


def read_case(connection: Connection, incident_id: str) -> Case:
    """Return the case of an incident; raises NotFoundError."""
    query = (
        select(cases, incidents.c.kind, incidents.c.severity)
        .join(incidents, incidents.c.id == cases.c.incident_id)
        .where(cases.c.incident_id == incident_id)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError(f"there is no case {incident_id}")
    return case_of(row)


def write_case(connection: Connection, case: Case, deed: Deed) -> CaseChange:
    """Keep a case as it is after a deed, and the deed in its trail; return the trail's entry."""
    connection.execute(_CHANGE, {"this": case.id, **_columns(case)})
    return _note_change(connection, case, deed)


def read_trail(connection: Connection, incident_id: str) -> tuple[CaseChange, ...]:
    """Return what was done to a case, in order."""
    query = select(case_changes).where(case_changes.c.incident_id == incident_id)
    rows = connection.execute(query.order_by(case_changes.c.revision)).mappings()
    return tuple(change_of(row) for row in rows)


def case_of(row: RowMapping) -> Case:
    """Return the case of a row of `cases` that carries the incident's kind and severity too."""
    return Case(
        id=row["incident_id"],
        kind=row["kind"],
        severity=Severity(row["severity"]),
        step=Step(row["step"]),
        since=row["since"],
        revision=row["revision"],
        chased_at=row["chased_at"],
        handler=row["handler"],
        deadline=row["deadline"],
        level=Level(row["level"]),
        verified_by=Party(row["verified_by"]) if row["verified_by"] else None,
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        reason=FalseAlarm(row["reason"]) if row["reason"] else None,
        merged_into=row["merged_into"],
        closed_as=Severity(row["closed_as"]) if row["closed_as"] else None,
    )


def _columns(case: Case) -> Mapping[str, str | int | datetime | None]:
    return {
        "step": case.step,
        "since": case.since,
        "revision": case.revision,
        "due_at": due_at(case),
        "chased_at": case.chased_at,
        "handler": case.handler,
        "deadline": case.deadline,
        "level": case.level,
        "verified_by": case.verified_by,
        "outcome": case.outcome,
        "reason": case.reason,
        "merged_into": case.merged_into,
        "closed_as": case.closed_as,
    }


def _note_change(connection: Connection, case: Case, deed: Deed) -> CaseChange:
    entry = {
        "incident_id": case.id,
        "revision": case.revision,
        "at": deed.at,
        "action": deed.action,
        "party": deed.actor.party,
        "actor": deed.actor.name,
        "step": case.step,
        "note": deed.note,
        "handler": deed.handler,
        "deadline": deed.deadline,
        "reason": deed.reason,
        "other": deed.other,
    }
    connection.execute(_TELL, entry)
    return CaseChange(case.revision, deed, case.step)


def change_of(row: RowMapping) -> CaseChange:
    """Return the entry of a row of `case_changes`."""
    deed = Deed(
        action=Action(row["action"]),
        actor=Actor(Party(row["party"]), row["actor"]),
        at=row["at"],
        note=row["note"],
        handler=row["handler"],
        deadline=row["deadline"],
        reason=FalseAlarm(row["reason"]) if row["reason"] else None,
        other=row["other"],
    )
    return CaseChange(row["revision"], deed, Step(row["step"]))


def _finder(incident: Incident) -> Actor:
    if incident.rule_type == PATROL:
        return Actor(Party.POLICY, PATROL)
    return Actor(Party.CAMERA, incident.camera)

"""Which evidence may go: by what became of its case, and never while that is held."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select

from gateway.store.tables import cases, evidence, holds, incidents
from gateway.workflow.case import Outcome, Step
from vision.types import Severity

FALSE_ALARM, CLOSED, OPEN = 0, 1, 2
"""Ranks of files: where there is too much, the lowest go first."""


@dataclass(frozen=True, slots=True)
class KeptSince:
    """What ended at these times or later is kept, by what became of the case.

    open: of cases that are not closed; None keeps them all.
    """

    red: datetime
    yellow: datetime
    green: datetime
    false_alarm: datetime
    open: datetime | None


def spare_files(since: KeptSince | None, limit: int) -> Select[str, int, datetime]:
    """Return path, bytes and end of files that no incident needs any more, in the order to go.

    since: those too old by it; None: all whose incidents are over, false alarms first, then closed
    cases, then open ones; of each the oldest first. A file goes when all its incidents let it go.
    """
    ended = _ended()
    rank = func.max(_rank())
    newest = func.max(ended)
    needed = func.max(case((_is_needed(ended, since), 1), else_=0))
    lead = func.coalesce(cases.c.merged_into, cases.c.incident_id)
    held = or_(holds.c.incident_id == incidents.c.id, holds.c.incident_id == lead)
    return (
        select(evidence.c.path, func.max(evidence.c.size_bytes), newest)
        .join(incidents, incidents.c.id == evidence.c.incident_id)
        .join(cases, cases.c.incident_id == incidents.c.id)
        .outerjoin(holds, held)
        .where(evidence.c.deleted_at.is_(None))
        .group_by(evidence.c.path)
        .having(needed == 0)
        .order_by(rank, newest, evidence.c.path)
        .limit(limit)
    )


def _ended() -> ColumnElement[datetime]:
    """Return when what an incident is about ended: when its case was closed, if that was later."""
    closed_later = and_(cases.c.step == Step.CLOSED, cases.c.since > incidents.c.closed_at)
    return case((closed_later, cases.c.since), else_=incidents.c.closed_at)


def _is_needed(ended: ColumnElement[datetime], since: KeptSince | None) -> ColumnElement[bool]:
    goes_on = or_(holds.c.incident_id.is_not(None), incidents.c.closed_at.is_(None))
    return goes_on if since is None else or_(goes_on, _is_young(ended, since))


def _is_young(ended: ColumnElement[datetime], since: KeptSince) -> ColumnElement[bool]:
    by_severity = (
        (incidents.c.severity == Severity.RED, ended >= since.red),
        (incidents.c.severity == Severity.YELLOW, ended >= since.yellow),
    )
    is_open = literal(True) if since.open is None else ended >= since.open  # noqa: FBT003 - SQL
    return case(
        (cases.c.step != Step.CLOSED, is_open),
        (cases.c.outcome == Outcome.FALSE_ALARM, ended >= since.false_alarm),
        *by_severity,
        else_=ended >= since.green,
    )


def _rank() -> ColumnElement[int]:
    return case(
        (cases.c.step != Step.CLOSED, OPEN),
        (cases.c.outcome == Outcome.FALSE_ALARM, FALSE_ALARM),
        else_=CLOSED,
    )

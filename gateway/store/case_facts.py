"""What reports count of each case: when it began, was taken up and ended, and how it was judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, literal, select

from gateway.store.database import Database
from gateway.store.tables import case_changes, cases, incidents
from gateway.store.units import lies_within
from gateway.units import Jurisdiction
from gateway.workflow.case import Action, FalseAlarm, Outcome, Party, Step
from gateway.workflow.steps import PEOPLE
from vision.types import Severity

ROWS_AT_ONCE: Final = 2000
"""So many cases are in memory at a time."""


class Verdict(StrEnum):
    """What was decided about an alarm."""

    OPEN = "open"
    """Nobody has looked at it yet, or it was filed unseen."""
    TRUE = "true"
    FALSE = "false"
    MERGED = "merged"
    """Judged with the case that it was merged into."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case as reports count it.

    opened_at: of its incident. begun_at: when it was recorded, from which its times run.
    answered_at: when a person, or the platform, first did something about it. closed_at: None while
    open. is_timed: whether its steps have times at all. is_late: it was escalated once, or is late
    now.
    """

    case_id: str
    unit: str
    kind: str
    camera_id: str
    camera_name: str
    rule: str
    opened_at: datetime
    begun_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    verdict: Verdict
    reason: FalseAlarm | None
    is_timed: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class FactsFilter:
    """Which cases: those whose incident began in [since, until); None for any camera or rule.

    within: only those at places that somebody may see, None for all.
    """

    since: datetime
    until: datetime
    camera: str | None = None
    rule: str | None = None
    within: Jurisdiction | None = None


class CaseFactList:
    """The cases in the store, as reports count them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, wanted: FactsFilter, now: datetime) -> Iterator[CaseFacts]:
        """Yield facts one by one, oldest incident first, from one view of the data.

        now: what is late at that time is late.
        """
        with self._database.read() as connection:
            streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
            for row in streamed.execute(_query(wanted, now)).mappings():
                yield _facts(row)


def _query(wanted: FactsFilter, now: datetime) -> Select[*tuple[object, ...]]:
    which = _matches(wanted)
    done = case_changes.c
    ours = done.party.in_((*PEOPLE, Party.PLATFORM))
    answered = and_(ours, done.action.not_in((Action.COMMENT, Action.DISCOVER)))
    filed = and_(done.action == Action.RECORD, done.party == Party.POLICY)
    trail = (
        select(
            done.incident_id,
            func.min(done.at).label("begun_at"),
            func.min(case((answered, done.at))).label("answered_at"),
            _ever(done.action == Action.ESCALATE).label("was_late"),
            _ever(filed).label("was_filed"),
        )
        .join(incidents, incidents.c.id == done.incident_id)
        .where(which)
        .group_by(done.incident_id)
        .subquery()
    )
    columns = (
        *(incidents.c[name] for name in ("id", "unit", "kind", "camera_id", "camera_name", "rule")),
        *(incidents.c[name] for name in ("severity", "opened_at")),
        *(cases.c[name] for name in ("step", "since", "outcome", "reason")),
        *(trail.c[name] for name in ("begun_at", "answered_at", "was_late", "was_filed")),
        func.coalesce(cases.c.due_at <= now, literal(False)).label("is_late_now"),  # noqa: FBT003
    )
    return (
        select(*columns)
        .join(cases, cases.c.incident_id == incidents.c.id)
        .join(trail, trail.c.incident_id == incidents.c.id)
        .where(which)
        .order_by(incidents.c.opened_at, incidents.c.id)
    )


def _ever(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((holds, 1), else_=0))


def _matches(wanted: FactsFilter) -> ColumnElement[bool]:
    conditions = [incidents.c.opened_at >= wanted.since, incidents.c.opened_at < wanted.until]
    if wanted.camera is not None:
        conditions.append(incidents.c.camera_id == wanted.camera)
    if wanted.rule is not None:
        conditions.append(incidents.c.rule == wanted.rule)
    if wanted.within is not None:
        conditions.append(lies_within(wanted.within, incidents.c.unit, incidents.c.grid))
    return and_(*conditions)


def _facts(row: RowMapping) -> CaseFacts:
    step = Step(row["step"])
    outcome = Outcome(row["outcome"]) if row["outcome"] else None
    was_late = bool(row["was_late"])
    return CaseFacts(
        case_id=row["id"],
        unit=row["unit"],
        kind=row["kind"],
        camera_id=row["camera_id"],
        camera_name=row["camera_name"],
        rule=row["rule"],
        opened_at=row["opened_at"],
        begun_at=row["begun_at"],
        answered_at=row["answered_at"],
        closed_at=row["since"] if step is Step.CLOSED else None,
        outcome=outcome,
        verdict=_verdict(step, outcome, was_filed=bool(row["was_filed"])),
        reason=FalseAlarm(row["reason"]) if row["reason"] else None,
        is_timed=was_late or row["severity"] != Severity.GREEN,
        is_late=was_late or bool(row["is_late_now"]),
    )


_JUDGED: Final = {Outcome.FALSE_ALARM: Verdict.FALSE, Outcome.MERGED: Verdict.MERGED}


def _verdict(step: Step, outcome: Outcome | None, *, was_filed: bool) -> Verdict:
    if outcome in _JUDGED:
        return _JUDGED[outcome]
    is_unseen = step is Step.DISCOVERED or (outcome is Outcome.NO_ACTION and was_filed)
    return Verdict.OPEN if is_unseen else Verdict.TRUE

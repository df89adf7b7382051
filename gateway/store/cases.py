"""Cases: each deed is kept with its trail, its outbox message and its journal entry.

One transaction carries all of it. Whoever acts says which revision they looked at: of two at once,
the second is told what the first did.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    String,
    and_,
    cast,
    literal,
    or_,
    select,
    true,
)

from gateway.audit.act import Act, AuditAction, Value, case_object
from gateway.audit.chain import Head
from gateway.clock import utc_now
from gateway.errors import CaseChangedError, NotFoundError, StepRefusedError
from gateway.store.apart import check_news
from gateway.store.attachments import Attachment, attach, attachments_of
from gateway.store.audit_log import tell
from gateway.store.case_rows import CaseChange, case_of, read_case, read_trail, write_case
from gateway.store.database import Database
from gateway.store.incident_list import Cursor, older_than
from gateway.store.journal import Topic, note
from gateway.store.manifests import Sealed, seal
from gateway.store.outbox import Posting, case_event_id, post
from gateway.store.stored_incident import Ending, Origin, StoredIncident, assemble, row_of
from gateway.store.tables import cases, incidents, outbox
from gateway.store.units import lies_within, read_tree
from gateway.units import Jurisdiction, UnitTree
from gateway.workflow.case import Action, Case, Deed, Step
from gateway.workflow.steps import ANSWERS, take
from gateway.workflow.unasked import RECORD_AFTER, Facts, Policy, unasked
from vision.types import Incident, Severity


@dataclass(frozen=True, slots=True)
class CaseNews:
    """What a message about a case tells: the case after a change, the change, what it is about.

    audit: where the audit log stood once it told of the change. attachments: files put to it.
    """

    case: Case
    change: CaseChange
    incident: Incident
    origin: Origin
    audit: Head
    attachments: tuple[Attachment, ...] = ()

    @property
    def event_id(self) -> str:
        """Id of the event that tells of it."""
        return case_event_id(self.case.id, self.case.revision)


Compose: TypeAlias = Callable[[CaseNews], str]
"""Writes the message about a case after a change: a CloudEvent as JSON."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its whole trail, oldest first, and the ids of the cases merged into it.

    attachments: files that people put to entries of the trail, by revision.
    """

    case: Case
    trail: tuple[CaseChange, ...]
    merged: tuple[str, ...]
    attachments: Mapping[int, tuple[Attachment, ...]]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; None lets all pass. late_at: those that are late at that time.

    within: those whose places lie in a jurisdiction.
    """

    is_closed: bool | None = None
    step: Step | None = None
    handler: str | None = None
    late_at: datetime | None = None
    within: Jurisdiction | None = None


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case and its incident."""

    case: Case
    incident: StoredIncident


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases, the newest incident first. next: where the next page begins, None at the end."""

    cases: tuple[ListedCase, ...]
    next: Cursor | None


class Cases:
    """The cases in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, incident_id: str) -> CaseFile:
        """Return the case of an incident; raises NotFoundError."""
        merged = select(cases.c.incident_id).where(cases.c.merged_into == incident_id)
        with self._database.read() as connection:
            return CaseFile(
                case=read_case(connection, incident_id),
                trail=read_trail(connection, incident_id),
                merged=tuple(connection.scalars(merged.order_by(cases.c.since))),
                attachments=attachments_of(connection, incident_id),
            )

    def page(self, wanted: CaseFilter, before: Cursor | None = None, limit: int = 50) -> CasePage:
        """Return up to `limit` cases whose incidents began before `before`."""
        query = (
            select(cases, incidents.c.kind, incidents.c.severity)
            .join(incidents, incidents.c.id == cases.c.incident_id)
            .where(_matches(wanted), older_than(before))
            .order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
            .limit(limit + 1)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            ids = [row["incident_id"] for row in rows[:limit]]
            found = connection.execute(select(incidents).where(incidents.c.id.in_(ids)))
            by_id = {one.incident.id: one for one in assemble(connection, found.mappings().all())}
        listed = tuple(ListedCase(case_of(row), by_id[row["incident_id"]]) for row in rows[:limit])
        if len(rows) <= limit:
            return CasePage(listed, None)
        last = listed[-1].incident.incident
        return CasePage(listed, Cursor(last.opened_at, last.id))

    def take(
        self,
        incident_id: str,
        deed: Deed,
        revision: int,
        compose: Compose,
        files: Sequence[Attachment] = (),
    ) -> Case:
        """Do something to a case as it was at a revision; return the case after it.

        What is said of two cases is told in the trails of both. files: put to this deed. Raises
        NotFoundError, StepRefusedError, and CaseChangedError when the case has gone on from that
        revision.
        """
        with self._database.write() as connection:
            before = read_case(connection, incident_id)
            if before.revision != revision:
                raise _changed(read_trail(connection, incident_id)[-1])
            if deed.action is Action.SPLIT:
                deed = replace(deed, other=before.merged_into)
            if deed.action in ANSWERS:
                raise StepRefusedError(
                    f"{deed.action} comes by itself: merge or split {deed.other}"
                )
            after = take(before, deed)
            check_news(connection, incident_id, deed)
            attach(connection, incident_id, after.revision, files)
            _tell_other(connection, incident_id, deed, compose)
            keep(connection, after, deed, compose, files)
        return after

    def proceed(self, policy: Policy, now: datetime, compose: Compose) -> tuple[Case, ...]:
        """Do what is to happen by itself; return the cases that went on.

        Whoever acts on a case at the same time goes first; the next call looks at it anew.
        """
        gone_on = []
        for case, deed in self._due_by_itself(policy, now):
            with suppress(CaseChangedError, StepRefusedError, NotFoundError):
                gone_on.append(self.take(case.id, deed, case.revision, compose))
        return tuple(gone_on)

    def _due_by_itself(self, policy: Policy, now: datetime) -> list[tuple[Case, Deed]]:
        event = cases.c.incident_id + literal("/case/") + cast(cases.c.revision, String)
        query = (
            select(
                cases,
                incidents.c.kind,
                incidents.c.severity,
                incidents.c.camera_id,
                incidents.c.unit,
                incidents.c.grid,
                incidents.c.ending,
                outbox.c.queue_id,
            )
            .join(incidents, incidents.c.id == cases.c.incident_id)
            .outerjoin(outbox, and_(outbox.c.event_id == event, cases.c.step == Step.SCREENED))
        )
        going_on = query.where(cases.c.step != Step.CLOSED, _may_go_on(policy, now))
        with self._database.read() as connection:
            rows = [
                *connection.execute(going_on).mappings(),
                *connection.execute(query.where(_may_come_back())).mappings(),
            ]
            led_to = {row["merged_into"]: _led_to(connection, row["merged_into"]) for row in rows}
            is_any_late = any(_is_due(row, now) for row in rows)
            tree = read_tree(connection) if is_any_late else UnitTree()
        found = ((case_of(row), _facts(row, tree, led_to[row["merged_into"]])) for row in rows)
        decided = ((case, unasked(case, facts, policy, now)) for case, facts in found)
        return [(case, deed) for case, deed in decided if deed is not None]


_COUNTERPARTS: Final = {
    Action.MERGE: Action.ABSORB,
    Action.SPLIT: Action.RELEASE,
    Action.DIFFER: Action.DIFFER,
    Action.MAY_MATCH: Action.MAY_MATCH,
}


def _tell_other(connection: Connection, incident_id: str, deed: Deed, compose: Compose) -> None:
    """Do to the other case what a deed about two means to it."""
    counterpart = _COUNTERPARTS.get(deed.action)
    if counterpart is None or deed.other is None:
        return
    answer = replace(deed, action=counterpart, other=incident_id, note="")
    keep(connection, take(read_case(connection, deed.other), answer), answer, compose)


def keep(
    connection: Connection,
    case: Case,
    deed: Deed,
    compose: Compose,
    files: Sequence[Attachment] = (),
) -> None:
    """Write a case after a deed, queue the message and tell the journal; files: put to it."""
    change = write_case(connection, case, deed)
    row = row_of(connection, case.id)
    assert row is not None  # noqa: S101 - a case has an incident
    (stored,) = assemble(connection, [row])
    now = utc_now()
    sealed = seal(connection, case.id, now) if case.step is Step.CLOSED else None
    audited = tell(connection, _act(case, deed, now, sealed))
    news = CaseNews(case, change, stored.incident, stored.origin, audited.head, tuple(files))
    posting = Posting(news.event_id, case.id, case.revision, compose(news), case.severity)
    post(connection, posting, now)
    note(connection, Topic.INCIDENT, case.id, now)


def _act(case: Case, deed: Deed, at: datetime, sealed: Sealed | None) -> Act:
    """Return what the audit log tells of a deed; the note and the rest are in the trail."""
    detail: dict[str, Value] = {
        "did": deed.action,
        "party": deed.actor.party,
        "revision": case.revision,
        "step": case.step,
    }
    if sealed is not None:
        detail["manifest"] = sealed.sha256
    return Act(at, deed.actor.name, AuditAction.CASE_STEP, case_object(case.id), detail)


def _changed(last: CaseChange) -> CaseChangedError:
    deed = last.deed
    return CaseChangedError(
        f"{deed.actor.name} was first: {deed.action} at {deed.at:%Y-%m-%d %H:%M:%S %Z}; "
        "look at the case again, then decide"
    )


def _matches(wanted: CaseFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.is_closed is not None:
        is_closed = cases.c.step == Step.CLOSED
        conditions.append(is_closed if wanted.is_closed else ~is_closed)
    if wanted.step is not None:
        conditions.append(cases.c.step == wanted.step)
    if wanted.handler is not None:
        conditions.append(cases.c.handler == wanted.handler)
    if wanted.late_at is not None:
        conditions.append(cases.c.due_at <= wanted.late_at)
    if wanted.within is not None:
        conditions.append(lies_within(wanted.within, incidents.c.unit, incidents.c.grid))
    return and_(*conditions)


def _may_go_on(policy: Policy, now: datetime) -> ColumnElement[bool]:
    """Return which cases something may happen to by itself; `unasked` decides."""
    fresh = cases.c.step == Step.DISCOVERED
    trusted = and_(
        fresh, incidents.c.severity == Severity.RED, incidents.c.kind.in_(policy.trusted)
    )
    filed = and_(fresh, incidents.c.severity == Severity.GREEN, cases.c.since <= now - RECORD_AFTER)
    late = cases.c.due_at <= now
    in_hand = cases.c.step.in_((Step.SCREENED, Step.ASSIGNED, Step.HANDLING, Step.VERIFIED))
    return or_(trusted, filed, late, in_hand)


def _may_come_back() -> ColumnElement[bool]:
    """Return which closed cases may be reopened by themselves, out of the few that still happen.

    A step is not asked for: every closed case would be looked at each second.
    """
    return and_(
        incidents.c.closed_at.is_(None),
        incidents.c.severity == Severity.RED,
        or_(cases.c.closed_as != Severity.RED, cases.c.merged_into.is_not(None)),
    )


def _is_due(row: RowMapping, now: datetime) -> bool:
    return row["due_at"] is not None and row["due_at"] <= now


def _led_to(connection: Connection, into: str | None) -> Severity | None:
    """Return as how bad the case was closed that what is merged into another leads to in the end.

    None while that is open, and where nothing was merged.
    """
    closed_as = None
    while into is not None:
        asked = select(cases.c.merged_into, cases.c.closed_as).where(cases.c.incident_id == into)
        into, closed_as = connection.execute(asked).one()
    return Severity(closed_as) if closed_as else None


def _facts(row: RowMapping, tree: UnitTree, leader_closed_as: Severity | None) -> Facts:
    place = tree.find(row["unit"], row["grid"])
    return Facts(
        camera=row["camera_id"],
        is_gone=row["ending"] == Ending.CLEARED,
        queue_id=row["queue_id"],
        leader_closed_as=leader_closed_as,
        units={} if place is None else tree.names(place.id),
    )

"""What belongs to a case: the same happening at other cameras, what was merged, what was before."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select

from gateway.errors import CaseChangedError, NotFoundError, StepRefusedError
from gateway.store.apart import told_apart
from gateway.store.case_rows import read_case
from gateway.store.cases import Cases, Compose, ListedCase
from gateway.store.database import Database
from gateway.store.stored_incident import StoredIncident, assemble, row_of
from gateway.store.tables import cameras, cases, incidents
from gateway.workflow.case import Action, Actor, Case, Deed, Outcome, Party, Step
from gateway.workflow.join_settings import Joining, JoinSettings, KindGroup
from gateway.workflow.same_happening import (
    UNTOUCHED,
    Match,
    Sighting,
    group_of,
    matches_of,
    to_join,
)
from vision.types import Severity

REPEATS_WITHIN: Final = timedelta(days=30)
MOST_REPEATS: Final = 20
"""Earlier cases of one place that are listed; all are counted."""
FRESH: Final = timedelta(minutes=10)
"""A case that came to its step longer ago is merged by itself no more: people have seen it."""
LONGEST: Final = timedelta(days=7)
"""A happening that has gone on for longer takes no other case in by itself."""
POLICY: Final = Actor(Party.POLICY, "same happening")


@dataclass(frozen=True, slots=True)
class Repeats:
    """Earlier cases of the same camera, rule and kind. cases: the newest of them, newest first.

    count: all within REPEATS_WITHIN. false_alarms: how many of those were.
    """

    count: int
    false_alarms: int
    cases: tuple[ListedCase, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """An open case that is not the same happening as another; deed: by whom it was said."""

    other: Sighting
    deed: Deed


class RelatedCases:
    """How the cases in the store belong together."""

    def __init__(self, database: Database, all_cases: Cases) -> None:
        self._database = database
        self._cases = all_cases

    def matches(self, incident_id: str, settings: JoinSettings) -> tuple[Match, ...]:
        """Return what looks like the same happening as a case, the surest first.

        Nothing for a closed case. Raises NotFoundError.
        """
        with self._database.read() as connection:
            own = connection.execute(_SIGHTINGS.where(cases.c.incident_id == incident_id))
            row = own.mappings().first()
            if row is None:
                raise NotFoundError(f"there is no case {incident_id}")
            if row["step"] == Step.CLOSED:
                return ()
            return _matches(connection, _sighting(row), settings)

    def join(self, settings: JoinSettings, now: datetime, compose: Compose) -> tuple[Case, ...]:
        """Merge what the site wants merged by itself; return the cases that ended so.

        Whoever acts on one of the cases at the same time goes first.
        """
        groups = [one for one in KindGroup if settings.joining(one) is Joining.AUTO]
        if not groups:
            return ()
        merged = []
        for found in self._due(groups, settings, now):
            note = f"{found.nearness}, {found.into.camera_name}"
            deed = Deed(Action.MERGE, POLICY, now, note, other=found.into.case_id)
            with suppress(CaseChangedError, StepRefusedError, NotFoundError):
                ends = found.merge
                merged.append(self._cases.take(ends.case_id, deed, ends.revision, compose))
        return tuple(merged)

    def members(self, incident_id: str) -> tuple[StoredIncident, ...]:
        """Return what was merged into a case, and into those, with all evidence, oldest first."""
        with self._database.read() as connection:
            ids: list[str] = []
            newest = [incident_id]
            while newest:
                into = select(cases.c.incident_id).where(cases.c.merged_into.in_(newest))
                newest = [one for one in connection.scalars(into) if one not in ids]
                ids += newest
            rows = connection.execute(
                select(incidents)
                .where(incidents.c.id.in_(ids))
                .order_by(incidents.c.opened_at, incidents.c.id)
            )
            return assemble(connection, rows.mappings().all())

    def apart(self, incident_id: str) -> tuple[Apart, ...]:
        """Return the open cases that people told apart from an open one, the last told first."""
        with self._database.read() as connection:
            if read_case(connection, incident_id).step is Step.CLOSED:
                return ()
            told = told_apart(connection, cases.c.incident_id == incident_id)
            by_case = {other: change for (_, other), change in told.items()}
            which = and_(cases.c.step != Step.CLOSED, cases.c.incident_id.in_(by_case))
            found = [Apart(one, by_case[one.case_id].deed) for one in _read(connection, which)]
        return tuple(sorted(found, key=lambda one: one.deed.at, reverse=True))

    def repeats(self, incident_id: str) -> Repeats:
        """Return what the same rule told at the same camera before; raises NotFoundError."""
        with self._database.read() as connection:
            row = row_of(connection, incident_id)
            if row is None:
                raise NotFoundError(f"there is no incident {incident_id}")
            earlier = _before(row)
            is_false = func.count().filter(cases.c.outcome == Outcome.FALSE_ALARM)
            count = select(func.count(), is_false).select_from(incidents).join(cases, _OF_CASE)
            total, false_alarms = connection.execute(count.where(earlier)).one()
            newest = (
                select(incidents)
                .where(earlier)
                .order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
                .limit(MOST_REPEATS)
            )
            stored = assemble(connection, connection.execute(newest).mappings().all())
            listed = (ListedCase(read_case(connection, one.incident.id), one) for one in stored)
            return Repeats(total, false_alarms, tuple(listed))

    def _due(
        self, groups: Sequence[KindGroup], settings: JoinSettings, now: datetime
    ) -> tuple[Match, ...]:
        """Return at most one match for each case that is to be merged now."""
        is_fresh = and_(cases.c.since >= now - FRESH, cases.c.step.in_(UNTOUCHED))
        with self._database.read() as connection:
            told = select(incidents.c.kind).join(cases, _OF_CASE).where(is_fresh).distinct()
            kinds = [kind for kind in connection.scalars(told) if group_of(kind) in groups]
            of_kinds = incidents.c.kind.in_(kinds)
            fresh = _read(connection, and_(is_fresh, of_kinds)) if kinds else []
            if not fresh:
                return ()
            first = min(one.opened_at for one in fresh)
            span = and_(
                cases.c.step != Step.CLOSED,
                incidents.c.last_seen_at >= first - max(map(settings.within, groups)),
                incidents.c.opened_at >= first - LONGEST,
                incidents.c.opened_at <= max(one.opened_at for one in fresh),
            )
            known = _read(connection, and_(span, of_kinds))
            apart = _pairs_apart(connection, is_fresh)
        return to_join(known, {one.case_id for one in fresh}, settings, apart)


_OF_CASE = incidents.c.id == cases.c.incident_id
_SIGHTINGS: Final[Select[*tuple[object, ...]]] = (
    select(
        cases.c.incident_id,
        cases.c.revision,
        cases.c.step,
        incidents.c.kind,
        incidents.c.severity,
        incidents.c.camera_id,
        incidents.c.camera_name,
        incidents.c.unit,
        incidents.c.grid,
        incidents.c.opened_at,
        incidents.c.last_seen_at,
        cameras.c.water,
        cameras.c.latitude,
        cameras.c.longitude,
    )
    .join(incidents, _OF_CASE)
    .outerjoin(cameras, cameras.c.id == incidents.c.camera_id)
)


def _matches(connection: Connection, one: Sighting, settings: JoinSettings) -> tuple[Match, ...]:
    group = group_of(one.kind)
    if group is None or settings.joining(group) is Joining.OFF:
        return ()
    gap = settings.within(group)
    near_in_time = and_(
        cases.c.step != Step.CLOSED,
        incidents.c.opened_at <= one.last_seen_at + gap,
        incidents.c.last_seen_at >= one.opened_at - gap,
        incidents.c.camera_id != one.camera,
    )
    apart = _pairs_apart(connection, cases.c.incident_id == one.case_id)
    return matches_of(one, _read(connection, near_in_time), settings, apart)


def _read(connection: Connection, which: ColumnElement[bool]) -> list[Sighting]:
    return [_sighting(row) for row in connection.execute(_SIGHTINGS.where(which)).mappings()]


def _pairs_apart(connection: Connection, which: ColumnElement[bool]) -> frozenset[frozenset[str]]:
    """Return which pairs of cases people told apart; `which` chooses one of each."""
    return frozenset(frozenset(pair) for pair in told_apart(connection, which))


def _before(row: RowMapping) -> ColumnElement[bool]:
    """Return which incidents were told by the same rule at the same camera before."""
    at = row["opened_at"]
    same_moment = and_(incidents.c.opened_at == at, incidents.c.id < row["id"])
    return and_(
        incidents.c.camera_id == row["camera_id"],
        incidents.c.rule == row["rule"],
        incidents.c.kind == row["kind"],
        incidents.c.opened_at >= at - REPEATS_WITHIN,
        or_(incidents.c.opened_at < at, same_moment),
    )


def _sighting(row: RowMapping) -> Sighting:
    return Sighting(
        case_id=row["incident_id"],
        revision=row["revision"],
        step=Step(row["step"]),
        kind=row["kind"],
        severity=Severity(row["severity"]),
        camera=row["camera_id"],
        camera_name=row["camera_name"],
        unit=row["unit"],
        grid=row["grid"],
        place=json.loads(row["water"]).get("place", "") if row["water"] else "",
        latitude=row["latitude"],
        longitude=row["longitude"],
        opened_at=row["opened_at"],
        last_seen_at=row["last_seen_at"],
    )

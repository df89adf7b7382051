"""Looking through incidents: filtered, newest first, page by page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from gateway.store.database import Database
from gateway.store.stored_incident import StoredIncident, assemble
from gateway.store.tables import cases, incidents
from gateway.store.units import lies_within
from gateway.units import Jurisdiction
from gateway.workflow.case import Step
from vision.types import Severity

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class IncidentState(StrEnum):
    """Whether the happening goes on."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents to list; None lets all pass. since, until: they began from then to then.

    within: those whose places lie in a jurisdiction. step: where their cases stand.
    """

    state: IncidentState | None = None
    camera: str | None = None
    kind: str | None = None
    severity: Severity | None = None
    since: datetime | None = None
    until: datetime | None = None
    within: Jurisdiction | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: just after the incident that opened then and has this id."""

    opened_at: datetime
    incident_id: str

    def __str__(self) -> str:
        return f"{(self.opened_at - _EPOCH) // _MICROSECOND}.{self.incident_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Return the cursor that `str` wrote; raises ValueError for anything else."""
        micros, dot, incident_id = text.partition(".")
        try:
            opened_at = _EPOCH + int(micros) * _MICROSECOND
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{text!r} is not a cursor") from error
        if not dot or not incident_id:
            raise ValueError(f"{text!r} is not a cursor")
        return cls(opened_at, incident_id)


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Some incidents, newest first. next: where the next page begins, None at the end."""

    incidents: tuple[StoredIncident, ...]
    next: Cursor | None


class IncidentList:
    """The incidents in the store, as people look through them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, wanted: IncidentFilter, before: Cursor | None = None, limit: int = 50
    ) -> IncidentPage:
        """Return up to `limit` incidents older than `before`."""
        query = (
            select(incidents)
            .where(_matches(wanted), older_than(before))
            .order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
            .limit(limit + 1)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            found = assemble(connection, rows[:limit])
        if len(rows) <= limit:
            return IncidentPage(found, None)
        last = found[-1].incident
        return IncidentPage(found, Cursor(last.opened_at, last.id))

    def count(self, wanted: IncidentFilter) -> int:
        """Return how many incidents match."""
        with self._database.read() as connection:
            query = select(func.count()).select_from(incidents).where(_matches(wanted))
            return connection.scalar(query) or 0

    def open_counts(self) -> dict[str, int]:
        """Return the number of open incidents by camera id; cameras without any are absent."""
        query = (
            select(incidents.c.camera_id, func.count())
            .where(incidents.c.closed_at.is_(None))
            .group_by(incidents.c.camera_id)
        )
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _matches(wanted: IncidentFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.state is IncidentState.OPEN:
        conditions.append(incidents.c.closed_at.is_(None))
    if wanted.state is IncidentState.CLOSED:
        conditions.append(incidents.c.closed_at.is_not(None))
    for column, value in (
        (incidents.c.camera_id, wanted.camera),
        (incidents.c.kind, wanted.kind),
        (incidents.c.severity, wanted.severity),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.since is not None:
        conditions.append(incidents.c.opened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(incidents.c.opened_at < wanted.until)
    if wanted.step is not None:
        standing = select(cases.c.incident_id).where(cases.c.step == wanted.step)
        conditions.append(incidents.c.id.in_(standing))
    if wanted.within is not None:
        conditions.append(lies_within(wanted.within, incidents.c.unit, incidents.c.grid))
    return and_(*conditions)


def older_than(before: Cursor | None) -> ColumnElement[bool]:
    """Return which incidents come after a place in the list; all of them without one."""
    if before is None:
        return true()
    return or_(
        incidents.c.opened_at < before.opened_at,
        and_(incidents.c.opened_at == before.opened_at, incidents.c.id < before.incident_id),
    )

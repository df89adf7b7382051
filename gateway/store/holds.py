"""Legal holds: evidence and recordings of an incident that nothing may delete until released."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from gateway.audit.act import SYSTEM, Act, AuditAction, case_object
from gateway.errors import ConfigError, NotFoundError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.tables import holds, incidents

AROUND = timedelta(minutes=10)
"""How much of the recordings before and after an incident is held with it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on an incident: since when, by whom, why."""

    incident_id: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeldSpan:
    """Recordings of a camera that are held; from start to end, None: still going on."""

    camera_id: str
    start: datetime
    end: datetime | None


class Holds:
    """The holds in the store; each placing and release is told in the audit log. actor: whose."""

    def __init__(self, database: Database, actor: str = SYSTEM) -> None:
        self._database = database
        self._actor = actor

    def place(self, incident_id: str, reason: str, at: datetime) -> Hold:
        """Hold what belongs to an incident; one that is held is held on for the new reason.

        Raises NotFoundError, and ConfigError without a reason.
        """
        if not reason.strip():
            raise ConfigError("a hold needs a reason: who asked for it, and what for")
        hold = Hold(incident_id, at, self._actor, reason.strip())
        with self._database.write() as connection:
            _check(connection, incident_id)
            connection.execute(delete(holds).where(holds.c.incident_id == incident_id))
            connection.execute(
                insert(holds).values(incident_id=incident_id, at=at, by=hold.by, reason=hold.reason)
            )
            self._tell(connection, AuditAction.CASE_HELD, hold)
        return hold

    def release(self, incident_id: str, reason: str, at: datetime) -> None:
        """Let retention go on; raises NotFoundError where nothing is held."""
        with self._database.write() as connection:
            gone = connection.execute(delete(holds).where(holds.c.incident_id == incident_id))
            if gone.rowcount == 0:
                raise NotFoundError(f"case {incident_id} is not held")
            hold = Hold(incident_id, at, self._actor, reason.strip())
            self._tell(connection, AuditAction.CASE_RELEASED, hold)

    def of(self, incident_id: str) -> Hold | None:
        """Return the hold on an incident, None where there is none."""
        query = select(holds).where(holds.c.incident_id == incident_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Hold(**row)

    def all(self) -> tuple[Hold, ...]:
        """Return every hold, the oldest first."""
        query = select(holds).order_by(holds.c.at, holds.c.incident_id)
        with self._database.read() as connection:
            return tuple(Hold(**row) for row in connection.execute(query).mappings())

    def spans(self) -> tuple[HeldSpan, ...]:
        """Return which recordings are held: of each incident, and AROUND it."""
        query = (
            select(incidents.c.camera_id, incidents.c.opened_at, incidents.c.closed_at)
            .join(holds, holds.c.incident_id == incidents.c.id)
            .order_by(incidents.c.opened_at)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            HeldSpan(camera, opened - AROUND, None if closed is None else closed + AROUND)
            for camera, opened, closed in rows
        )

    def _tell(self, connection: Connection, action: AuditAction, hold: Hold) -> None:
        what = case_object(hold.incident_id)
        tell(connection, Act(hold.at, hold.by, action, what, {"reason": hold.reason}))


def _check(connection: Connection, incident_id: str) -> None:
    query = select(incidents.c.id).where(incidents.c.id == incident_id)
    if connection.scalar(query) is None:
        raise NotFoundError(f"there is no case {incident_id}")

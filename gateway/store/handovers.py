"""Notes that one shift leaves for the next (交接班), and who took them over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update

from gateway.errors import NotFoundError
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.patrol import PATROL
from gateway.store.tables import patrol_handovers


@dataclass(frozen=True, slots=True)
class Handover:
    """A note. shift: whose. taken_at, taken_by: who has read it, None and "" before."""

    id: int
    at: datetime
    by: str
    shift: str
    text: str
    taken_at: datetime | None
    taken_by: str


class Handovers:
    """The notes between shifts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, by: str, shift: str, text: str, at: datetime) -> Handover:
        """Leave a note."""
        with self._database.write() as connection:
            values = {"at": at, "by": by, "shift": shift, "text": text, "taken_by": ""}
            added = connection.execute(insert(patrol_handovers).values(**values))
            assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
            note(connection, Topic.SYSTEM, PATROL, at)
        return Handover(added.inserted_primary_key[0], at, by, shift, text, None, "")

    def take(self, handover_id: int, by: str, at: datetime) -> Handover:
        """Note that somebody has taken a note over; the first counts. Raises NotFoundError."""
        its = patrol_handovers.c.id == handover_id
        with self._database.write() as connection:
            connection.execute(
                update(patrol_handovers)
                .where(its, patrol_handovers.c.taken_at.is_(None))
                .values(taken_at=at, taken_by=by)
            )
            row = connection.execute(select(patrol_handovers).where(its)).mappings().first()
            note(connection, Topic.SYSTEM, PATROL, at)
        if row is None:
            raise NotFoundError(f"there is no hand-over note {handover_id}")
        return _handover(row)

    def newest(self, limit: int = 20) -> tuple[Handover, ...]:
        """Return the last notes, the newest first."""
        query = select(patrol_handovers).order_by(patrol_handovers.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(_handover(row) for row in connection.execute(query).mappings())


def _handover(row: RowMapping) -> Handover:
    return Handover(**{name: row[name] for name in Handover.__slots__})

"""Notes that one shift leaves for the next (交接班), and who took them over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, insert, literal, select, update

from gateway.errors import NotFoundError
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.patrol import PATROL
from gateway.store.tables import patrol_handovers
from gateway.store.units import lies_within
from gateway.units import Jurisdiction


@dataclass(frozen=True, slots=True)
class Handover:
    """A note. shift: whose. unit: id of the unit that it stays in, "" the whole site's.

    taken_at, taken_by: who has read it, None and "" before.
    """

    id: int
    at: datetime
    by: str
    shift: str
    unit: str
    text: str
    taken_at: datetime | None
    taken_by: str


class Handovers:
    """The notes between shifts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, by: str, shift: str, text: str, at: datetime, unit: str = "") -> Handover:
        """Leave a note."""
        told = {"at": at, "by": by, "shift": shift, "unit": unit, "text": text}
        with self._database.write() as connection:
            values = told | {"taken_by": ""}
            added = connection.execute(insert(patrol_handovers).values(**values))
            assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
            note(connection, Topic.SYSTEM, PATROL, at)
        return Handover(added.inserted_primary_key[0], at, by, shift, unit, text, None, "")

    def unit_of(self, handover_id: int) -> str:
        """Return the id of a note's unit, "" for one of the whole site; raises NotFoundError."""
        query = select(patrol_handovers.c.unit).where(patrol_handovers.c.id == handover_id)
        with self._database.read() as connection:
            unit: str | None = connection.scalar(query)
        if unit is None:
            raise _missing(handover_id)
        return unit

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
            raise _missing(handover_id)
        return _handover(row)

    def newest(self, limit: int = 20, within: Jurisdiction | None = None) -> tuple[Handover, ...]:
        """Return the last notes, of all units or those within, the newest first."""
        query = select(patrol_handovers).order_by(patrol_handovers.c.id.desc()).limit(limit)
        if within is not None:
            query = query.where(lies_within(within, patrol_handovers.c.unit, literal("")))
        with self._database.read() as connection:
            return tuple(_handover(row) for row in connection.execute(query).mappings())


def _missing(handover_id: int) -> NotFoundError:
    return NotFoundError(f"there is no hand-over note {handover_id}")


def _handover(row: RowMapping) -> Handover:
    return Handover(**{name: row[name] for name in Handover.__slots__})

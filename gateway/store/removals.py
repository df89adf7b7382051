"""Files that are to go: their rows say so already, the disk may not have let go of them yet."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.store.database import Database
from gateway.store.tables import removals


def doom(connection: Connection, paths: Iterable[str], at: datetime) -> None:
    """Have files removed, within the transaction in which their rows say that they are gone."""
    wanted = set(paths)
    known = connection.scalars(select(removals.c.path).where(removals.c.path.in_(wanted)))
    new = wanted.difference(known)
    if new:
        rows = [{"path": path, "since": at} for path in sorted(new)]
        connection.execute(insert(removals), rows)


class Removals:
    """The files in the store that are to be removed from the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int) -> tuple[str, ...]:
        """Return files that are to be removed, the first told first."""
        query = select(removals.c.path).order_by(removals.c.since, removals.c.path).limit(limit)
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def done(self, paths: Sequence[str]) -> None:
        """Forget files that are gone from the disk."""
        with self._database.write() as connection:
            connection.execute(delete(removals).where(removals.c.path.in_(paths)))

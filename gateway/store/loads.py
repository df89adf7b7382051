"""How busy each worker is with its cameras, as it reports."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import worker_loads

JOURNAL_KEY = "load"


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """What one worker spends, in processors (1.0 is one of them all the time).

    shard: its part of the cameras, from 0. overloaded_since: since when its cameras need more than
    there is, None while they do not. budget: what may be spent on pictures. decode, detect, other:
    what was spent, on decoding, on the detector, on everything else. cameras: how many send
    anything. full: of how many everything is decoded, key frames of the rest. stirred: at how many
    something may be happening.
    """

    shard: int
    updated_at: datetime
    overloaded_since: datetime | None
    budget: float
    decode: float
    detect: float
    other: float
    cameras: int
    full: int
    stirred: int


class Loads:
    """The loads in the store, the newest of each worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, load: WorkerLoad) -> None:
        """Store a worker's newest; the journal tells when an overload begins and ends."""
        table = worker_loads
        its = table.c.shard == load.shard
        with self._database.write() as connection:
            since = connection.scalar(select(table.c.overloaded_since).where(its))
            connection.execute(delete(table).where(its))
            connection.execute(insert(table).values(**asdict(load)))
            if (since is None) != (load.overloaded_since is None):
                note(connection, Topic.SYSTEM, JOURNAL_KEY, load.updated_at)

    def after(self, moment: datetime) -> tuple[WorkerLoad, ...]:
        """Return what was reported after a moment, by shard; older ones are of workers gone."""
        table = worker_loads
        query = select(table).where(table.c.updated_at > moment).order_by(table.c.shard)
        with self._database.read() as connection:
            return tuple(WorkerLoad(**row) for row in connection.execute(query).mappings())

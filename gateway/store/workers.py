"""The worker processes now running, and where each answers."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from gateway.store.database import Database
from gateway.store.tables import workers


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process. shard: its part of the cameras, from 0. url: of its HTTP port."""

    shard: int
    url: str
    pid: int
    started_at: datetime


class Workers:
    """The workers in the store: each enters itself at start and leaves at its end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, worker: Worker) -> None:
        """Put a worker in the place of whichever held its shard before."""
        with self._database.write() as connection:
            connection.execute(delete(workers).where(workers.c.shard == worker.shard))
            connection.execute(insert(workers).values(**asdict(worker)))

    def leave(self, worker: Worker) -> None:
        """Take a worker out, unless another holds its shard by now."""
        with self._database.write() as connection:
            connection.execute(
                delete(workers).where(workers.c.shard == worker.shard, workers.c.pid == worker.pid)
            )

    def all(self) -> tuple[Worker, ...]:
        """Return every worker, by shard; one that crashed stays until its shard starts again."""
        with self._database.read() as connection:
            rows = connection.execute(select(workers).order_by(workers.c.shard)).mappings()
            return tuple(Worker(**row) for row in rows)

"""The outbox: messages written together with their incident, on their way to the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import outbox


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message. event_id: deterministic, consumers drop repeats by it. body: a CloudEvent, JSON.

    seq: order of delivery. revision: of the incident, from 0. queue_id: where the queue keeps it.
    attempts: deliveries that failed.
    """

    seq: int
    event_id: str
    incident_id: str
    revision: int
    body: str
    created_at: datetime
    delivered_at: datetime | None
    queue_id: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits. oldest_at: when the oldest of them was written, None if nothing waits."""

    waiting: int
    oldest_at: datetime | None


def event_id(incident_id: str, revision: int) -> str:
    """Return the id of the event that tells of one revision of an incident."""
    return f"{incident_id}/{revision}"


def case_event_id(incident_id: str, revision: int) -> str:
    """Return the id of the event that tells of one revision of an incident's case."""
    return f"{incident_id}/case/{revision}"


def post(
    connection: Connection,
    incident_id: str,
    revision: int,
    body: str,
    at: datetime,
    event: str = "",
) -> None:
    """Add a message within the transaction of the change it tells of.

    event: its id, by default that of the incident's revision.
    """
    connection.execute(
        insert(outbox).values(
            event_id=event or event_id(incident_id, revision),
            incident_id=incident_id,
            revision=revision,
            body=body,
            created_at=at,
            attempts=0,
        )
    )


class Outbox:
    """What the relay does with the messages in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int = 200) -> tuple[OutboxMessage, ...]:
        """Return undelivered messages in order; an index of these alone makes the look cheap."""
        query = select(outbox).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.seq)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return tuple(_message(row) for row in rows)

    def backlog(self) -> Backlog:
        """Return how much waits and since when."""
        query = select(func.count(), func.min(outbox.c.created_at))
        with self._database.read() as connection:
            row = connection.execute(query.where(outbox.c.delivered_at.is_(None))).one()
        return Backlog(waiting=row[0], oldest_at=row[1])

    def of_incident(self, incident_id: str) -> tuple[OutboxMessage, ...]:
        """Return every message about one incident, in order."""
        query = select(outbox).where(outbox.c.incident_id == incident_id).order_by(outbox.c.seq)
        with self._database.read() as connection:
            return tuple(_message(row) for row in connection.execute(query).mappings())

    def mark_delivered(self, queue_ids: Mapping[int, str], at: datetime) -> None:
        """Note where the queue keeps messages, by `seq`; the journal tells of their incidents."""
        chosen = outbox.c.seq.in_(queue_ids)
        with self._database.write() as connection:
            for seq, queue_id in queue_ids.items():
                connection.execute(
                    update(outbox)
                    .where(outbox.c.seq == seq, outbox.c.delivered_at.is_(None))
                    .values(delivered_at=at, queue_id=queue_id)
                )
            told = select(outbox.c.incident_id).where(chosen, outbox.c.revision == 0)
            for incident_id in connection.scalars(told).all():
                note(connection, Topic.INCIDENT, incident_id, at)

    def mark_failed(self, seqs: Sequence[int]) -> None:
        """Count a failed delivery of messages."""
        with self._database.write() as connection:
            connection.execute(
                update(outbox).where(outbox.c.seq.in_(seqs)).values(attempts=outbox.c.attempts + 1)
            )


def _message(row: RowMapping) -> OutboxMessage:
    return OutboxMessage(**row)

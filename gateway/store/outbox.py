"""The outbox: messages written together with their incident, on their way to every sink."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from gateway.store.database import Database
from gateway.store.journal import Topic, note_all
from gateway.store.tables import deliveries, incidents, outbox, sinks
from vision.types import Severity

QUEUE: Final = "queue"
"""The sink that is always there: the dispatch queue, a Redis stream."""
URGENCY = case({Severity.RED: 0, Severity.YELLOW: 1}, value=incidents.c.severity, else_=2)
"""What goes first when much waits: 0 before 1 before 2."""


_ITS_URGENCY = select(URGENCY).where(incidents.c.id == bindparam("incident")).scalar_subquery()
_HURRY = (
    update(deliveries)
    .where(deliveries.c.incident_id == bindparam("incident"), deliveries.c.urgency > _ITS_URGENCY)
    .values(urgency=_ITS_URGENCY)
)
"""Has what waits of an incident wait no longer than its newest message."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message. event_id: deterministic, consumers drop repeats by it. body: a CloudEvent, JSON.

    seq: order of writing. revision: of the incident, from 0. delivered_at, queue_id: when the
    dispatch queue took it, and where it keeps it; other sinks are none of its business.
    """

    seq: int
    event_id: str
    incident_id: str
    revision: int
    body: str
    created_at: datetime
    delivered_at: datetime | None
    queue_id: str | None


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
    """Add a message for every sink within the transaction of the change it tells of.

    event: its id, by default that of the incident's revision.

    The row of the incident is up to date already: what it says of its severity is how urgent the
    message is. What waits of an incident that became worse goes with it, as its order must stay.
    """
    added = connection.execute(
        insert(outbox).values(
            event_id=event or event_id(incident_id, revision),
            incident_id=incident_id,
            revision=revision,
            body=body,
            created_at=at,
            attempts=0,
        )
    )
    assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
    seq: int = added.inserted_primary_key[0]
    connection.execute(_HURRY, {"incident": incident_id})
    offer(connection, seq)


def offer(connection: Connection, seq: int, sink: str | None = None) -> None:
    """Have a message wait for a sink, None: for every one."""
    rows = _offered(outbox.c.seq == seq)
    _insert_offers(connection, rows if sink is None else rows.where(sinks.c.name == sink))


def offer_open(connection: Connection, sink: str) -> None:
    """Have the messages about all open incidents wait for a sink that is new."""
    offer_those(connection, sink, incidents.c.closed_at.is_(None))


def offer_those(connection: Connection, sink: str, which: ColumnElement[bool]) -> None:
    """Have chosen messages wait for a sink; which: of columns of `outbox` and `incidents`."""
    _insert_offers(connection, _offered(sinks.c.name == sink, which))


def _offered(*which: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """Return rows for `deliveries`: chosen messages for chosen sinks."""
    return (
        select(outbox.c.seq, sinks.c.name, outbox.c.incident_id, URGENCY, literal(0))
        .join(incidents, incidents.c.id == outbox.c.incident_id)
        .join(sinks, true())
        .where(*which)
    )


def _insert_offers(connection: Connection, rows: Select[*tuple[object, ...]]) -> None:
    columns = ["seq", "sink", "incident_id", "urgency", "refusals"]
    connection.execute(insert(deliveries).from_select(columns, rows))


def backlog_of(connection: Connection, sink: str) -> Backlog:
    """Return how much waits for a sink and since when, without looking at each message."""
    its = deliveries.c.sink == sink
    oldest = (
        select(outbox.c.created_at)
        .join(deliveries, deliveries.c.seq == outbox.c.seq)
        .where(its)
        .order_by(deliveries.c.seq)
        .limit(1)
    )
    waiting = connection.scalar(select(func.count()).where(its)) or 0
    return Backlog(waiting, connection.scalar(oldest) if waiting else None)


def mark_queued(connection: Connection, queue_ids: Mapping[int, str], at: datetime) -> None:
    """Note where the dispatch queue keeps messages, by `seq`; the journal tells of incidents."""
    if not queue_ids:
        return
    this = outbox.c.seq == bindparam("this"), outbox.c.delivered_at.is_(None)
    connection.execute(
        update(outbox).where(*this).values(delivered_at=at, queue_id=bindparam("kept_as")),
        [{"this": seq, "kept_as": queue_id} for seq, queue_id in queue_ids.items()],
    )
    first = outbox.c.seq.in_(queue_ids), outbox.c.revision == 0
    told = connection.scalars(select(outbox.c.incident_id).where(*first).order_by(outbox.c.seq))
    note_all(connection, Topic.INCIDENT, told.all(), at)


class Outbox:
    """The messages in the store, and what the dispatch queue has of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int = 200) -> tuple[OutboxMessage, ...]:
        """Return undelivered messages in order; an index of these alone makes the look cheap."""
        query = select(outbox).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.seq)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return tuple(message_of(row) for row in rows)

    def backlog(self) -> Backlog:
        """Return how much waits for the dispatch queue and since when."""
        with self._database.read() as connection:
            return backlog_of(connection, QUEUE)

    def of_incident(self, incident_id: str) -> tuple[OutboxMessage, ...]:
        """Return every message about one incident, in order."""
        query = select(outbox).where(outbox.c.incident_id == incident_id).order_by(outbox.c.seq)
        with self._database.read() as connection:
            return tuple(message_of(row) for row in connection.execute(query).mappings())

    def mark_delivered(self, queue_ids: Mapping[int, str], at: datetime) -> None:
        """Note where the queue keeps messages, by `seq`; the journal tells of their incidents."""
        with self._database.write() as connection:
            connection.execute(
                delete(deliveries).where(
                    deliveries.c.seq.in_(queue_ids), deliveries.c.sink == QUEUE
                )
            )
            mark_queued(connection, queue_ids, at)


def message_of(row: RowMapping) -> OutboxMessage:
    """Return the message that a row of the outbox holds."""
    return OutboxMessage(**{name: row[name] for name in OutboxMessage.__slots__})

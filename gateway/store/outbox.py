"""The outbox: messages written together with their incident, on their way to every sink."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
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
EMPTIED: Final = ""
"""The body of a message that everybody has had for long; it is offered to nobody again."""
URGENCIES: Final[Mapping[Severity, int]] = MappingProxyType(
    {Severity.RED: 0, Severity.YELLOW: 1, Severity.GREEN: 2}
)
"""What goes first when much waits: 0 before 1 before 2."""
URGENCY = case(dict(URGENCIES), value=incidents.c.severity, else_=max(URGENCIES.values()))
"""The same of a row of `incidents`."""

_ADD = insert(outbox)
_OFFER = insert(deliveries).from_select(
    ["seq", "sink", "incident_id", "urgency", "refusals"],
    select(
        bindparam("its_seq", type_=deliveries.c.seq.type),
        sinks.c.name,
        bindparam("its_incident", type_=deliveries.c.incident_id.type),
        bindparam("its_urgency", type_=deliveries.c.urgency.type),
        literal(0),
    ),
)
_QUEUED = (
    update(outbox)
    .where(outbox.c.seq == bindparam("this"), outbox.c.delivered_at.is_(None))
    .values(
        delivered_at=bindparam("at", type_=outbox.c.delivered_at.type),
        queue_id=bindparam("kept_as"),
    )
)
_FIRST = (
    select(outbox.c.incident_id)
    .where(
        outbox.c.seq.in_(bindparam("seqs", expanding=True, literal_execute=True)),
        outbox.c.revision == 0,
    )
    .order_by(outbox.c.seq)
)
_HURRY = (
    update(deliveries)
    .where(
        deliveries.c.incident_id == bindparam("its_incident"),
        deliveries.c.urgency > bindparam("its_urgency"),
    )
    .values(urgency=bindparam("its_urgency"))
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
class Posting:
    """A message to be written. event_id, revision: of the incident, or of its case.

    severity: the incident's now. is_worse: whether it has just become more severe, so that what
    waits of it goes with this message, as their order must stay.
    """

    event_id: str
    incident_id: str
    revision: int
    body: str
    severity: Severity
    is_worse: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits. oldest_at: when the oldest of them was written, None if nothing waits."""

    waiting: int
    oldest_at: datetime | None


_message = attrgetter(*OutboxMessage.__slots__)


def event_id(incident_id: str, revision: int) -> str:
    """Return the id of the event that tells of one revision of an incident."""
    return f"{incident_id}/{revision}"


def case_event_id(incident_id: str, revision: int) -> str:
    """Return the id of the event that tells of one revision of an incident's case."""
    return f"{incident_id}/case/{revision}"


def post(connection: Connection, posting: Posting, at: datetime) -> None:
    """Add a message for every sink within the transaction of the change it tells of."""
    row = {
        "event_id": posting.event_id,
        "incident_id": posting.incident_id,
        "revision": posting.revision,
        "body": posting.body,
        "created_at": at,
        "attempts": 0,
    }
    added = connection.execute(_ADD, row)
    assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
    its = {"its_incident": posting.incident_id, "its_urgency": URGENCIES[posting.severity]}
    if posting.is_worse:
        connection.execute(_HURRY, its)
    connection.execute(_OFFER, {"its_seq": added.inserted_primary_key[0], **its})


def offer(connection: Connection, seq: int, sink: str) -> None:
    """Have a message wait for a sink again."""
    _insert_offers(connection, _offered(outbox.c.seq == seq, sinks.c.name == sink))


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
    connection.execute(
        _QUEUED,
        [{"this": seq, "at": at, "kept_as": queue_id} for seq, queue_id in queue_ids.items()],
    )
    told = connection.scalars(_FIRST, {"seqs": list(queue_ids)})
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
    return OutboxMessage(*_message(row))

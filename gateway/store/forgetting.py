"""What is forgotten of the outbox: messages that everybody has had for long, of what is over.

Of an incident's first message only what it said goes: its row, some 250 bytes, tells for as long as
the incident is known when the dispatch queue took it, and where that keeps it. So does
the newest that the queue took, by which a loss of its data is known.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, or_, select, update

from gateway.store.database import Database
from gateway.store.outbox import EMPTIED, QUEUE
from gateway.store.tables import UtcDateTime, cases, deliveries, incidents, outbox, parked, sinks
from gateway.workflow.case import Step

_CHUNK = 500
"""Messages forgotten in one transaction, so that incidents never wait long for theirs."""


def forget(database: Database, before: datetime) -> Iterator[int]:
    """Forget messages that the queue took before a time; yield how many rows went, now and then.

    Nothing is that still waits anywhere or is parked, nor of an incident that goes on or whose case
    is not closed. Raises StorageError.
    """
    after = 0
    while True:
        with database.read() as connection:
            asked = {"after": after, "before": before}
            seqs = connection.scalars(_FORGETTABLE, asked).all()
        if not seqs:
            return
        after = seqs[-1]
        with database.write() as connection:
            its = {"seqs": list(seqs)}
            connection.execute(_EMPTY, its)
            count = connection.execute(_FORGET, its).rowcount
        yield count


def _everybody_has_it() -> ColumnElement[bool]:
    waits = (exists().where(table.c.seq == outbox.c.seq) for table in (deliveries, parked))
    return and_(outbox.c.delivered_at.is_not(None), *(~one for one in waits))


_newest = select(sinks.c.delivered_at).where(sinks.c.name == QUEUE).scalar_subquery()
_FORGETTABLE = (
    select(outbox.c.seq)
    .join(incidents, incidents.c.id == outbox.c.incident_id)
    .join(cases, cases.c.incident_id == incidents.c.id)
    .where(
        outbox.c.seq > bindparam("after"),
        or_(outbox.c.revision > 0, outbox.c.body != EMPTIED),
        outbox.c.delivered_at < bindparam("before", type_=UtcDateTime),
        outbox.c.delivered_at < _newest,
        incidents.c.closed_at.is_not(None),
        cases.c.step == Step.CLOSED,
        _everybody_has_it(),
    )
    .order_by(outbox.c.seq)
    .limit(_CHUNK)
)
_THESE = and_(
    outbox.c.seq.in_(bindparam("seqs", expanding=True, literal_execute=True)), _everybody_has_it()
)
"""Looks again: a queue that lost its data may have taken messages back meanwhile."""
_FORGET = delete(outbox).where(_THESE, outbox.c.revision > 0)
_EMPTY = update(outbox).where(_THESE, outbox.c.revision == 0).values(body=EMPTIED)

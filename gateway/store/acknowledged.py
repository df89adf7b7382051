"""What the dispatch queue has acknowledged, and how it is taken back when the queue lost it."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Update, and_, func, or_, select, update

from gateway.store.database import Database
from gateway.store.outbox import EMPTIED, QUEUE, offer_those
from gateway.store.tables import cases, deliveries, incidents, outbox, sinks
from gateway.workflow.case import Step

OFFERED_AGAIN: Final = timedelta(days=7)
"""So far back is all offered again; before that, what concerns incidents and cases still open."""
_MS_DIGITS: Final = 13
"""Of the milliseconds that a queue id begins with, from 2001 to 2286."""


class Acknowledged:
    """The messages that the dispatch queue took."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> str:
        """Return the queue id that was given last, "" if none is known."""
        newest = (
            select(outbox.c.queue_id)
            .join(sinks, and_(sinks.c.name == QUEUE, sinks.c.delivered_at == outbox.c.delivered_at))
            .order_by(func.length(outbox.c.queue_id).desc(), outbox.c.queue_id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.scalar(newest) or ""

    def take_back(self, kept_to: str, now: datetime) -> int:
        """Let what the queue took after a queue id wait for it again; return how many messages.

        kept_to: "" for all it took. All or nothing: who is told twice of one loss does it twice
        without harm. What is older than OFFERED_AGAIN is left, unless it is still open.
        """
        lost = _lost(kept_to, now)
        with self._database.write() as connection:
            offer_those(connection, QUEUE, lost)
            connection.execute(_in_their_order(lost))
            gone = update(outbox).where(lost).values(delivered_at=None, queue_id=None)
            return connection.execute(gone).rowcount


def _in_their_order(lost: ColumnElement[bool]) -> Update:
    """Have the messages of each incident that lost some go together, as urgent as any of them.

    Of one that has become less severe, what waits is more urgent than what it is offered anew.
    """
    other = deliveries.alias("other")
    most = select(func.min(other.c.urgency)).where(
        other.c.incident_id == deliveries.c.incident_id, other.c.sink == QUEUE
    )
    return (
        update(deliveries)
        .where(
            deliveries.c.sink == QUEUE,
            deliveries.c.incident_id.in_(select(outbox.c.incident_id).where(lost)),
        )
        .values(urgency=most.scalar_subquery())
    )


def _lost(kept_to: str, now: datetime) -> ColumnElement[bool]:
    """Return which messages to offer again; one of the last millisecond kept may be among them."""
    open_ones = (
        select(incidents.c.id)
        .join(cases, cases.c.incident_id == incidents.c.id)
        .where(or_(incidents.c.closed_at.is_(None), cases.c.step != Step.CLOSED))
    )
    return and_(
        outbox.c.queue_id.is_not(None),
        outbox.c.body != EMPTIED,
        func.substr(outbox.c.queue_id, 1, _MS_DIGITS) >= kept_to[:_MS_DIGITS],
        or_(outbox.c.delivered_at > now - OFFERED_AGAIN, outbox.c.incident_id.in_(open_ones)),
    )

"""What waits for each sink: the most urgent first, the messages of one incident in their order.

A message is posted once and waits for every sink on its own: a row here for each of them, written
in the transaction of the message and deleted when the sink has it. So a sink that is down, slow or
new holds up no other, and there is no position to be lost.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    Connection,
    Integer,
    RowMapping,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from gateway.audit.act import Act, AuditAction
from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.forgetting import forget
from gateway.store.outbox import (
    QUEUE,
    OutboxMessage,
    backlog_of,
    mark_queued,
    message_of,
    offer,
    offer_open,
)
from gateway.store.shedding import Shed, shed
from gateway.store.tables import UtcDateTime, deliveries, outbox, parked, sinks

_LONGEST_HOLD: Final = timedelta(hours=1)
"""No refused message is held back for longer: a later time is from before a clock was set back."""
_MOST_NAMED = 500
"""Rows named in one statement; SQLite once took no more than 999 values."""

_held = deliveries.alias("held")
_DUE = (
    select(outbox)
    .join(deliveries, deliveries.c.seq == outbox.c.seq)
    .where(
        deliveries.c.sink == bindparam("sink"),
        deliveries.c.seq.not_in(bindparam("but", expanding=True, literal_execute=True)),
        ~exists().where(
            _held.c.incident_id == deliveries.c.incident_id,
            _held.c.sink == bindparam("sink"),
            _held.c.retry_at > bindparam("now", type_=UtcDateTime),
            _held.c.retry_at <= bindparam("latest", type_=UtcDateTime),
        ),
    )
    .order_by(deliveries.c.urgency, deliveries.c.seq)
    .limit(bindparam("most", type_=Integer))
)
_TAKEN = delete(deliveries).where(
    deliveries.c.sink == bindparam("sink"),
    deliveries.c.seq.in_(bindparam("seqs", expanding=True, literal_execute=True)),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that a sink looked at and would not take.

    seq: of the message. detail: the sink's words. retry_at: when it is offered again, None: never,
    it is parked.
    """

    seq: int
    detail: str
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """How one sink fares.

    failures: attempts in a row at which it could not be reached; 0: no trouble is known. retry_at:
    when it is tried again. down_since, detail: since when and why, None and "" while all is well.
    delivered_at: when it last took something. shed: messages it never got, as too many waited.
    waiting, oldest_at: what waits, and when the oldest of it was written. parked: what it refused.
    """

    name: str
    failures: int
    retry_at: datetime | None
    down_since: datetime | None
    delivered_at: datetime | None
    detail: str
    shed: int
    waiting: int
    oldest_at: datetime | None
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message that one sink does not take, kept until a person offers it again or drops it."""

    sink: str
    event_id: str
    incident_id: str
    body: str
    parked_at: datetime
    refusals: int
    detail: str


class Deliveries:
    """What the relays do with the messages that wait, and what people see of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, names: Collection[str]) -> tuple[str, ...]:
        """Make these the site's sinks, with QUEUE; return the names of those that are no more.

        A new one gets the messages of incidents that are open, and all that come from now on. What
        waited for one that is no more is forgotten.
        """
        wanted = {QUEUE, *names}
        with self._database.write() as connection:
            known = set(connection.scalars(select(sinks.c.name)))
            for name in sorted(wanted - known):
                connection.execute(insert(sinks).values(name=name, failures=0, detail="", shed=0))
                offer_open(connection, name)
            gone = tuple(sorted(known - wanted))
            connection.execute(delete(sinks).where(sinks.c.name.in_(gone)))
        return gone

    def due(
        self, sink: str, limit: int, now: datetime, but: Collection[int] = ()
    ) -> tuple[OutboxMessage, ...]:
        """Return what a sink should get next: red first, then by age.

        An incident of which a message was refused is passed over until that is offered again.
        but: messages, by `seq`, that it has got already, though that is not settled yet.
        """
        wanted = {
            "sink": sink,
            "but": list(but),
            "now": now,
            "latest": now + _LONGEST_HOLD,
            "most": limit,
        }
        with self._database.read() as connection:
            rows = connection.execute(_DUE, wanted).mappings()
            return tuple(message_of(row) for row in rows)

    def settle(
        self, sink: str, taken: Mapping[int, str], refused: Sequence[Refusal], now: datetime
    ) -> None:
        """Note what a sink took, by `seq` with its own number for it, and what it refused."""
        with self._database.write() as connection:
            _forget(connection, sink, tuple(taken))
            for refusal in refused:
                _refuse(connection, sink, refusal, now)
            if taken:
                _update(connection, sink, {"delivered_at": now})
            if sink == QUEUE:
                mark_queued(connection, taken, now)

    def refusals(self, sink: str, seqs: Collection[int]) -> dict[int, int]:
        """Return how often each of these messages was refused before, by `seq`."""
        query = select(deliveries.c.seq, deliveries.c.refusals)
        with self._database.read() as connection:
            rows = connection.execute(
                query.where(deliveries.c.sink == sink, deliveries.c.seq.in_(seqs))
            )
            return {row.seq: row.refusals for row in rows}

    def unreachable(self, sink: str, detail: str, retry_at: datetime, now: datetime) -> None:
        """Note that a sink could not be reached, and when it is to be tried again."""
        with self._database.write() as connection:
            values = {
                "failures": sinks.c.failures + 1,
                "retry_at": retry_at,
                "down_since": func.coalesce(sinks.c.down_since, bindparam(None, now, UtcDateTime)),
                "detail": detail,
            }
            _update(connection, sink, values)

    def reachable(self, sink: str) -> None:
        """Note that a sink is well again."""
        with self._database.write() as connection:
            well = {"failures": 0, "retry_at": None, "down_since": None, "detail": ""}
            _update(connection, sink, well)

    def shed(self, sink: str, most: int) -> Shed:
        """Give up what waits or is parked for a sink above `most`; see `shedding.RANKS`."""
        return shed(self._database, sink, most)

    def forget(self, before: datetime) -> Iterator[int]:
        """Forget what the queue took before a time and nobody needs; see `forgetting.forget`."""
        return forget(self._database, before)

    def status(self) -> tuple[SinkStatus, ...]:
        """Return how every sink fares, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(sinks).order_by(sinks.c.name)).mappings().all()
            return tuple(_status(connection, row) for row in rows)

    def parked(
        self, sink: str | None = None, limit: int | None = None
    ) -> tuple[ParkedMessage, ...]:
        """Return what a sink refused for good, the oldest first.

        sink: None for all of them. limit: at most so many, None: all.
        """
        query = select(parked, outbox.c.event_id, outbox.c.incident_id, outbox.c.body).join(
            outbox, outbox.c.seq == parked.c.seq
        )
        if sink is not None:
            query = query.where(parked.c.sink == sink)
        with self._database.read() as connection:
            oldest = query.order_by(parked.c.seq, parked.c.sink).limit(limit)
            rows = connection.execute(oldest).mappings()
            return tuple(
                ParkedMessage(**{name: row[name] for name in ParkedMessage.__slots__})
                for row in rows
            )

    def offer_again(self, sink: str, event_id: str, by: str) -> None:
        """Let a parked message wait for its sink once more; raises NotFoundError.

        by: who says so, for the audit log.
        """
        with self._database.write() as connection:
            seq = _unpark(connection, sink, event_id)
            offer(connection, seq, sink)
            tell(connection, _act(AuditAction.MESSAGE_OFFERED, by, sink, event_id))

    def drop(self, sink: str, event_id: str, by: str) -> None:
        """Forget a parked message: its sink never gets it. Raises NotFoundError.

        by: who says so, for the audit log.
        """
        with self._database.write() as connection:
            _unpark(connection, sink, event_id)
            tell(connection, _act(AuditAction.MESSAGE_DROPPED, by, sink, event_id))


def _act(action: AuditAction, by: str, sink: str, event_id: str) -> Act:
    return Act(utc_now(), by, action, f"sink/{sink}", {"event": event_id})


def _update(connection: Connection, sink: str, values: Mapping[str, object]) -> None:
    connection.execute(update(sinks).where(sinks.c.name == sink).values(**values))


def _forget(connection: Connection, sink: str, seqs: Sequence[int]) -> None:
    for start in range(0, len(seqs), _MOST_NAMED):
        some = seqs[start : start + _MOST_NAMED]
        connection.execute(_TAKEN, {"sink": sink, "seqs": list(some)})


def _refuse(connection: Connection, sink: str, refusal: Refusal, now: datetime) -> None:
    """Hold a message back until it is offered again, or park it."""
    this = (deliveries.c.seq == refusal.seq, deliveries.c.sink == sink)
    if refusal.retry_at is not None:
        values = {"refusals": deliveries.c.refusals + 1, "retry_at": refusal.retry_at}
        connection.execute(update(deliveries).where(*this).values(**values))
        return
    before = connection.scalar(select(deliveries.c.refusals).where(*this))
    if before is None:
        return
    connection.execute(delete(deliveries).where(*this))
    connection.execute(
        insert(parked).values(
            seq=refusal.seq,
            sink=sink,
            parked_at=now,
            refusals=before + 1,
            detail=refusal.detail,
        )
    )


def _unpark(connection: Connection, sink: str, event_id: str) -> int:
    """Take a message out of the parked ones and return its `seq`."""
    query = select(parked.c.seq).join(outbox, outbox.c.seq == parked.c.seq)
    named = query.where(parked.c.sink == sink, outbox.c.event_id == event_id)
    seq: int | None = connection.scalar(named)
    if seq is None:
        raise NotFoundError(f"no message {event_id} is parked for the sink {sink}")
    connection.execute(delete(parked).where(parked.c.seq == seq, parked.c.sink == sink))
    return seq


def _status(connection: Connection, row: RowMapping) -> SinkStatus:
    backlog = backlog_of(connection, row["name"])
    its = parked.c.sink == row["name"]
    return SinkStatus(
        **row,
        waiting=backlog.waiting,
        oldest_at=backlog.oldest_at,
        parked=connection.scalar(select(func.count()).where(its)) or 0,
    )

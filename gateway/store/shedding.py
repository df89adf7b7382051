"""What is given up when more waits for a sink than may: a table of what goes first, and what never.

A disk has an end, and a receiver may be gone for months. Nobody loses an incident by this: it stays
in the store with all of its evidence; only its message to one sink is given up, and counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    and_,
    cast,
    delete,
    exists,
    func,
    select,
    true,
    update,
)

from gateway.store.database import Database
from gateway.store.outbox import URGENCY
from gateway.store.tables import cases, deliveries, incidents, outbox, parked, sinks
from gateway.workflow.case import Step

_CHUNK = 500
"""Messages given up in one transaction, so that incidents never wait long for theirs."""

_Condition: TypeAlias = Callable[[Table], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Rank:
    """Messages that are given up together. urgency: 0 red, 1 yellow, 2 the rest."""

    name: str
    urgency: int
    which: _Condition


@dataclass(frozen=True, slots=True)
class Shed:
    """What was given up for one sink, by the name of its rank, and by how much it is still over."""

    counts: Mapping[str, int]
    over: int

    @property
    def total(self) -> int:
        """The messages given up."""
        return sum(self.counts.values())


def _superseded(table: Table) -> ColumnElement[bool]:
    """Whether an `updated` is followed, for the same sink, by a message with all it says and more.

    The opening is none, nor is what was done about a case: each of those tells of its own deed.
    """
    later, message = table.alias("later"), outbox.alias("message")
    follows = (
        select(later.c.seq)
        .join(message, message.c.seq == later.c.seq)
        .where(
            message.c.incident_id == outbox.c.incident_id,
            message.c.event_id == _incident_event(message),
            later.c.sink == table.c.sink,
            later.c.seq > table.c.seq,
        )
    )
    is_update = and_(outbox.c.revision > 0, outbox.c.event_id == _incident_event(outbox))
    return and_(is_update, exists(follows.correlate(table, outbox)))


def _over(_table: Table) -> ColumnElement[bool]:
    return incidents.c.closed_at.is_not(None)


def _settled(_table: Table) -> ColumnElement[bool]:
    """Whether an incident is over and people are done with it, too."""
    return and_(incidents.c.closed_at.is_not(None), cases.c.step == Step.CLOSED)


def _any(_table: Table) -> ColumnElement[bool]:
    return true()


RANKS: Final[tuple[Rank, ...]] = (
    Rank("green updates that a later one contains", 2, _superseded),
    Rank("yellow updates that a later one contains", 1, _superseded),
    Rank("red updates that a later one contains", 0, _superseded),
    Rank("green incidents that are over", 2, _over),
    Rank("green incidents", 2, _any),
    Rank("yellow incidents that are over", 1, _over),
    Rank("yellow incidents", 1, _any),
    Rank("red incidents that are over and closed", 0, _settled),
)
"""What goes first, the oldest of it first. The last word about a red incident that goes on, or that
people are not done with, is in none of these: it is kept, whatever the limit says."""

_URGENCIES: Mapping[Table, ColumnElement[int]] = MappingProxyType(
    {parked: URGENCY, deliveries: deliveries.c.urgency}
)
"""What a sink refused goes before what still waits for it."""


def shed(database: Database, sink: str, most: int) -> Shed:
    """Give up messages of one sink until at most `most` wait or are parked; count them there."""
    with database.read() as connection:
        over = sum(_count(connection, table, sink) for table in _URGENCIES) - most
    counts: dict[str, int] = {}
    for rank in RANKS:
        for table in _URGENCIES:
            if over <= 0:
                return Shed(counts, 0)
            given_up = _give_up(database, table, sink, _seqs(database, table, sink, rank, over))
            over -= given_up
            if given_up:
                counts[rank.name] = counts.get(rank.name, 0) + given_up
    return Shed(counts, max(over, 0))


def _count(connection: Connection, table: Table, sink: str) -> int:
    return connection.scalar(select(func.count()).where(table.c.sink == sink)) or 0


def _seqs(database: Database, table: Table, sink: str, rank: Rank, most: int) -> Sequence[int]:
    """Return the oldest messages of a rank, at most so many."""
    query = (
        select(table.c.seq)
        .join(outbox, outbox.c.seq == table.c.seq)
        .join(incidents, incidents.c.id == outbox.c.incident_id)
        .outerjoin(cases, cases.c.incident_id == incidents.c.id)
        .where(table.c.sink == sink, _URGENCIES[table] == rank.urgency, rank.which(table))
        .order_by(table.c.seq)
        .limit(most)
    )
    with database.read() as connection:
        return tuple(connection.scalars(query))


def _give_up(database: Database, table: Table, sink: str, seqs: Sequence[int]) -> int:
    """Forget messages for a sink, and those that nobody else has or is to have; return how many."""
    given_up = 0
    for start in range(0, len(seqs), _CHUNK):
        some = seqs[start : start + _CHUNK]
        with database.write() as connection:
            gone = connection.execute(
                delete(table).where(table.c.seq.in_(some), table.c.sink == sink)
            ).rowcount
            its = sinks.c.name == sink
            connection.execute(update(sinks).where(its).values(shed=sinks.c.shed + gone))
            wanted = (exists().where(one.c.seq == outbox.c.seq) for one in _URGENCIES)
            connection.execute(
                delete(outbox).where(
                    outbox.c.seq.in_(some),
                    outbox.c.delivered_at.is_(None),
                    *(~each for each in wanted),
                )
            )
        given_up += gone
    return given_up


def _incident_event(table: FromClause) -> ColumnElement[str]:
    """Return the id that a message about an incident itself has, as `outbox.event_id` makes it."""
    return table.c.incident_id + "/" + cast(table.c.revision, String)

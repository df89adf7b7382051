"""The audit log: written with what it tells of, in one transaction, and never changed.

Whoever changes something calls `tell` with the connection of the change; what is no part of a
change is told by `AuditLog.tell`. Whoever writes to the store has it alone (`Database.write`), so
that each record hangs on the one before.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
)

from gateway.audit.act import Act
from gateway.audit.chain import ROOT, Break, Head, Record, breaks, link
from gateway.store.database import Database
from gateway.store.tables import audit

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records; None lets all pass. object: it, and what is named below it.

    until: only what was before.
    """

    since: datetime | None = None
    actor: str | None = None
    action: str | None = None
    object: str | None = None
    until: datetime | None = None


def tell(connection: Connection, act: Act) -> Record:
    """Add a record within the transaction of what it tells of; return it."""
    record = link(act, _head(connection))
    connection.execute(insert(audit).values(**asdict(record)))
    return record


def tell_hourly(connection: Connection, act: Act) -> None:
    """Add a record unless there is one like it of this hour (UTC): same actor, action, object."""
    if not _is_told(connection, act):
        tell(connection, act)


def head_and_breaks(connection: Connection) -> tuple[Head, tuple[Break, ...]]:
    """Return where the whole log stands, and where its chain breaks."""
    return _head(connection), tuple(breaks(_stream(connection, select(audit)), ROOT))


class AuditLog:
    """The audit log in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, act: Act) -> None:
        """Add a record of something that changes nothing else."""
        with self._database.write() as connection:
            tell(connection, act)

    def tell_hourly(self, act: Act) -> None:
        """Add a record as the function does: for what happens often, such as looking at pictures.

        Where there is one already nothing is written.
        """
        with self._database.read() as connection:
            if _is_told(connection, act):
                return
        with self._database.write() as connection:
            tell_hourly(connection, act)

    def head(self) -> Head:
        """Return where the log stands: to be noted outside, where nobody here can change it."""
        with self._database.read() as connection:
            return _head(connection)

    def newest(
        self, wanted: AuditFilter, before: int | None = None, limit: int = 50
    ) -> tuple[Record, ...]:
        """Return up to `limit` records, the newest first, with numbers below `before`."""
        query = select(audit).where(_matches(wanted)).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.seq < before)
        with self._database.read() as connection:
            return tuple(_record(row) for row in connection.execute(query).mappings())

    def seq_before(self, object_: str) -> int:
        """Return the number before the first record about a thing, or what is named below it.

        Where there is none: the number of the last record.
        """
        about = _matches(AuditFilter(object=object_))
        with self._database.read() as connection:
            first = connection.scalar(select(func.min(audit.c.seq)).where(about))
            return _head(connection).seq if first is None else int(first) - 1

    @contextmanager
    def records(self, after: int = 0) -> Iterator[Iterator[Record]]:
        """Give all records with numbers above `after`, in order, few at a time."""
        with self._database.read() as connection:
            yield _stream(connection, select(audit).where(audit.c.seq > after))

    def breaks(
        self, since: datetime | None = None, known: Iterable[Head] = ()
    ) -> tuple[Break, ...]:
        """Return where the chain breaks, from the first record of `since` on; () where it is whole.

        What the first of them hangs on is believed. known: heads that were noted outside.
        """
        with self._database.read() as connection:
            after = ROOT if since is None else _head_before(connection, since)
            query = select(audit).where(audit.c.seq > after.seq)
            return tuple(breaks(_stream(connection, query), after, known))


def _head(connection: Connection, before: int | None = None) -> Head:
    """Return where the log stands, or stood before the record of a number."""
    newest = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    if before is not None:
        newest = newest.where(audit.c.seq < before)
    row = connection.execute(newest).first()
    return ROOT if row is None else Head(row.seq, row.hash)


def _head_before(connection: Connection, since: datetime) -> Head:
    """Return the last head before the first record that tells of `since` or later."""
    first = select(audit.c.seq).where(audit.c.at >= since).order_by(audit.c.seq).limit(1)
    seq = connection.scalar(first)
    if seq is None:
        return _head(connection)
    row = connection.execute(
        select(audit.c.seq, audit.c.hash).where(audit.c.seq == seq - 1)
    ).first()
    return ROOT if row is None else Head(row.seq, row.hash)


def _stream(connection: Connection, query: Select[*tuple[object, ...]]) -> Iterator[Record]:
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(query.order_by(audit.c.seq))
    for row in rows.mappings():
        yield _record(row)


def _record(row: RowMapping) -> Record:
    return Record(**row)


def _is_told(connection: Connection, act: Act) -> bool:
    """Say whether there is a record like it of its hour."""
    like_it = and_(
        audit.c.object == act.object,
        audit.c.action == act.action,
        audit.c.actor == act.actor,
        audit.c.at >= act.at.replace(minute=0, second=0, microsecond=0),
    )
    return bool(connection.scalar(select(exists().where(like_it))))


def _matches(wanted: AuditFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.since is not None:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(audit.c.at < wanted.until)
    if wanted.actor is not None:
        conditions.append(audit.c.actor == wanted.actor)
    if wanted.action is not None:
        conditions.append(audit.c.action == wanted.action)
    if wanted.object is not None:
        below = audit.c.object.startswith(f"{wanted.object}/", autoescape=True)
        conditions.append(or_(audit.c.object == wanted.object, below))
    return and_(*conditions)

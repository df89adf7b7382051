"""A store moved to another database, whole or not at all; the one it comes from is only read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    Table,
    Update,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from gateway.errors import StorageError
from gateway.store.audit_log import head_and_breaks
from gateway.store.database import Database
from gateway.store.tables import metadata

_AT_ONCE = 1000
"""Rows read and written in one go."""
_Row: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class MovedTable:
    """A table and how many rows of it were moved."""

    name: str
    rows: int


def move(source: Database, target: Database) -> tuple[MovedTable, ...]:
    """Copy all of one store into another, which has none, in one transaction; return what.

    Nobody may write to the source meanwhile. Before the transaction ends, rows are counted and the
    audit log's chain is followed on both sides. Raises StorageError: the target holds a store
    already, a row does not fit it, or something differs; then the target is as it was.
    """
    with source.read() as reading, target.write() as writing:
        _check_empty(writing, target.name)
        for table in reversed(metadata.sorted_tables):
            if not _tells_of_use(table):
                writing.execute(table.delete())
        moved = tuple(_copy(table, reading, writing) for table in metadata.sorted_tables)
        _go_on_counting(reading, writing)
        _compare(reading, writing, moved)
    return moved


def _check_empty(writing: Connection, name: str) -> None:
    """Raise StorageError where a store has been in use."""
    for table in filter(_tells_of_use, metadata.sorted_tables):
        if writing.scalar(select(func.count()).select_from(table)):
            raise StorageError(
                f"the database {name} is in use: it has rows in {table.name}; give an empty one"
            )


def _tells_of_use(table: Table) -> bool:
    """Say whether any row of a table tells that a store has been used.

    A new one may begin with rows of its own in others, such as its first sink.
    """
    return table.name in {"cameras", "units", "audit"} or _counter(table) is not None


def _copy(table: Table, reading: Connection, writing: Connection) -> MovedTable:
    """Copy a table; what points to rows of the same table is set when all of them are there."""
    count, later = 0, tuple(_own_references(table))
    streaming = reading.execution_options(yield_per=_AT_ONCE)
    rows = (dict(row) for row in streaming.execute(select(table)).mappings())
    pointing: list[_Row] = []
    while some := list(islice(rows, _AT_ONCE)):
        count += len(some)
        pointing += [row for row in some if any(row[one.name] is not None for one in later)]
        writing.execute(insert(table), [_without(row, later) for row in some])
    if pointing:
        writing.execute(*_pointing(table, later, pointing))
    return MovedTable(table.name, count)


def _own_references(table: Table) -> Iterator[Column[object]]:
    """Yield the columns that point to the table itself, such as a unit's parent."""
    return (
        column
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    )


def _without(row: _Row, columns: Iterable[Column[object]]) -> _Row:
    return {**row, **{column.name: None for column in columns}}


def _pointing(
    table: Table, columns: Sequence[Column[object]], rows: Sequence[_Row]
) -> tuple[Update, list[_Row]]:
    """Return what sets the columns of rows that are there, and its values."""
    (key,) = table.primary_key
    values: dict[str, object] = {one.name: bindparam(f"new_{one.name}") for one in columns}
    change = update(table).where(key == bindparam("this")).values(values)
    return change, [
        {"this": row[key.name], **{f"new_{one.name}": row[one.name] for one in columns}}
        for row in rows
    ]


def _counter(table: Table) -> Column[int] | None:
    """Return the column whose numbers the database counts up and never gives twice."""
    return table.autoincrement_column if table.dialect_options["sqlite"]["autoincrement"] else None


def _go_on_counting(reading: Connection, writing: Connection) -> None:
    """Have numbers go on above all that were given, those of deleted rows as well."""
    for table in metadata.sorted_tables:
        column = _counter(table)
        if column is not None:
            last = max(_last(reading, table, column), _last(writing, table, column))
            _set_last(writing, table, column, last)


def _last(connection: Connection, table: Table, column: Column[int]) -> int:
    """Return the last number given, 0 for none."""
    if connection.dialect.name == "sqlite":
        given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(given, {"name": table.name}) or 0
    given = text("SELECT last_value FROM pg_sequences WHERE sequencename = :name")
    name = f"{table.name}_{column.name}_seq"
    return connection.scalar(given, {"name": name}) or 0


def _set_last(connection: Connection, table: Table, column: Column[int], last: int) -> None:
    if last == 0:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(
            text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
        put = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(put, {"name": table.name, "last": last})
        return
    put = text("SELECT setval(pg_get_serial_sequence(:name, :column), :last)")
    connection.execute(put, {"name": table.name, "column": column.name, "last": last})


def _compare(reading: Connection, writing: Connection, moved: Iterable[MovedTable]) -> None:
    """Raise StorageError where the target has other rows, or another audit log."""
    for one in moved:
        count = select(func.count()).select_from(metadata.tables[one.name])
        before, after = reading.scalar(count), writing.scalar(count)
        if not before == after == one.rows:
            raise StorageError(f"{one.name} has {before} rows, of which {after} arrived: try again")
    if head_and_breaks(reading) != head_and_breaks(writing):
        raise StorageError(
            "the audit log did not arrive as it was: keep to the old database, and run "
            "gridpatrol audit verify there"
        )

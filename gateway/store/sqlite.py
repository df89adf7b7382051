"""A store in one file, for one machine: SQLite with a write-ahead log."""

import sqlite3
import time
from types import MappingProxyType
from typing import Final, cast

from sqlalchemy import URL, Connection, PoolProxiedConnection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

from gateway.errors import StorageError
from gateway.store.change_watch import ChangeWatch
from gateway.store.dialect import BUSY_S, LOCKED, Dialect, Engines

_BEGIN: Final = "gridpatrol_begin"
"""Execution option: the statement that begins a transaction, "" for none."""
_TRIES, _PAUSE_S = 100, 0.05
_LOOK_S: Final = 0.005
"""Between looks for a write of whom one waits for: a hundredth of a core at most."""
_TURN_S: Final = 0.001
"""Between looks whether another's write is over: most take few milliseconds."""
_IMMEDIATE: Final = "BEGIN IMMEDIATE"


class SqliteWatch(ChangeWatch):
    """Asks SQLite for its `data_version`: 10 µs, against 400 for the smallest query.

    SQLite compares with what that connection saw last (sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection
        self._seen: int | None = None

    def changed(self) -> bool:
        """Return whether anybody has written since the last time; see `ChangeWatch.changed`."""
        try:
            cursor = self._connection.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchall()[0]
        except sqlite3.Error as error:
            raise StorageError(f"the database cannot be watched: {error}") from error
        before, self._seen = self._seen, int(version)
        return before != self._seen

    def wait(self, timeout_s: float) -> bool:
        """Wait for a write of anybody; see `ChangeWatch.wait`. SQLite calls nobody: look often."""
        until_s = time.monotonic() + timeout_s
        while not self.changed():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return False
            time.sleep(min(_LOOK_S, left_s))
        return True

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _place(url: URL) -> str:
    return url.database or "in memory"


def _engines(url: URL) -> Engines:
    reader = create_engine(url, pool_size=8, max_overflow=32)
    writer = reader.execution_options(**{_BEGIN: _IMMEDIATE})
    event.listen(reader, "connect", _set_up)
    event.listen(reader, "begin", _begin)
    return Engines(reader, writer)


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    """Set what SQLite forgets between connections.

    synchronous=FULL: an incident, once recorded, survives a power cut (WAL with NORMAL may lose the
    last transactions). isolation_level None: `_begin` says when transactions begin, the driver does
    not guess.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin; a writer takes the lock at once, so that two of them wait and none fails half-way."""
    statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
    if statement == _IMMEDIATE:
        _take_turn(connection)
    elif statement:
        connection.exec_driver_sql(statement)


def _take_turn(connection: Connection) -> None:
    """Begin to write as soon as whoever writes is done, BUSY_S at most.

    Left to itself SQLite sleeps 1, 2, 5 and up to 100 ms between its tries (sqlite3.c,
    sqliteDefaultBusyCallback), while others come and go first.
    """
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    until_s = time.monotonic() + BUSY_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until_s:
            try:
                driver.execute(_IMMEDIATE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_TURN_S)
            else:
                return
        connection.exec_driver_sql(_IMMEDIATE)  # fails in the words that `faults` knows
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")


def _use_write_ahead_log(engines: Engines) -> None:
    """Switch to WAL, which lasts; SQLite lets one process do so and does not wait by itself."""
    outside_transactions = engines.reader.execution_options(**{_BEGIN: ""})
    for attempt in range(_TRIES):
        try:
            with outside_transactions.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error) or attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE_S)


def _watch(engines: Engines) -> ChangeWatch:
    return SqliteWatch(engines.reader.raw_connection())


SQLITE: Final = Dialect(
    place=_place,
    engines=_engines,
    prepare=_use_write_ahead_log,
    watch=_watch,
    faults=MappingProxyType(
        {
            "database or disk is full": "is full: free some space on its disk",
            "readonly database": (
                "cannot be written: give this user write access to it and its directory"
            ),
            "unable to open database file": "cannot be opened: check the path and its permissions",
            "file is not a database": (
                "is not a gridpatrol database: give another path or restore a backup"
            ),
            "malformed": "is damaged: restore a backup",
            "database is locked": LOCKED,
            "disk I/O error": "cannot be read or written: its disk reports errors",
        }
    ),
)
"""What SQLite says is in sqlite.org/rescode.html."""

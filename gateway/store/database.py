"""The database itself: opening, upgrading, transactions, and its faults in our words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.errors import StorageError
from gateway.store.change_watch import ChangeWatch

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_S = 30.0
"""How long a process waits for another one's write; an upgrade, the longest, takes far less."""
_WRITES = "gridpatrol_writes"

_FAULTS = (
    ("database or disk is full", "is full: free some space on its disk"),
    ("readonly database", "cannot be written: give this user write access to it and its directory"),
    ("unable to open database file", "cannot be opened: check the path and its permissions"),
    (
        "file is not a database",
        "is not a gridpatrol database: give another path or restore a backup",
    ),
    ("malformed", "is damaged: restore a backup"),
    ("database is locked", f"stayed locked for {BUSY_S:.0f} s: find the process that holds it"),
    ("disk I/O error", "cannot be read or written: its disk reports errors"),
)
"""What SQLite says (sqlite.org/rescode.html) and what a person should read."""


class Database:
    """One database, shared by threads and by processes; every access is a `read` or a `write`."""

    def __init__(self, url: URL) -> None:
        self.name = url.database or str(url)
        self._reader = create_engine(url, pool_size=8, max_overflow=32)
        self._writer = self._reader.execution_options(**{_WRITES: True})
        event.listen(self._reader, "connect", _set_up_sqlite)
        event.listen(self._reader, "begin", _begin_sqlite)

    @classmethod
    def open(cls, location: str | Path) -> "Database":
        """Open a database by path or `sqlite:///` URL; makes it or upgrades its schema as needed.

        Raises StorageError: cannot be opened or written, is from a newer version, or is of a kind
        that is not supported.
        """
        url = _url(location)
        database = cls(url)
        try:
            if isinstance(location, Path):
                location.parent.mkdir(parents=True, exist_ok=True)
            database._use_write_ahead_log()
            database._upgrade()
        except (StorageError, OSError) as error:
            database.close()
            if isinstance(error, OSError):
                raise StorageError(f"cannot make {url.database}: {error.strerror}") from error
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the data; never waits for writers."""
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, kept whole or not at all; writers take turns from the start."""
        with self._translated(), self._writer.begin() as connection:
            yield connection

    def watch(self) -> ChangeWatch:
        """Return a watch of this database, to be closed by its owner."""
        return ChangeWatch(self._reader.raw_connection())

    def close(self) -> None:
        """Let go of every connection."""
        self._reader.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(f"the database {self.name} {_fault(error)}") from error

    def _use_write_ahead_log(self) -> None:
        """Switch to WAL, which lasts; SQLite lets one process do so and does not wait by itself."""
        for attempt in range(100):
            try:
                with self._translated(), self._reader.connect() as connection:
                    _raw(connection).execute("PRAGMA journal_mode=WAL")
                return
            except StorageError as error:
                if "locked" not in str(error) or attempt == 99:
                    raise
                time.sleep(0.05)

    def _upgrade(self) -> None:
        scripts = ScriptDirectory(str(MIGRATIONS))
        with self.read() as connection:
            if _revision(connection) == scripts.get_current_head():
                return
        with self.write() as connection:
            revision = _revision(connection)
            known = {script.revision for script in scripts.walk_revisions()}
            if revision is not None and revision not in known:
                raise StorageError(
                    f"the database {self.name} was written by a newer gridpatrol "
                    f"(schema {revision}): install that version, or restore an older backup"
                )
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...


def _url(location: str | Path) -> URL:
    if isinstance(location, Path):
        return URL.create("sqlite", database=str(location))
    try:
        url = make_url(location)
    except ArgumentError as error:
        raise StorageError(f"{location!r} is not a database URL; write sqlite:///path") from error
    if url.get_backend_name() != "sqlite":
        raise StorageError(
            f"{url.get_backend_name()} databases are not supported; use sqlite:///path"
        )
    return url


def _raw(connection: Connection) -> _Cursor:
    """Return the driver's own connection, outside any transaction."""
    raw = connection.connection.dbapi_connection
    assert raw is not None  # noqa: S101 - a connected Connection has one
    return raw.cursor()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _fault(error: DBAPIError) -> str:
    said = str(error.orig)
    return next((advice for words, advice in _FAULTS if words in said), f"refuses: {said}")


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Set what SQLite forgets between connections.

    synchronous=FULL: an incident, once recorded, survives a power cut (WAL with NORMAL may lose the
    last transactions). isolation_level None: `_begin_sqlite` says when transactions begin, the
    driver does not guess.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin; a writer takes the lock at once, so that two of them wait and none fails half-way."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

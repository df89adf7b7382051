"""The database itself: opening, upgrading, transactions, and its faults in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from sqlalchemy import URL, Connection, column, make_url, select, table
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from gateway.errors import MissingExtraError, StorageError
from gateway.store.change_watch import ChangeWatch
from gateway.store.dialect import Dialect
from gateway.store.sqlite import SQLITE

MIGRATIONS: Final = Path(__file__).with_name("migrations")
_VERSIONS: Final = table("alembic_version", column("version_num"))
"""Where Alembic keeps which schema a database has."""
KINDS: Final = "sqlite:///path or postgresql://user:password@host/name"


class Database:
    """One database, shared by threads and by processes; every access is a `read` or a `write`."""

    def __init__(self, url: URL) -> None:
        self._dialect = _dialect(url)
        self._engines = self._dialect.engines(url)
        self.name = self._dialect.place(url)

    @classmethod
    def open(cls, location: str | Path) -> "Database":
        """Open a database by path or URL (`KINDS`); upgrades its schema as needed.

        SQLite's is made where there is none. Raises StorageError: cannot be opened or written, is
        from a newer version, or is of a kind that is not supported; MissingExtraError.
        """
        url = _url(location)
        database = cls(url)
        try:
            if isinstance(location, Path):
                location.parent.mkdir(parents=True, exist_ok=True)
            with database._translated():
                database._dialect.prepare(database._engines)
            database._upgrade()
        except (StorageError, OSError) as error:
            database.close()
            if isinstance(error, OSError):
                raise StorageError(f"cannot make {url.database}: {error.strerror}") from error
            raise
        return database

    @classmethod
    def look_at(cls, location: str) -> str:
        """Return where a server's database is, once it answered and is fit; raises as `open`."""
        database = cls(_url(location))
        try:
            with database._translated():
                database._dialect.prepare(database._engines)
        finally:
            database.close()
        return database.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the data; never waits for writers."""
        with self._translated(), self._engines.reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, kept whole or not at all; writers take turns from the start."""
        with self._translated(), self._engines.writer.begin() as connection:
            yield connection

    def watch(self) -> ChangeWatch:
        """Return a watch of this database, to be closed by its owner."""
        with self._translated():
            return self._dialect.watch(self._engines)

    def close(self) -> None:
        """Let go of every connection."""
        self._engines.reader.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(f"the database {self.name} {self._fault(error)}") from error
        except NoConnectionFreeError as error:
            raise StorageError(
                f"the database {self.name} is asked too much at once: no connection came free"
            ) from error

    def _fault(self, error: DBAPIError) -> str:
        """Return what a person should read in place of the driver's words."""
        state = getattr(error.orig, "sqlstate", None)
        said = f"{error.orig} [{state}]" if state else str(error.orig)
        for words, advice in self._dialect.faults.items():
            if words in said:
                return advice
        return f"refuses: {said.partition(chr(10))[0]}"

    def _upgrade(self) -> None:
        with self.read() as connection:
            if _revision(connection) == _newest():
                return
        # Alembic is a fifth of what loading this package takes, and is seldom needed.
        from gateway.store.upgrade import revisions, upgrade

        with self.write() as connection:
            revision = _revision(connection)
            if revision is not None and revision not in revisions(MIGRATIONS):
                raise StorageError(
                    f"the database {self.name} was written by a newer gridpatrol "
                    f"(schema {revision}): install that version, or restore an older backup"
                )
            upgrade(connection, MIGRATIONS)


def _url(location: str | Path) -> URL:
    if isinstance(location, Path):
        return URL.create("sqlite", database=str(location))
    try:
        return make_url(location)
    except ArgumentError as error:
        words = location if "@" not in location else "what was given (it may hold a password)"
        raise StorageError(f"{words!r} is not a database URL; write {KINDS}") from error


def _dialect(url: URL) -> Dialect:
    """Return the dialect of a URL; PostgreSQL's driver is loaded only where it is asked for."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        return SQLITE
    if kind != "postgresql":
        raise StorageError(f"{kind} databases are not supported; use {KINDS}")
    try:
        from gateway.store.postgresql import POSTGRESQL
    except ImportError as error:
        raise MissingExtraError(
            "PostgreSQL's driver is not installed: pip install 'gridpatrol[cluster]'"
        ) from error
    return POSTGRESQL


def _newest() -> str:
    """Return the schema that this version writes; its migration has the last file name."""
    return max(path.stem for path in MIGRATIONS.glob("versions/v*.py")).removeprefix("v")


def _revision(connection: Connection) -> str | None:
    """Return the schema that a database has, None for an empty one."""
    if not connection.dialect.has_table(connection, _VERSIONS.name):
        return None
    return cast("str | None", connection.scalar(select(_VERSIONS.c.version_num)))

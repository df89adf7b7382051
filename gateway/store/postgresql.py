"""A store that several machines share: PostgreSQL 15 or newer, through psycopg 3.

Writers take turns, as on SQLite: each transaction begins by taking one advisory lock of the
database, held until it is committed. What is read before a write is then still true at the write,
the numbers of the journal and of the outbox become visible in their order, and no transaction fails
because of another, so that none needs to be written so that it can run twice. What that costs, and
what was measured beside it: docs/adr/0010-postgresql-writers-take-turns.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from gateway.errors import StorageError
from gateway.store.change_watch import ChangeWatch
from gateway.store.dialect import BUSY_S, LOCKED, Dialect, Engines

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

OLDEST: Final = 15
"""The oldest version that the tests run on."""
KEPT, MORE = 4, 12
"""Connections of one process: kept open, and more while much is asked. Servers allow 100 in all."""
CHANNEL: Final = "gridpatrol"
"""Where every write is announced, at its commit."""
_WRITES: Final = "gridpatrol_writes"
_TURN: Final = int.from_bytes(b"gridpatr", "big")
"""Number of the advisory lock; other programs in the same database use others."""
_TAKE_TURN: Final = (
    f"SELECT pg_advisory_xact_lock({_TURN}), pg_notify('{CHANNEL}', ''),"
    f" set_config('idle_in_transaction_session_timeout', '{BUSY_S:.0f}s', true)"
)
"""In one round trip: a turn, the news of it, and its end should this process hang in mid-turn."""
_CONNECT: Final[Mapping[str, str | int]] = MappingProxyType(
    {
        "application_name": "gridpatrol",
        "client_encoding": "utf8",
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "options": f"-c lock_timeout={BUSY_S:.0f}s -c timezone=UTC",
    }
)
"""A server behind a cut cable is given up (libpq's parameters); what the URL says comes first."""


class PostgresqlWatch(ChangeWatch):
    """Listens to what writers announce: where nothing came, that is told without asking the server.

    A connection that is lost may hide a write: the next look opens another and says True.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.Connection | None = _listening(engine)
        self._is_fresh = True

    def changed(self) -> bool:
        """Return whether anybody has written since the last time; see `ChangeWatch.changed`."""
        return self.wait(0)

    def wait(self, timeout_s: float) -> bool:
        """Wait for a write of anybody; see `ChangeWatch.wait`."""
        try:
            if self._connection is None:
                self._connection, self._is_fresh = _listening(self._engine), True
            heard = self._hear(0.0 if self._is_fresh else timeout_s)
        except (psycopg.Error, DBAPIError) as error:
            self.close()
            raise StorageError(f"the database cannot be watched: {error}") from error
        was_fresh, self._is_fresh = self._is_fresh, False
        return was_fresh or heard

    def _hear(self, timeout_s: float) -> bool:
        """Return whether anything was announced, and take in all that was."""
        assert self._connection is not None  # noqa: S101 - made by the caller
        first = list(self._connection.notifies(timeout=timeout_s, stop_after=1))
        rest = list(self._connection.notifies(timeout=0))
        return bool(first or rest)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _NulFreeText(StrDumperUnknown):
    """PostgreSQL's text holds no NUL, and a camera's or a server's words may: U+FFFD stands for it.

    Refused, they would be offered again for ever.
    """

    def dump(self, text: str) -> Buffer | None:
        return super().dump(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))


class _PlainNumber(Loader):
    """Sums and means as SQLite gives them: int for whole numbers, else float."""

    def load(self, data: Buffer) -> int | float:
        digits = bytes(data)
        return float(digits) if b"." in digits or b"N" in digits else int(digits)


def _place(url: URL) -> str:
    return f"{url.database or url.username} on {url.host or url.query.get('host', 'this machine')}"


def _engines(url: URL) -> Engines:
    given = {**_CONNECT, **url.query}
    base = create_engine(
        url.set(drivername="postgresql+psycopg", query={}),
        connect_args=given,
        pool_size=KEPT,
        max_overflow=MORE,
        pool_pre_ping=True,
        pool_recycle=3600,
    )
    event.listen(base, "connect", _set_up)
    event.listen(base, "begin", _begin)
    return Engines(
        reader=base.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        writer=base.execution_options(isolation_level="READ COMMITTED", **{_WRITES: True}),
    )


def _set_up(connection: "DBAPIConnection", _record: object) -> None:
    adapters = cast("psycopg.Connection", connection).adapters
    adapters.register_dumper(str, _NulFreeText)
    adapters.register_loader("numeric", _PlainNumber)


def _begin(connection: Connection) -> None:
    """Have a writer wait for its turn, BUSY_S at most.

    It reads what is committed, not what was when it began: it began before it waited.
    """
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(_TAKE_TURN)


def _make_sure(engines: Engines) -> None:
    """See that the server is new enough, and keeps every script."""
    with engines.reader.connect() as connection:
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if version < OLDEST * 10_000:
        raise StorageError(
            f"the server is PostgreSQL {version // 10_000}: gridpatrol needs {OLDEST} or newer"
        )
    if encoding != "UTF8":
        raise StorageError(
            f"the database is in {encoding}: make one with ENCODING 'UTF8' TEMPLATE template0"
        )


def _watch(engines: Engines) -> ChangeWatch:
    return PostgresqlWatch(engines.reader)


def _listening(engine: Engine) -> psycopg.Connection:
    """Return a connection of its own that hears of every write from now on."""
    pooled = engine.raw_connection()
    connection = cast("psycopg.Connection", pooled.driver_connection)
    pooled.detach()
    connection.autocommit = True
    connection.execute(f"LISTEN {CHANNEL}")
    return connection


POSTGRESQL: Final = Dialect(
    place=_place,
    engines=_engines,
    prepare=_make_sure,
    watch=_watch,
    faults=MappingProxyType(
        {
            "[53100]": "is full: free some space on its server's disk",
            "[53300]": "has no connection left: raise max_connections of its server",
            "too many clients": "has no connection left: raise max_connections of its server",
            "[25006]": "cannot be written: its server is a standby; give the primary's address",
            "[42501]": "refuses this user: make it the owner of the database",
            "[55P03]": LOCKED,
            "[57P01]": "ended the connection: its server was stopped or restarted",
            "[58030]": "cannot be read or written: its server's disk reports errors",
            "[XX001]": "is damaged: restore a backup",
            "[XX002]": "is damaged: restore a backup",
            "authentication failed": "refuses this user or password: mend database.url",
            "no password supplied": "asks for a password: give it in database.url or PGPASSFILE",
            "no pg_hba.conf entry": "lets nobody in from here: add a line to its pg_hba.conf",
            "does not exist": "does not exist: have its administrator make user and database",
            "starting up": "is starting: wait a moment",
            "shutting down": "is being stopped: wait until its server is back",
            "Connection refused": "cannot be reached: start its server, or mend host and port",
            "No such file": "cannot be reached: start its server, or mend the socket's directory",
            "timeout expired": "cannot be reached: it did not answer in time; check the network",
            "failed to resolve host": "cannot be reached: its host's name is not known",
            "translate host name": "cannot be reached: its host's name is not known",
            "closed the connection": "ended the connection: its server was stopped or the link cut",
            "connection is lost": "ended the connection: its server was stopped or the link cut",
        }
    ),
)
"""SQLSTATEs: postgresql.org/docs/15/errcodes-appendix.html. libpq has none for a failed connect."""

"""A PostgreSQL server of the tests' own: on a unix socket, by an ordinary user, gone with them."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

OWNER, GUEST, PASSWORD = "gridpatrol", "guest", "swordfish-7"
"""The owner is let in by the socket alone; everybody else is asked for a password."""
READY_S = 60.0
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "lc_messages": "C",
}
"""Nothing of a test outlives it, so nothing is made to."""
ACCESS = f"local all {OWNER} trust\nlocal all all scram-sha-256\n"

SHAPE = """
SELECT (SELECT string_agg(concat(relname, relkind), ',' ORDER BY relname) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace)
    || (SELECT coalesce(string_agg(concat(tgname, tgenabled), ',' ORDER BY tgname), '')
        FROM pg_trigger)
"""
"""What tables, indexes and triggers there are: a database whose shape a test changed is dropped."""
KEEP_SEED = """
DO $$ DECLARE one name; is_seeded boolean; BEGIN
  CREATE SCHEMA seed;
  FOR one IN SELECT relname FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', one) INTO is_seeded;
    IF is_seeded THEN EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', one, one); END IF;
  END LOOP;
  CREATE TABLE seed.positions AS
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
RESET = """
DO $$ DECLARE one name; BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT relname FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DELETE FROM public.%I', one);
  END LOOP;
  FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'positions'
             AND relnamespace = 'seed'::regnamespace LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM seed.%I', one, one);
  END LOOP;
  PERFORM setval(format('public.%I', sequencename)::regclass, coalesce(last_value, 1),
                 last_value IS NOT NULL) FROM seed.positions;
END $$
"""
"""Rows as the template has them: a tenth of what a new database costs."""


class NoPostgresqlError(Exception):
    """The server is not installed."""


def binaries() -> Path:
    """Return the directory of the newest server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgresqlError("no PostgreSQL server; on Debian: apt-get install postgresql")
    return Path(on_path).parent


class PostgresqlServer:
    """One server and its databases; `template` is copied for each new one."""

    def __init__(self) -> None:
        self._programs = binaries()
        # A socket's path is short, and pytest's directories are for their owner alone.
        self._directory = Path(tempfile.mkdtemp(prefix="gridpatrol-pg-", dir="/tmp"))
        self._data = self._directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._spare: list[str] = []
        self._shape = ""
        self.template = "template0"

    def url(self, database: str, user: str = OWNER) -> str:
        """Return a database's URL. user: with ":" and a password if one is to be given."""
        return f"postgresql://{user}@/{database}?host={self._directory}"

    def make(self) -> None:
        """Make the cluster; the server itself runs after `start`."""
        if os.geteuid() == 0:
            os.chown(self._directory, *_nobody())
        initdb = [self._programs / "initdb", "-D", self._data, "-U", OWNER, "--auth=trust"]
        self._run([*initdb, "--no-sync", "--encoding=UTF8", "--locale=C", "--no-instructions"])
        (self._data / "pg_hba.conf").write_text(ACCESS)

    def start(self) -> None:
        options = OPTIONS | {"unix_socket_directories": str(self._directory)}
        argv = [self._programs / "postgres", "-D", self._data]
        argv += [f"--{name}={value}" for name, value in options.items()]
        log = (self._directory / "log").open("ab")
        self._process = subprocess.Popen(
            self._as_user(argv), cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        self._await_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT is in order and at once, SIGQUIT a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(READY_S)
            self._process = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._directory, ignore_errors=True)

    def create(self, *, empty: bool = False) -> str:
        """Make a database like the template, or an empty one, and return its name."""
        name = f"store{next(self._numbers)}"
        template = "template0" if empty else self.template
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def use_as_template(self, database: str) -> None:
        """Lend databases like this one, whose tables may have rows already."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(KEEP_SEED)
            (self._shape,) = connection.execute(SHAPE).fetchone()
        self.template = database

    def lend(self) -> str:
        """Return a database like the template, to be given back."""
        return self._spare.pop() if self._spare else self.create()

    def take_back(self, database: str) -> None:
        """Make a database as it was lent; one whose shape was changed goes."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            is_whole = connection.execute(SHAPE).fetchone() == (self._shape,)
            if is_whole:
                connection.execute(RESET)
        if is_whole:
            self._spare.append(database)
        else:
            self.drop(database)

    def drop(self, database: str) -> None:
        self.execute(f"DROP DATABASE {database} WITH (FORCE)")

    def admit_guest(self) -> None:
        """Have a user beside the owner, with a password."""
        self.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{GUEST}')"
            f" THEN CREATE ROLE {GUEST} LOGIN PASSWORD '{PASSWORD}'; END IF; END $$"
        )

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def _await_ready(self) -> None:
        ready = [self._programs / "pg_isready", "-q", "-h", self._directory, "-t", "1"]
        for _ in range(int(READY_S / 0.05)):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self._process.poll() is None, (self._directory / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self._directory / "log").read_text())

    def _run(self, argv: list[object]) -> None:
        done = subprocess.run(
            self._as_user(argv), cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    @staticmethod
    def _as_user(argv: list[object]) -> list[str]:
        """Return a command that drops root, as PostgreSQL refuses it, and ends with its parent."""
        user, group = _nobody()
        who = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        return ["setpriv", *(who if os.geteuid() == 0 else []), "--pdeathsig=QUIT", *map(str, argv)]


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid

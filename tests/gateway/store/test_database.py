import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, event, text

from gateway.errors import StorageError
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.database import Database
from gateway.store.journal import Topic

PRELUDE = """
import pathlib, sys
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.journal import Topic
folder, location = pathlib.Path(sys.argv[1]), sys.argv[2]
def open_store():
    return Store.open(location, SecretBox.open(folder / "secret.key"))
"""


def start(program: str, folder: Path, location: Path | str) -> subprocess.Popen[str]:
    url = f"sqlite:///{location}" if isinstance(location, Path) else location
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + program, str(folder), url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def database(store_location: Path | str) -> Iterator[Database]:
    opened = Database.open(store_location)
    yield opened
    opened.close()


@pytest.fixture
def in_a_file(sqlite_location: Path) -> Iterator[Database]:
    opened = Database.open(sqlite_location)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_every_connection_is_set_up(in_a_file: Database, pragma: str, value: object) -> None:
    with in_a_file.read() as one, in_a_file.read() as other:
        assert one.execute(text(f"PRAGMA {pragma}")).scalar() == value
        assert other.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_path_and_url_open_the_same(tmp_path: Path) -> None:
    box = SecretBox.open(tmp_path / "secret.key")
    by_path = Store.open(tmp_path / "deep" / "a.db", box)
    by_path.journal.add(Topic.SYSTEM, "here")
    by_url = Store.open(f"sqlite:///{tmp_path}/deep/a.db", box)
    assert [entry.key for entry in by_url.journal.after(0)] == ["here"]
    by_path.close()
    by_url.close()


def test_processes_that_start_together_share_one_new_database(
    tmp_path: Path, new_location: Path | str
) -> None:
    program = """
sys.stdin.read(1)
store = open_store()
for number in range(10):
    store.journal.add(Topic.SYSTEM, f"{sys.argv[0]}{number}")
print(store.users.bootstrap_admin() or "")
"""
    SecretBox.open(tmp_path / "secret.key")
    starters = [start(program, tmp_path, new_location) for _ in range(4)]
    printed = [starter.communicate("!")[0].strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 4
    assert len([password for password in printed if password]) == 1
    store = Store.open(new_location, SecretBox.open(tmp_path / "secret.key"))
    assert [entry.seq for entry in store.journal.after(0)] == list(range(1, 41))
    store.close()


def test_killed_writer_leaves_everything_it_reported(
    tmp_path: Path, store_location: Path | str
) -> None:
    program = """
from datetime import UTC, datetime
from gateway.dispatch.message import MessageWriter
from gateway.store.inventory import CameraRef
from gateway.store.stored_incident import ModelRef, Origin
from vision.types import ChangeType, Incident, IncidentChange, Severity
store, now = open_store(), datetime.now(UTC)
origin = Origin(CameraRef("gate", "", "", "", ""), ModelRef("m", "0" * 64), "1")
for number in range(100_000):
    incident = Incident(f"i-{number}", "gate", "r", "presence", "s", "k", Severity.RED, None, now,
                        now, None, {})
    change = IncidentChange(ChangeType.OPENED, 0, now, incident)
    store.incidents.record(change, origin, (), MessageWriter("site"))
    print(incident.id, flush=True)
"""
    writer = start(program, tmp_path, store_location)
    assert writer.stdout is not None
    reported = [writer.stdout.readline().strip() for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    reported += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert writer.wait() == -signal.SIGKILL
    store = Store.open(store_location, SecretBox.open(tmp_path / "secret.key"))
    posted = [message.incident_id for message in store.outbox.waiting(100_000)]
    told = [entry.key for entry in store.journal.after(0, 100_000)]
    assert len(reported) >= 50
    assert posted[: len(reported)] == reported
    assert told == posted
    assert [store.incidents.get(incident_id).incident.id for incident_id in posted] == posted
    store.close()


def test_upgrade_that_breaks_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    open_store()
except Exception as error:
    print(type(error).__name__, error)
"""
    out, _ = start(program, tmp_path, tmp_path / "gridpatrol.db").communicate()
    assert out.startswith("StorageError the database ")
    Database.open(tmp_path / "gridpatrol.db").close()


def test_database_of_a_newer_version_is_refused_and_left_alone(
    database: Database, store_location: Path | str
) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"written by a newer gridpatrol \(schema 9999\)"):
        Database.open(store_location)
    with database.read() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "gridpatrol.db"
    path.write_bytes(b"These are notes of a meeting, and no database at all. " * 100)
    with pytest.raises(StorageError, match=r"gridpatrol\.db is not a gridpatrol database"):
        Database.open(path)
    assert path.read_bytes().startswith(b"These are notes")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("mysql://db/grid", "mysql databases are not supported"),
        ("no url", "is not a database URL; write sqlite:///path or postgresql://"),
        ("sqlite:////proc/nowhere/x.db", "cannot be opened: check the path"),
        (Path("/proc/nowhere/x.db"), "cannot make /proc/nowhere/x.db"),
    ],
)
def test_places_without_a_database(location: str | Path, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        Database.open(location)


def test_read_only_database_says_so_and_can_be_read(in_a_file: Database, tmp_path: Path) -> None:
    url = f"sqlite:///file:{tmp_path}/gridpatrol.db?mode=ro&uri=true"
    opened = Store(Database.open(url), SecretBox.open(tmp_path / "secret.key"))
    assert opened.journal.last() == 0
    with pytest.raises(StorageError, match=r"cannot be written: give this user write access"):
        opened.journal.add(Topic.SYSTEM, "x")
    opened.close()


def test_full_disk_says_so_keeps_nothing_half_and_recovers(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "gridpatrol.db"))
    Database.open(str(url)).close()
    database = Database(url)
    event.listen(
        database._engines.reader,
        "connect",
        lambda connection, _: connection.execute("PRAGMA max_page_count=60"),
    )
    store = Store(database, SecretBox.open(tmp_path / "secret.key"))

    def fill() -> None:
        for number in range(1000):
            store.journal.add(Topic.SYSTEM, f"{number:04}" * 200)

    with pytest.raises(StorageError, match=r"is full: free some space"):
        fill()
    kept = store.journal.last()
    assert 0 < kept < 1000
    assert [entry.seq for entry in store.journal.after(0, 1000)] == list(range(1, kept + 1))
    store.close()
    roomy = Store.open(str(url), SecretBox.open(tmp_path / "secret.key"))
    roomy.journal.add(Topic.SYSTEM, "more")
    assert roomy.journal.last() == kept + 1
    roomy.close()


def test_transaction_that_fails_is_undone(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            connection.execute(
                text("INSERT INTO workers VALUES (1, 'u', 2, '2026-01-01 00:00:00.000000')")
            )
            raise LookupError

    with pytest.raises(LookupError):
        half()
    with database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM workers")) == 0


def test_reader_keeps_its_view_while_others_write(database: Database) -> None:
    count = text("SELECT count(*) FROM workers")
    insert = text("INSERT INTO workers VALUES (1, 'u', 2, '2026-01-01 00:00:00.000000')")
    with database.read() as reader:
        assert reader.scalar(count) == 0
        with database.write() as writer:
            writer.execute(insert)
        assert reader.scalar(count) == 0
    with database.read() as reader:
        assert reader.scalar(count) == 1

"""What is PostgreSQL's alone; all else is tested where both are."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from gateway.errors import StorageError
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.database import Database
from gateway.store.journal import Topic
from gateway.store.segments import Segment


@pytest.fixture
def location(postgresql_location: str) -> str:
    return postgresql_location


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    opened = Database.open(location)
    yield opened
    opened.close()


@pytest.fixture
def store(location: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(location, SecretBox.open(tmp_path / "secret.key")) as opened:
        yield opened


def test_what_is_read_in_a_write_still_holds_when_it_is_written(database: Database) -> None:
    """Four writers count in one row by reading it first: none overtakes another."""
    with database.write() as connection:
        connection.execute(text("CREATE TABLE total (value INTEGER)"))
        connection.execute(text("INSERT INTO total VALUES (0)"))
    together = threading.Barrier(4)

    def count(_: int) -> None:
        together.wait()
        for _ in range(25):
            with database.write() as connection:
                value = connection.scalar(text("SELECT value FROM total"))
                connection.execute(text("UPDATE total SET value = :next"), {"next": value + 1})

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(count, range(4)))
    with database.read() as connection:
        assert connection.scalar(text("SELECT value FROM total")) == 100


def test_who_reads_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError, match=r"read-only|standby"), database.read() as connection:
        connection.execute(text("DELETE FROM workers"))


def test_writer_that_never_ends_its_turn_is_told(database: Database, location: str) -> None:
    hasty = Database.open(f"{location}&options=-c lock_timeout=100ms")
    with (
        database.write(),
        pytest.raises(StorageError, match=r"store\d+ on /tmp/.* stayed locked"),
        hasty.write(),
    ):
        pytest.fail("two writers at once")
    with hasty.write() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "100ms"
    hasty.close()


@pytest.fixture
def stopped(postgresql) -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which the server is away."""

    @contextmanager
    def away() -> Iterator[None]:
        postgresql.stop()
        try:
            yield
        finally:
            postgresql.start()

    return away


def test_server_that_is_restarted_is_found_again(store: Store, samples, stopped, noticed) -> None:
    with store.watch() as watch:
        samples.fill(store, 2)
        assert watch.changed()
        with stopped():
            with pytest.raises(StorageError, match=r"cannot be reached|ended the connection"):
                samples.fill(store, 1, "lost")
            with pytest.raises(StorageError, match="cannot be watched"):
                # What was announced before is told first.
                list(iter(watch.changed, None))
        samples.fill(store, 1, "after")
        assert [watch.changed(), watch.changed()] == [True, False]
        samples.fill(store, 1, "later")
        assert noticed(watch)
    told = [message.incident_id for message in store.outbox.waiting()]
    assert told == ["i-0", "i-1", "after-0", "later-0"]


@pytest.mark.parametrize(
    ("user", "name", "words"),
    [
        ("guest:wrong-sesame", "postgres", "refuses this user or password"),
        ("guest", "postgres", "asks for a password"),
        ("gridpatrol", "nowhere", "does not exist"),
        ("guest:swordfish-7", "store", "refuses this user: make it the owner"),
    ],
)
def test_doors_that_stay_shut_name_no_password(
    postgresql, location: str, user: str, name: str, words: str
) -> None:
    postgresql.admit_guest()
    name = location.split("@/")[1].partition("?")[0] if name == "store" else name
    with pytest.raises(StorageError, match=words) as refused:
        Database.open(postgresql.url(name, user)).close()
    assert "sesame" not in str(refused.value)
    assert "swordfish" not in str(refused.value)


def test_no_server_and_no_url_name_no_password(tmp_path: Path) -> None:
    for url, words in (
        (f"postgresql://u:swordfish@/grid?host={tmp_path}", "cannot be reached: start its server"),
        ("postgresql://u:swordfish@127.0.0.1:1/grid", "cannot be reached: start its server"),
        ("postgresql:/u:swordfish@host", "is not a database URL"),
    ):
        with pytest.raises(StorageError, match=words) as refused:
            Database.open(url)
        assert "swordfish" not in str(refused.value)


def test_database_in_another_script_is_refused(postgresql) -> None:
    postgresql.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StorageError, match="is in LATIN1: make one with ENCODING 'UTF8'"):
        Database.open(postgresql.url("latin"))
    postgresql.drop("latin")


def test_text_with_a_nul_is_kept_without_it(store: Store) -> None:
    store.journal.add(Topic.SYSTEM, "what a camera\0 said")
    assert store.journal.after(0)[0].key == "what a camera\N{REPLACEMENT CHARACTER} said"


def test_sums_are_whole_numbers(store: Store, samples) -> None:
    opened = samples.change()
    store.segments.add([_segment(samples, f"{number}.mp4", 1 << 40) for number in range(3)])
    evidence = (samples.evidence(opened.incident.id),)
    store.incidents.record(opened, samples.origin, evidence, samples.compose)
    assert (store.segments.total_bytes(), type(store.segments.total_bytes())) == (3 << 40, int)
    assert (store.evidence.total_bytes(), type(store.evidence.total_bytes())) == (1234, int)


def _segment(samples, path: str, size: int) -> Segment:
    at = samples.change().at
    return Segment("gate", path, at, at, size, 1)


def test_upgrade_that_breaks_off_leaves_nothing_half_done(
    new_postgresql_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise psycopg.errors.DiskFull("no space")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", break_off)
        with pytest.raises(psycopg.errors.DiskFull):
            Database.open(new_postgresql_location)
    with psycopg.connect(new_postgresql_location) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)
    Database.open(new_postgresql_location).close()

"""Writers of one SQLite file take turns: soon after each other, and not for ever."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.store.database import Database


@pytest.fixture
def location(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "turns.db")) as connection:
        connection.execute("CREATE TABLE turns (who TEXT)")
    return tmp_path / "turns.db"


@pytest.fixture
def database(location: Path):
    opened = Database.open(location)
    yield opened
    opened.close()


def test_all_who_wait_get_their_turn(database: Database, location: Path) -> None:
    def write(who: int) -> None:
        for _ in range(20):
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO turns VALUES (?)", (str(who),))

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    with closing(sqlite3.connect(location)) as other:
        other.execute("BEGIN IMMEDIATE")
        for writer in writers:
            writer.start()
        other.commit()
    for writer in writers:
        writer.join()
    with database.read() as connection:
        turns = connection.exec_driver_sql("SELECT who, count(*) FROM turns GROUP BY who").all()
    assert [count for _, count in turns] == [20] * 4


def test_who_waits_too_long_is_told_and_may_try_again(
    database: Database, location: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.sqlite.BUSY_S", 0.05)
    with closing(sqlite3.connect(location)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="stayed locked"), database.write():
            pytest.fail("began beside another writer")
        other.rollback()
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO turns VALUES ('me')")

import subprocess
import sys
from pathlib import Path

from gateway.store import Store
from gateway.store.journal import Topic


def test_writes_of_this_process_are_noticed_once(store: Store) -> None:
    with store.watch() as watch:
        assert [watch.changed(), watch.changed()] == [True, False]
        store.journal.add(Topic.SYSTEM, "x")
        assert [watch.changed(), watch.changed()] == [True, False]
        store.journal.last()
        assert not watch.changed()


def test_writes_of_another_process_are_noticed(store: Store, tmp_path: Path) -> None:
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "connection.execute('DELETE FROM workers');"
        "connection.execute('INSERT INTO workers VALUES (1, 0, 1, 0)'); connection.commit()"
    )
    with store.watch() as watch:
        watch.changed()
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "gridpatrol.db")], check=True)
        assert [watch.changed(), watch.changed()] == [True, False]


def test_two_watches_do_not_take_news_from_each_other(store: Store) -> None:
    with store.watch() as one, store.watch() as other:
        one.changed(), other.changed()
        store.journal.add(Topic.SYSTEM, "x")
        assert one.changed()
        assert other.changed()

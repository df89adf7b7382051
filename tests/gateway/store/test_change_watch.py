import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.store import Store
from gateway.store.journal import Topic


def test_writes_of_this_process_are_noticed_once(store: Store, noticed) -> None:
    with store.watch() as watch:
        assert [watch.changed(), watch.changed()] == [True, False]
        store.journal.add(Topic.SYSTEM, "x")
        assert [noticed(watch), watch.changed()] == [True, False]
        store.journal.last()
        assert not watch.changed()


def test_writes_of_another_process_are_noticed(
    store: Store, store_location: Path | str, tmp_path: Path, noticed
) -> None:
    program = (
        "import sys; from pathlib import Path; from gateway.secrets import SecretBox;"
        "from gateway.store import Store; from gateway.store.journal import Topic;"
        "box = SecretBox.open(Path(sys.argv[2]));"
        "Store.open(sys.argv[1], box).journal.add(Topic.SYSTEM, 'x')"
    )
    url = f"sqlite:///{store_location}" if isinstance(store_location, Path) else store_location
    with store.watch() as watch:
        watch.changed()
        key = str(tmp_path / "secret.key")
        subprocess.run([sys.executable, "-c", program, url, key], check=True)
        assert [noticed(watch), watch.changed()] == [True, False]


def test_two_watches_do_not_take_news_from_each_other(store: Store, noticed) -> None:
    with store.watch() as one, store.watch() as other:
        one.changed(), other.changed()
        store.journal.add(Topic.SYSTEM, "x")
        assert noticed(one)
        assert noticed(other)


def test_who_waits_is_woken_by_a_write(store: Store) -> None:
    with store.watch() as watch, ThreadPoolExecutor(1) as waiting:
        assert watch.wait(30), "the first look is news"
        woken = waiting.submit(watch.wait, 30)
        store.journal.add(Topic.SYSTEM, "x")
        assert woken.result()
        assert not watch.wait(0.05)

import pytest

from gateway.store import Store, journal
from gateway.store.journal import Topic


def test_entries_are_numbered_and_read_from_any_point(store: Store) -> None:
    assert (store.journal.last(), store.journal.after(0)) == (0, ())
    for number in range(5):
        store.journal.add(Topic.SYSTEM, f"part-{number}")
    assert store.journal.last() == 5
    assert [entry.key for entry in store.journal.after(3)] == ["part-3", "part-4"]
    assert [entry.seq for entry in store.journal.after(1, limit=2)] == [2, 3]
    assert store.journal.after(5) == ()


def test_old_entries_are_forgotten_and_numbers_never_used_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "KEPT", 30)
    monkeypatch.setattr(journal, "_TRIM_EVERY", 10)
    for number in range(75):
        store.journal.add(Topic.CAMERA, str(number))
    kept = store.journal.after(0)
    assert [entry.seq for entry in kept] == list(range(41, 76))
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM journal")
    store.journal.add(Topic.CAMERA, "next")
    assert store.journal.last() == 76

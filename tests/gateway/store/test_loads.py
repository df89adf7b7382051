from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.store import Store
from gateway.store.journal import Topic
from gateway.store.loads import WorkerLoad

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
CALM = WorkerLoad(0, NOW, None, 1.5, 0.4, 0.2, 0.3, cameras=4, full=4, stirred=1)
BUSY = replace(CALM, overloaded_since=NOW - timedelta(minutes=3), cameras=325)


def test_the_newest_of_each_worker_stands(store: Store) -> None:
    second = replace(CALM, shard=1)
    for load in (CALM, second, BUSY):
        store.loads.put(load)
    before = NOW - timedelta(seconds=30)
    assert store.loads.after(before) == (BUSY, second)
    assert store.loads.after(NOW) == ()


def test_only_the_beginning_and_the_end_of_an_overload_are_told(store: Store) -> None:
    told = []
    for load in (CALM, replace(CALM, decode=1.1), BUSY, replace(BUSY, stirred=9), CALM, CALM):
        store.loads.put(load)
        entries = store.journal.after(0)
        assert {entry.topic for entry in entries} <= {Topic.SYSTEM}
        told.append(len(entries))
    assert told == [0, 0, 1, 1, 2, 2]

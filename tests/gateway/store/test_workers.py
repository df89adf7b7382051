from dataclasses import replace
from datetime import UTC, datetime

from gateway.store import Store
from gateway.store.workers import Worker

FIRST = Worker(0, "http://127.0.0.1:40001", 101, datetime(2026, 5, 1, tzinfo=UTC))
SECOND = Worker(1, "http://127.0.0.1:40002", 102, datetime(2026, 5, 1, tzinfo=UTC))


def test_workers_enter_and_leave(store: Store) -> None:
    store.workers.enter(SECOND)
    store.workers.enter(FIRST)
    assert store.workers.all() == (FIRST, SECOND)
    store.workers.leave(FIRST)
    store.workers.leave(FIRST)
    assert store.workers.all() == (SECOND,)


def test_successor_is_not_taken_out_by_its_predecessor(store: Store) -> None:
    successor = replace(FIRST, pid=201, url="http://127.0.0.1:40009")
    store.workers.enter(FIRST)
    store.workers.enter(successor)
    store.workers.leave(FIRST)
    assert store.workers.all() == (successor,)

"""What a sink took is noted while more is sent; what cannot be noted is sent again, in order."""

import threading

import pytest

from gateway.clock import utc_now
from gateway.dispatch.settling import Settling
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.outbox import QUEUE


def waiting(store: Store, but: tuple[int, ...] = ()) -> list[int]:
    return [one.seq for one in store.deliveries.due(QUEUE, 100, utc_now(), but)]


@pytest.fixture
def slow(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Return the store, whose notes wait for an event, and how many were begun."""
    go_on, settle, begun = threading.Event(), store.deliveries.settle, []

    def wait(*arguments) -> None:
        begun.append(arguments[1])
        go_on.wait(30)
        settle(*arguments)

    monkeypatch.setattr(store.deliveries, "settle", wait)
    yield go_on, begun
    go_on.set()


async def test_more_is_taken_while_the_first_is_noted(store: Store, samples, slow, until) -> None:
    go_on, begun = slow
    samples.fill(store, 4)
    settling = Settling(store, QUEUE)
    settling.begin({1: "7-0"})
    await until(lambda: begun == [{1: "7-0"}])
    settling.begin({2: "7-1"})
    settling.begin({3: "7-2"})
    assert settling.unsettled == (1, 2, 3)
    assert waiting(store) == [1, 2, 3, 4]
    assert waiting(store, settling.unsettled) == [4], "what was sent is not sent again"
    go_on.set()
    await settling.finish()
    assert (settling.unsettled, waiting(store)) == ((), [4])
    assert begun[1:] == [{2: "7-1", 3: "7-2"}], "what came meanwhile goes in one transaction"


async def test_what_cannot_be_noted_waits_again_and_is_told_once(
    store: Store, samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.fill(store, 2)
    settling, settle = Settling(store, QUEUE), store.deliveries.settle

    def fail(*_arguments) -> None:
        raise StorageError("full")

    monkeypatch.setattr(store.deliveries, "settle", fail)
    settling.begin({1: "7-0", 2: "7-1"})
    with pytest.raises(StorageError, match="full"):
        await settling.finish()
    settling.check()
    assert (settling.unsettled, waiting(store)) == ((), [1, 2])
    monkeypatch.setattr(store.deliveries, "settle", settle)
    settling.begin({1: "8-0", 2: "8-1"})
    await settling.finish()
    assert waiting(store) == []


async def test_relay_sends_again_in_order_after_a_failed_note(
    store: Store, samples, queue, relaying, until, entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, failures = store.deliveries.settle, iter([StorageError("full"), StorageError("full")])

    def fail_twice(*arguments) -> None:
        for failure in failures:
            raise failure
        settle(*arguments)

    monkeypatch.setattr(store.deliveries, "settle", fail_twice)
    samples.fill(store, 3)
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
    bodies = [body for _, body in entries(queue.url)]
    assert list(dict.fromkeys(bodies)) == [
        store.outbox.of_incident(f"i-{number}")[0].body for number in range(3)
    ]
    assert len(bodies) > 3, "it was sent again"

from datetime import timedelta

from gateway.store import Store
from gateway.store.outbox import Backlog


def test_messages_wait_in_order_until_delivered(store: Store, samples) -> None:
    assert store.outbox.backlog() == Backlog(0, None)
    samples.fill(store, 5)
    waiting = store.outbox.waiting()
    assert [message.event_id for message in waiting] == [f"i-{number}/0" for number in range(5)]
    assert [message.seq for message in waiting] == sorted(message.seq for message in waiting)
    assert store.outbox.backlog() == Backlog(5, waiting[0].created_at)
    assert store.outbox.waiting(limit=2) == waiting[:2]
    at = samples.change().at
    store.outbox.mark_delivered({waiting[0].seq: "7-0", waiting[2].seq: "7-1"}, at)
    assert [message.event_id for message in store.outbox.waiting()] == ["i-1/0", "i-3/0", "i-4/0"]
    (delivered,) = store.outbox.of_incident("i-2")
    assert (delivered.delivered_at, delivered.queue_id) == (at, "7-1")


def test_first_delivery_stands(store: Store, samples) -> None:
    samples.fill(store, 1)
    at = samples.change().at
    store.outbox.mark_delivered({1: "7-0"}, at)
    store.outbox.mark_delivered({1: "9-0"}, at + timedelta(seconds=9))
    (message,) = store.outbox.of_incident("i-0")
    assert (message.delivered_at, message.queue_id) == (at, "7-0")


def test_delivery_is_told_once_for_each_incident(store: Store, samples) -> None:
    samples.fill(store, 2)
    before = store.journal.last()
    store.outbox.mark_delivered({1: "7-0", 2: "7-1"}, samples.change().at)
    assert [entry.key for entry in store.journal.after(before)] == ["i-0", "i-1"]


def test_looking_for_waiting_messages_reads_only_those(plan_of) -> None:
    """A year of delivered messages must not slow the look that is made many times a second."""
    query = "SELECT * FROM outbox WHERE delivered_at IS NULL ORDER BY seq LIMIT 200"
    assert "ix_outbox_waiting" in plan_of(query)

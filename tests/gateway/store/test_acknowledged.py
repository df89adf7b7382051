from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.store import Store
from gateway.store.acknowledged import OFFERED_AGAIN
from gateway.store.outbox import QUEUE
from vision.types import ChangeType, Severity

MOMENT = timedelta(seconds=1)


@pytest.fixture
def taken(store: Store, samples) -> list[int]:
    """Three incidents, the first closed and its case too: four messages, each taken at 1000-N."""
    samples.fill(store, 3)
    closed = samples.change("i-0", ChangeType.CLOSED, 1, after_s=5)
    store.incidents.record(closed, samples.origin, (), samples.compose)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE cases SET step = 'closed' WHERE incident_id = 'i-0'")
    seqs = [message.seq for message in store.outbox.waiting()]
    settle(store, dict(zip(seqs, ids(), strict=True)))
    return seqs


def ids() -> list[str]:
    return [f"{1_700_000_000_000 + number}-0" for number in range(4)]


def settle(store: Store, references: dict[int, str], at=None) -> None:
    store.deliveries.settle(QUEUE, references, (), at or utc_now())


def test_last_is_what_was_settled_last(store: Store, taken: list[int]) -> None:
    assert store.acknowledged.last() == ids()[-1]


def test_nothing_taken_is_nothing_known(store: Store) -> None:
    assert store.acknowledged.last() == ""
    assert store.acknowledged.take_back("", utc_now()) == 0


def test_all_waits_again_in_its_order(store: Store, taken: list[int]) -> None:
    now = utc_now()
    assert store.acknowledged.take_back("", now) == 4
    assert [message.seq for message in store.deliveries.due(QUEUE, 10, now)] == taken
    assert store.outbox.backlog().waiting == 4
    assert store.acknowledged.take_back("", now) == 0
    assert store.acknowledged.last() == ""


def test_what_the_queue_still_has_is_not_offered_again(store: Store, taken: list[int]) -> None:
    assert store.acknowledged.take_back(ids()[2], utc_now()) == 2
    due = store.deliveries.due(QUEUE, 10, utc_now())
    assert [message.seq for message in due] == taken[2:]


def test_old_messages_are_offered_again_while_something_is_open(
    store: Store, taken: list[int]
) -> None:
    later = utc_now() + OFFERED_AGAIN + MOMENT
    assert store.acknowledged.take_back("", later) == 2
    due = store.deliveries.due(QUEUE, 10, later)
    assert [message.incident_id for message in due] == ["i-1", "i-2"]


def test_other_sinks_hear_nothing_of_it(store: Store, samples) -> None:
    store.deliveries.register(["county"])
    samples.fill(store, 1)
    (message,) = store.outbox.waiting()
    settle(store, {message.seq: ids()[0]})
    store.deliveries.settle("county", {message.seq: ""}, (), utc_now())
    assert store.acknowledged.take_back("", utc_now()) == 1
    assert store.deliveries.due("county", 10, utc_now()) == ()


def test_an_incident_that_calmed_down_keeps_its_order(store: Store, samples) -> None:
    course = [(Severity.RED, ChangeType.OPENED), (Severity.RED, ChangeType.UPDATED)]
    for sequence, (severity, kind) in enumerate([*course, (Severity.GREEN, ChangeType.UPDATED)]):
        change = samples.change("calm", kind, sequence, after_s=sequence, severity=severity)
        store.incidents.record(change, samples.origin, (), samples.compose)
    first = store.outbox.of_incident("calm")[0]
    settle(store, {first.seq: ids()[0]})
    assert store.acknowledged.take_back("", utc_now()) == 1
    due = store.deliveries.due(QUEUE, 10, utc_now())
    assert [one.event_id for one in due] == ["calm/0", "calm/1", "calm/2"]


def test_last_is_the_newest_entry_whatever_went_first(store: Store, samples) -> None:
    samples.fill(store, 3)
    first, second, third = (one.seq for one in store.outbox.waiting())
    settle(store, {third: "1700000000000-9", first: "1700000000000-10", second: "1700000000000-8"})
    assert store.acknowledged.last() == "1700000000000-10"

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.deliveries import Refusal
from gateway.store.outbox import QUEUE
from vision.types import ChangeType, Severity

NOW = utc_now()
LATER = NOW + timedelta(hours=1)


def put(store: Store, samples, incident_id: str, sequence: int, severity: Severity) -> None:
    kind = ChangeType.OPENED if sequence == 0 else ChangeType.UPDATED
    change = samples.change(incident_id, kind, sequence, after_s=sequence, severity=severity)
    store.incidents.record(change, samples.origin, (), samples.compose)


def due(store: Store, sink: str = QUEUE, limit: int = 100) -> list[str]:
    return [message.event_id for message in store.deliveries.due(sink, limit, NOW)]


def test_red_goes_first_and_no_incident_out_of_its_order(store: Store, samples) -> None:
    put(store, samples, "green", 0, Severity.GREEN)
    put(store, samples, "worse", 0, Severity.YELLOW)
    put(store, samples, "red", 0, Severity.RED)
    put(store, samples, "worse", 1, Severity.RED)
    put(store, samples, "red", 1, Severity.GREEN)
    assert due(store) == ["worse/0", "red/0", "worse/1", "green/0", "red/1"]
    assert due(store, limit=2) == ["worse/0", "red/0"]


def test_sinks_know_nothing_of_each_other(store: Store, samples) -> None:
    assert store.deliveries.register(["county"]) == ()
    samples.fill(store, 2)
    first, second = store.deliveries.due("county", 9, NOW)
    store.deliveries.settle("county", {first.seq: ""}, (), NOW)
    assert due(store, "county") == [second.event_id]
    assert due(store) == ["i-0/0", "i-1/0"]
    assert store.incidents.get("i-0").posted_at is None
    store.deliveries.settle(QUEUE, {first.seq: "7-0"}, (), NOW)
    assert store.incidents.get("i-0").queue_id == "7-0"
    assert [one.waiting for one in store.deliveries.status()] == [1, 1]


def test_new_sink_gets_what_is_open_and_one_that_is_gone_is_forgotten(
    store: Store, samples
) -> None:
    put(store, samples, "open", 0, Severity.YELLOW)
    put(store, samples, "over", 0, Severity.YELLOW)
    closed = samples.change("over", ChangeType.CLOSED, 1, after_s=1)
    store.incidents.record(closed, samples.origin, (), samples.compose)
    store.deliveries.register(["county"])
    assert due(store, "county") == ["open/0"]
    assert store.deliveries.register([]) == ("county",)
    assert due(store, "county") == []
    assert [one.name for one in store.deliveries.status()] == [QUEUE]


def test_refused_message_does_not_wait_for_a_clock_that_was_set_back(store: Store, samples) -> None:
    put(store, samples, "bad", 0, Severity.YELLOW)
    seq = store.deliveries.due(QUEUE, 1, NOW)[0].seq
    store.deliveries.settle(QUEUE, {}, [Refusal(seq, "no", LATER)], NOW)
    yesterday = NOW - timedelta(days=1)
    assert [m.event_id for m in store.deliveries.due(QUEUE, 1, yesterday)] == ["bad/0"]


def test_refused_message_holds_back_its_incident_alone_until_it_is_parked(
    store: Store, samples
) -> None:
    put(store, samples, "bad", 0, Severity.YELLOW)
    put(store, samples, "bad", 1, Severity.YELLOW)
    put(store, samples, "good", 0, Severity.YELLOW)
    seq = store.deliveries.due(QUEUE, 1, NOW)[0].seq
    store.deliveries.settle(QUEUE, {}, [Refusal(seq, "no", LATER)], NOW)
    assert due(store) == ["good/0"]
    assert store.deliveries.refusals(QUEUE, [seq]) == {seq: 1}
    assert [m.event_id for m in store.deliveries.due(QUEUE, 1, LATER)] == ["bad/0"]
    store.deliveries.settle(QUEUE, {}, [Refusal(seq, "never", None)], LATER)
    assert due(store) == ["bad/1", "good/0"]
    (parked,) = store.deliveries.parked()
    assert (parked.event_id, parked.refusals, parked.detail) == ("bad/0", 2, "never")
    assert store.deliveries.parked("county") == ()


def test_parked_message_is_offered_again_or_dropped(store: Store, samples) -> None:
    samples.fill(store, 2)
    for message in store.deliveries.due(QUEUE, 2, NOW):
        store.deliveries.settle(QUEUE, {}, [Refusal(message.seq, "never", None)], NOW)
    assert due(store) == []
    store.deliveries.offer_again(QUEUE, "i-0/0", "li")
    store.deliveries.drop(QUEUE, "i-1/0", "li")
    assert due(store) == ["i-0/0"]
    assert store.deliveries.parked() == ()
    with pytest.raises(NotFoundError, match="i-1/0"):
        store.deliveries.offer_again(QUEUE, "i-1/0", "li")


def test_trouble_of_a_sink_is_remembered_until_it_is_over(store: Store) -> None:
    (well,) = store.deliveries.status()
    store.deliveries.unreachable(QUEUE, "no answer", LATER, NOW)
    store.deliveries.unreachable(QUEUE, "refused", LATER, LATER)
    (down,) = store.deliveries.status()
    assert (down.failures, down.down_since, down.retry_at) == (2, NOW, LATER)
    assert down.detail == "refused"
    store.deliveries.reachable(QUEUE)
    assert store.deliveries.status() == (replace(well),)


def test_next_messages_are_found_by_index(plan_of) -> None:
    """A long backlog must not slow the look that is made many times a second."""
    query = "SELECT seq FROM deliveries WHERE sink = 'queue' ORDER BY urgency, seq LIMIT 200"
    assert "ix_deliveries_sink_urgency_seq" in plan_of(query)

"""Messages that everybody has had for long go; what is open, waits or proves something stays."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.store import Store
from gateway.store.deliveries import Refusal
from gateway.store.outbox import QUEUE
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType, Severity

NOW = utc_now()
LONG_AGO = NOW - timedelta(days=40)
BEFORE = NOW - timedelta(days=30)


@pytest.fixture
def live(store: Store, samples):
    """Return what records an incident, red, that is over and whose case is closed, or not."""

    def do(incident_id: str, *, over: bool = True, closed: bool = True) -> None:
        kinds = [ChangeType.OPENED, ChangeType.UPDATED] + [ChangeType.CLOSED] * over
        for sequence, kind in enumerate(kinds):
            change = samples.change(
                incident_id, kind, sequence, after_s=sequence, severity=Severity.RED
            )
            store.incidents.record(change, samples.origin, (), samples.compose)
        if closed:
            deed = Deed(Action.DISMISS, Actor(Party.OPERATOR, "li"), NOW, reason=FalseAlarm.ANIMAL)
            store.cases.take(incident_id, deed, 0, lambda _: "{}")

    return do


def deliver(store: Store, sink: str = QUEUE, at=LONG_AGO, but: tuple[str, ...] = ()) -> None:
    """Have a sink take what waits for it."""
    waiting = [one for one in store.deliveries.due(sink, 1000, NOW) if one.event_id not in but]
    taken = {one.seq: f"{at.timestamp() * 1000:.0f}-{one.seq}" for one in waiting}
    store.deliveries.settle(sink, taken, (), at)


def events(store: Store, *incident_ids: str) -> list[str]:
    return [one.event_id for name in incident_ids for one in store.outbox.of_incident(name)]


def test_what_is_over_goes_and_its_first_message_stays(store: Store, live) -> None:
    live("old")
    deliver(store)
    live("new")
    deliver(store, at=NOW)
    assert sum(store.deliveries.forget(BEFORE)) == 3
    assert events(store, "old", "new") == ["old/0", "new/0", "new/1", "new/2", "new/case/1"]
    kept = store.incidents.get("old")
    assert (kept.posted_at, kept.queue_id) == (LONG_AGO, f"{LONG_AGO.timestamp() * 1000:.0f}-1")
    assert sum(store.deliveries.forget(BEFORE)) == 0
    bodies = {one.event_id: one.body for one in store.outbox.of_incident("old")}
    assert bodies == {"old/0": ""}
    assert all(one.body for one in store.outbox.of_incident("new"))


def test_what_is_open_is_never_forgotten(store: Store, live) -> None:
    live("goes-on", over=False, closed=False)
    live("undecided", closed=False)
    live("decided-early", over=False)
    before = events(store, "goes-on", "undecided", "decided-early")
    deliver(store)
    live("newest")
    deliver(store, at=NOW)
    assert sum(store.deliveries.forget(BEFORE)) == 0
    assert events(store, "goes-on", "undecided", "decided-early") == before


def test_what_waits_or_is_parked_somewhere_stays(store: Store, live) -> None:
    store.deliveries.register(["town"])
    live("old")
    deliver(store)
    deliver(store, "town", but=("old/1", "old/2"))
    parked, waiting = store.deliveries.due("town", 10, NOW)
    store.deliveries.settle("town", {}, [Refusal(parked.seq, "no", None)], NOW)
    live("newest")
    deliver(store, at=NOW)
    assert sum(store.deliveries.forget(BEFORE)) == 1
    assert events(store, "old") == ["old/0", parked.event_id, waiting.event_id]


def test_the_newest_that_the_queue_took_is_known_for_ever(store: Store, live) -> None:
    live("only")
    deliver(store)
    last = store.acknowledged.last()
    assert last
    assert sum(store.deliveries.forget(NOW)) == 0
    assert store.acknowledged.last() == last


def test_a_queue_without_data_gets_what_is_kept(store: Store, live) -> None:
    live("old")
    live("open", over=False, closed=False)
    deliver(store)
    live("new")
    deliver(store, at=NOW)
    list(store.deliveries.forget(BEFORE))
    again = Deed(Action.REOPEN, Actor(Party.ADMIN, "li"), NOW, note="it is back")
    store.cases.take("old", again, 1, lambda _: "{}")
    deliver(store, at=NOW)
    store.acknowledged.take_back("", NOW)
    offered = [one.event_id for one in store.deliveries.due(QUEUE, 100, NOW)]
    assert "old/0" not in offered
    assert {"new/0", "new/1", "new/2", "new/case/1", "open/0", "open/1"} <= set(offered)

import pytest

from gateway.clock import utc_now
from gateway.store import Store
from gateway.store.deliveries import Refusal
from gateway.store.outbox import QUEUE
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType, Severity

NOW = utc_now()
GREEN, YELLOW, RED = Severity.GREEN, Severity.YELLOW, Severity.RED


def put(
    store: Store,
    samples,
    incident_id: str,
    severity: Severity,
    updates: int = 0,
    over: bool = False,
) -> None:
    """Record an incident with so many updates; over: it then closes, too."""
    kinds = [ChangeType.OPENED] + [ChangeType.UPDATED] * updates + [ChangeType.CLOSED] * over
    for sequence, kind in enumerate(kinds):
        change = samples.change(incident_id, kind, sequence, after_s=sequence, severity=severity)
        store.incidents.record(change, samples.origin, (), samples.compose)


def left(store: Store, sink: str = QUEUE) -> list[str]:
    return [one.event_id for one in store.deliveries.due(sink, 1000, NOW)]


def close_case(store: Store, incident_id: str) -> None:
    """Have people be done with an incident: a false alarm."""
    actor = Actor(Party.OPERATOR, "li")
    deed = Deed(Action.DISMISS, actor, NOW, reason=FalseAlarm.ANIMAL)
    revision = store.cases.get(incident_id).case.revision
    store.cases.take(incident_id, deed, revision, lambda news: "{}")


@pytest.fixture
def crowded(store: Store, samples) -> Store:
    """Return a store in which one of each rank waits."""
    put(store, samples, "red-open", RED, updates=2)
    put(store, samples, "red-over", RED, over=True)
    put(store, samples, "yellow-open", YELLOW, updates=1)
    put(store, samples, "yellow-over", YELLOW, over=True)
    put(store, samples, "green-open", GREEN, updates=2)
    put(store, samples, "green-over", GREEN, over=True)
    return store


ORDER = (
    "green-open/1",  # a later one contains it
    "red-open/1",
    "green-over/0",
    "green-over/1",
    "green-open/0",
    "green-open/2",
    "yellow-over/0",
    "yellow-over/1",
    "yellow-open/0",
    "yellow-open/1",
)
KEPT = {"red-open/0", "red-open/2", "red-over/0", "red-over/1"}


def test_what_is_worth_least_goes_first(crowded: Store) -> None:
    before = left(crowded)
    for count in range(1, len(ORDER) + 1):
        shed = crowded.deliveries.shed(QUEUE, len(before) - count)
        assert set(before) - set(left(crowded)) == set(ORDER[:count])
        assert (shed.total, shed.over) == (1, 0)


def test_red_that_goes_on_or_is_not_done_with_is_kept_whatever_the_limit(crowded: Store) -> None:
    shed = crowded.deliveries.shed(QUEUE, 0)
    assert set(left(crowded)) == KEPT
    assert shed.over == len(KEPT)
    close_case(crowded, "red-over")
    crowded.deliveries.shed(QUEUE, 0)
    assert {one.partition("/")[0] for one in left(crowded)} == {"red-open"}


def test_what_was_given_up_is_counted_and_takes_no_room(crowded: Store) -> None:
    crowded.deliveries.shed(QUEUE, 0)
    (sink,) = crowded.deliveries.status()
    assert (sink.shed, sink.waiting) == (len(ORDER), len(KEPT))
    assert crowded.outbox.backlog().waiting == len(KEPT)
    assert crowded.outbox.of_incident("green-open") == ()
    assert crowded.incidents.get("green-open").incident.severity is GREEN


def test_message_that_another_sink_has_or_is_to_have_is_kept_for_it(
    crowded: Store, samples
) -> None:
    crowded.deliveries.register(["county"])
    put(crowded, samples, "new", GREEN)
    waiting = left(crowded, "county")
    crowded.deliveries.shed(QUEUE, 0)
    assert left(crowded, "county") == waiting
    assert [one.shed for one in crowded.deliveries.status()] == [0, len(ORDER) + 1]


def test_what_was_refused_counts_too_and_goes_before_what_waits(store: Store, samples) -> None:
    for name in ("a", "b", "c"):
        put(store, samples, name, GREEN)
    last = store.deliveries.due(QUEUE, 9, NOW)[-1]
    store.deliveries.settle(QUEUE, {}, [Refusal(last.seq, "never", None)], NOW)
    store.deliveries.shed(QUEUE, 2)
    assert store.deliveries.parked() == ()
    assert left(store) == ["a/0", "b/0"]


def test_what_people_did_is_told_one_by_one(store: Store, samples) -> None:
    """A case's messages each tell of a deed of their own: none contains another."""
    put(store, samples, "i", YELLOW)
    for action in (Action.CONFIRM, Action.COMMENT):
        case = store.cases.get("i").case
        deed = Deed(action, Actor(Party.OPERATOR, "li"), NOW, note="seen")
        store.cases.take("i", deed, case.revision, lambda news: "{}")
    put(store, samples, "other", GREEN, updates=1)
    store.deliveries.shed(QUEUE, 3)
    assert {one.partition("/")[0] for one in left(store)} == {"i"}

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.evidence import EvidenceType
from gateway.store.journal import Topic
from gateway.store.stored_incident import Ending
from vision.types import ChangeType, Severity

OPENED, UPDATED, CLOSED = ChangeType.OPENED, ChangeType.UPDATED, ChangeType.CLOSED


@pytest.fixture
def record(store: Store, samples) -> Callable:
    def keep(change, evidence=()):
        return store.incidents.record(change, samples.origin, evidence, samples.compose)

    return keep


def bodies(store: Store, incident_id: str = "i-1") -> list[dict]:
    return [json.loads(message.body) for message in store.outbox.of_incident(incident_id)]


def test_change_is_kept_with_evidence_message_and_journal(store: Store, samples, record) -> None:
    raw, marked = (samples.evidence(type=kind) for kind in (EvidenceType.RAW, EvidenceType.MARKED))
    stored = record(samples.change(), (marked, raw))
    assert stored == store.incidents.get("i-1")
    assert stored.incident == samples.change().incident
    assert (stored.origin, stored.revision, stored.ending) == (samples.origin, 0, None)
    assert stored.evidence == (raw, marked)
    assert (stored.posted_at, stored.queue_id) == (None, None)
    (message,) = store.outbox.waiting()
    assert (message.event_id, message.incident_id, message.revision) == ("i-1/0", "i-1", 0)
    assert message.body == samples.compose(stored, OPENED, samples.change().at)
    assert [(e.topic, e.key) for e in store.journal.after(0)] == [(Topic.INCIDENT, "i-1")]


def test_course_of_an_incident(store: Store, samples, record) -> None:
    record(samples.change())
    record(samples.change("i-1", UPDATED, 1, after_s=3.0, severity=Severity.RED))
    stored = record(samples.change("i-1", CLOSED, 2, after_s=9.0))
    assert stored.ending is Ending.CLEARED
    assert stored.incident == samples.change("i-1", CLOSED, 2, after_s=9.0).incident
    assert [(body["id"], body["type"].rpartition(".")[2]) for body in bodies(store)] == [
        ("i-1/0", "opened"),
        ("i-1/1", "updated"),
        ("i-1/2", "closed"),
    ]
    assert [body["data"]["incident"]["severity"] for body in bodies(store)] == [
        "yellow",
        "red",
        "yellow",
    ]
    assert store.incidents.open_incidents("gate") == ()


def test_clip_that_comes_later_is_an_update(store: Store, samples, record) -> None:
    record(samples.change())
    record(samples.change("i-1", CLOSED, 1, after_s=5.0))
    clip = samples.evidence(type=EvidenceType.CLIP)
    at = samples.change().at + timedelta(seconds=20)
    stored = store.incidents.add_evidence("i-1", (clip,), at, samples.compose)
    assert (stored.revision, stored.evidence, stored.ending) == (2, (clip,), Ending.CLEARED)
    assert bodies(store)[-1]["type"] == "gridpatrol.incident.updated"
    assert bodies(store)[-1]["time"] == "2026-05-01T08:00:20.000Z"
    assert bodies(store)[-1]["data"]["incident"]["evidence"][0]["id"] == clip.id
    assert store.incidents.add_evidence("i-1", (clip,), at, samples.compose) is None
    assert len(bodies(store)) == 3
    assert store.evidence.get(clip.id) == clip


def test_evidence_between_changes_keeps_revisions_rising(store: Store, samples, record) -> None:
    record(samples.change())
    clip = samples.evidence(type=EvidenceType.CLIP)
    store.incidents.add_evidence("i-1", (clip,), samples.change().at, samples.compose)
    assert record(samples.change("i-1", CLOSED, 1, after_s=5.0)).revision == 2
    assert [body["id"] for body in bodies(store)] == ["i-1/0", "i-1/1", "i-1/2"]


def test_incident_taken_up_again_is_open_again(store: Store, samples, record) -> None:
    record(samples.change())
    record(samples.change("i-1", CLOSED, 1, after_s=5.0))
    again = record(samples.change("i-1", UPDATED, 2, after_s=6.0))
    assert (again.revision, again.ending, again.incident.closed_at) == (2, None, None)
    assert record(samples.change("i-1", CLOSED, 1, after_s=5.0)) is None, "a repeat is old news"
    assert [one.incident.id for one in store.incidents.open_incidents("gate")] == ["i-1"]
    last = record(samples.change("i-1", CLOSED, 3, after_s=9.0))
    assert (last.ending, last.incident.closed_at) == (Ending.CLEARED, last.incident.last_seen_at)
    assert [
        (body["type"].rpartition(".")[2], body["data"]["incident"]["ending"])
        for body in bodies(store)
    ] == [("opened", None), ("closed", "cleared"), ("updated", None), ("closed", "cleared")]


def test_interrupted_incident_stays_closed(store: Store, samples, record) -> None:
    record(samples.change())
    store.incidents.interrupt("gate", samples.change().at, samples.compose)
    assert record(samples.change("i-1", UPDATED, 2, after_s=6.0)) is None
    assert store.incidents.get("i-1").ending is Ending.INTERRUPTED
    assert len(bodies(store)) == 2


def test_what_a_dead_worker_left_open_ends_when_last_seen(store: Store, samples, record) -> None:
    record(samples.change("left"))
    record(samples.change("left", UPDATED, 1, after_s=4.0))
    record(samples.change("done"))
    record(samples.change("done", CLOSED, 1, after_s=1.0))
    record(samples.change("elsewhere", camera="road"))
    restarted = samples.change().at + timedelta(hours=1)
    assert [one.incident.id for one in store.incidents.open_incidents("gate")] == ["left"]
    (stored,) = store.incidents.interrupt("gate", restarted, samples.compose)
    assert stored.ending is Ending.INTERRUPTED
    assert stored.incident.closed_at == samples.change().at + timedelta(seconds=4)
    last = bodies(store, "left")[-1]
    assert (last["type"], last["time"]) == (
        "gridpatrol.incident.closed",
        "2026-05-01T09:00:00.000Z",
    )
    assert last["data"]["incident"]["ending"] == "interrupted"
    assert store.incidents.interrupt("gate", restarted, samples.compose) == ()
    assert store.incidents.get("elsewhere").ending is None


def test_message_that_cannot_be_written_leaves_nothing(store: Store, samples) -> None:
    def broken(*_: object) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        store.incidents.record(samples.change(), samples.origin, (samples.evidence(),), broken)
    with pytest.raises(NotFoundError):
        store.incidents.get("i-1")
    with pytest.raises(NotFoundError):
        store.evidence.get(samples.evidence().id)
    assert store.outbox.waiting() == ()
    assert store.journal.last() == 0


def test_delivery_of_the_first_message_shows_on_the_incident(store: Store, samples, record) -> None:
    record(samples.change())
    record(samples.change("i-1", UPDATED, 1))
    first, second = store.outbox.waiting()
    at = samples.change().at + timedelta(seconds=1)
    store.outbox.mark_delivered({second.seq: "2-0"}, at)
    assert store.incidents.get("i-1").queue_id is None
    store.outbox.mark_delivered({first.seq: "1-0"}, at)
    stored = store.incidents.get("i-1")
    assert (stored.posted_at, stored.queue_id) == (at, "1-0")


@pytest.mark.parametrize(
    "call",
    [
        lambda store, samples: store.incidents.get("nothing"),
        lambda store, samples: store.incidents.add_evidence(
            "nothing", (samples.evidence("nothing"),), samples.change().at, samples.compose
        ),
        lambda store, samples: store.evidence.get("nothing"),
    ],
)
def test_what_is_not_there(store: Store, samples, call) -> None:
    with pytest.raises(NotFoundError, match="nothing"):
        call(store, samples)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 4)),
        st.tuples(st.just("clip"), st.integers(0, 2)),
        st.tuples(st.just("interrupt"), st.just(0)),
        st.tuples(st.just("again"), st.just(0)),
    ),
    max_size=12,
)
numbers = iter(range(1_000_000))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_any_course_repeated_or_not_makes_one_rising_row_of_events(
    store: Store, samples, steps: list[tuple[str, int]]
) -> None:
    """Whatever is done, and done twice, events count 0, 1, 2 … and repeats add none."""
    incident_id = f"case-{next(numbers)}"
    camera = incident_id
    at = samples.change().at
    done: list[Callable[[], object]] = []

    def change(sequence: int) -> object:
        kind = OPENED if sequence == 0 else CLOSED if sequence == 4 else UPDATED
        made = samples.change(incident_id, kind, sequence, after_s=sequence)
        made = replace(made, incident=replace(made.incident, camera=camera))
        return store.incidents.record(made, samples.origin, (), samples.compose)

    def clip(number: int) -> object:
        piece = replace(samples.evidence(incident_id), id=f"{incident_id}-{number}")
        return store.incidents.add_evidence(incident_id, (piece,), at, samples.compose)

    actions = {
        "change": change,
        "clip": clip,
        "interrupt": lambda _: store.incidents.interrupt(camera, at, samples.compose) or None,
    }
    change(0)
    for name, argument in steps:
        before = len(store.outbox.of_incident(incident_id))
        if name == "again":
            assert all(repeat() is None for repeat in done)
            assert len(store.outbox.of_incident(incident_id)) == before
            continue
        answer = actions[name](argument)
        assert len(store.outbox.of_incident(incident_id)) == before + (answer is not None)
        done.append(lambda name=name, argument=argument: actions[name](argument))
    messages = store.outbox.of_incident(incident_id)
    assert [message.event_id for message in messages] == [
        f"{incident_id}/{revision}" for revision in range(len(messages))
    ]
    newest = json.loads(messages[-1].body)["data"]["incident"]
    stored = store.incidents.get(incident_id)
    assert newest["revision"] == stored.revision == len(messages) - 1
    assert newest["closed_at"] is None or stored.ending is not None

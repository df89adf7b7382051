"""Each message of a platform has its effect once; what nothing can be made of is kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import NotFoundError, StepRefusedError
from gateway.store import Store, statuses
from gateway.store.statuses import Verdict, Way
from gateway.workflow.case import Action, Actor, Deed, Party, Step
from gateway.workflow.platform import StatusReport

COMPOSE = CaseWriter("dongshan")


def report(status: str, event: str = "e-1", case: str = "i-0", **told: object) -> StatusReport:
    return StatusReport("/county", event, case, status, utc_now(), "李", **told)


@pytest.fixture
def hear(store: Store, samples):
    samples.fill(store, 1)

    def take(told: StatusReport):
        return store.statuses.take(told, COMPOSE, utc_now())

    return take


def test_a_status_goes_into_the_trail_and_back_to_the_queue(store: Store, hear) -> None:
    heard = hear(report("assigned", handler="王五", note="快去"))
    assert (heard.verdict, heard.case.step, heard.case.handler) == (
        Verdict.APPLIED,
        Step.ASSIGNED,
        "王五",
    )
    last = store.cases.get("i-0").trail[-1]
    assert (last.deed.actor.party, last.deed.actor.name, last.deed.note) == (
        Party.PLATFORM,
        "李",
        "快去",
    )
    told = json.loads(store.outbox.of_incident("i-0")[-1].body)
    assert told["data"]["change"]["actor"]["party"] == "platform"


def test_a_repeat_does_nothing_whatever_it_says(store: Store, hear) -> None:
    hear(report("comment", note="一"))
    again = hear(report("closed"))
    assert (again.verdict, again.case.step) == (Verdict.REPEAT, Step.DISCOVERED)
    assert len(store.cases.get("i-0").trail) == 2
    assert hear(StatusReport("/town", "e-1", "i-0", "closed", utc_now(), "赵")).verdict is (
        Verdict.APPLIED
    )


def test_old_news_is_remembered_too(store: Store, hear) -> None:
    hear(report("handling", "e-2"))
    assert hear(report("accepted", "e-1")).verdict is Verdict.OLD_NEWS
    assert hear(report("accepted", "e-1")).verdict is Verdict.REPEAT
    assert store.cases.get("i-0").case.step is Step.HANDLING


def test_what_was_reached_before_a_case_was_reopened_does_not_close_it_again(
    store: Store, hear
) -> None:
    hear(report("closed", "e-1"))
    of_before = report("closed", "e-2")
    anew = Deed(Action.REOPEN, Actor(Party.CAMERA, "cam"), utc_now())
    store.cases.take("i-0", anew, 1, COMPOSE)
    assert hear(of_before).verdict is Verdict.OLD_NEWS
    assert store.cases.get("i-0").case.step is Step.DISCOVERED
    assert hear(replace(of_before, event_id="e-3", status="comment")).verdict is Verdict.APPLIED
    assert hear(report("closed", "e-4")).case.step is Step.CLOSED


def test_what_was_reached_before_a_case_was_split_off_does_not_close_it_again(
    store: Store, samples, hear
) -> None:
    samples.fill(store, 2)
    camera = Actor(Party.CAMERA, "cam")
    merge = Deed(Action.MERGE, Actor(Party.OPERATOR, "li"), utc_now(), other="i-1")
    store.cases.take("i-0", merge, 0, COMPOSE)
    of_before = report("closed", "e-1")
    store.cases.take("i-0", Deed(Action.SPLIT, camera, utc_now(), other="i-1"), 1, COMPOSE)
    assert hear(of_before).verdict is Verdict.OLD_NEWS
    assert hear(report("closed", "e-2")).case.step is Step.CLOSED


def test_what_cannot_be_done_leaves_nothing_behind(store: Store, hear) -> None:
    over = utc_now() - timedelta(days=1)
    with pytest.raises(StepRefusedError, match="is over"):
        hear(report("assigned", deadline=over))
    with pytest.raises(NotFoundError):
        hear(report("assigned", case="i-9"))
    assert hear(report("assigned")).verdict is Verdict.APPLIED


def test_of_one_message_at_once_one_counts(hear) -> None:
    told = report("comment", note="一次")
    with ThreadPoolExecutor(4) as pool:
        verdicts = sorted(one.verdict for one in pool.map(hear, [told] * 4))
    assert verdicts == [Verdict.APPLIED, *[Verdict.REPEAT] * 3]


def test_parked_messages_are_counted_kept_in_bounds_and_dropped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses, "MOST_PARKED", 3)
    now = utc_now()
    for body in ("a", "b", "b", "zero\x00", "d"):
        store.statuses.park(body, Way.QUEUE, "bad_status", f"no sense in {len(body)}", now)
    parked = store.statuses.parked()
    assert [(one.body, one.times) for one in parked] == [("b", 2), ("zero\ufffd", 1), ("d", 1)]
    assert (parked[0].way, parked[0].code) == (Way.QUEUE, "bad_status")
    assert store.statuses.parked_body(parked[0].id) == "b"
    store.statuses.unpark("zero\x00")
    store.statuses.drop(parked[0].id)
    assert [one.body for one in store.statuses.parked()] == ["d"]
    for refused in (store.statuses.drop, store.statuses.parked_body):
        with pytest.raises(NotFoundError):
            refused(parked[0].id)

"""Each incident is a case from its first moment; each deed is kept and told, or refused whole."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import CaseChangedError, NotFoundError, StepRefusedError
from gateway.store import Store
from gateway.store.cases import CaseFilter
from gateway.workflow.case import (
    Action,
    Actor,
    Deed,
    FalseAlarm,
    Level,
    Outcome,
    Party,
    Step,
)
from gateway.workflow.unasked import Policy
from vision.types import ChangeType, Severity

COMPOSE = CaseWriter("dongshan")
LI, WU = Actor(Party.OPERATOR, "li"), Actor(Party.ADMIN, "wu")
TRUST_WATER = Policy(frozenset({"waterlogging"}))


def deed(action: Action, actor: Actor = LI, **values: object) -> Deed:
    return Deed(action, actor, utc_now(), **values)  # type: ignore[arg-type]


@pytest.fixture
def opened(store: Store, samples):
    """Return the id of a fresh incident."""
    return samples.fill(store, 1)[0]


@pytest.fixture
def act(store: Store):
    """Do something to a case as it now is."""

    def do(case_id: str, action: Action, actor: Actor = LI, **values: object):
        revision = store.cases.get(case_id).case.revision
        return store.cases.take(case_id, deed(action, actor, **values), revision, COMPOSE)

    return do


def test_an_incident_is_a_case_from_its_first_moment(store: Store, opened: str) -> None:
    found = store.cases.get(opened)
    assert (found.case.step, found.case.revision, found.merged) == (Step.DISCOVERED, 0, ())
    (first,) = found.trail
    assert (first.deed.action, first.deed.actor) == (
        Action.DISCOVER,
        Actor(Party.CAMERA, "gate"),
    )
    assert store.incidents.get(opened).step is Step.DISCOVERED


def test_every_deed_is_in_the_trail_the_outbox_and_the_journal(
    store: Store, opened: str, act
) -> None:
    entries = store.journal.last()
    tomorrow = utc_now() + timedelta(days=1)
    act(opened, Action.CONFIRM, note="two people")
    act(opened, Action.REPORT)
    case = act(opened, Action.ASSIGN, WU, handler="水务站 王", deadline=tomorrow)
    assert (case.handler, case.deadline) == ("水务站 王", tomorrow)
    found = store.cases.get(opened)
    assert found.case == case
    told = [(one.revision, one.deed.action, one.deed.actor.name, one.step) for one in found.trail]
    assert told[1:] == [
        (1, Action.CONFIRM, "li", Step.SCREENED),
        (2, Action.REPORT, "li", Step.REPORTED),
        (3, Action.ASSIGN, "wu", Step.ASSIGNED),
    ]
    bodies = [json.loads(one.body) for one in store.outbox.of_incident(opened)]
    assert [one["id"] for one in bodies] == [
        f"{opened}/0",
        f"{opened}/case/1",
        f"{opened}/case/2",
        f"{opened}/case/3",
    ]
    assert bodies[1]["data"]["change"]["note"] == "two people"
    assert store.journal.last() == entries + 3
    assert store.incidents.get(opened).case_revision == 3


def test_of_two_at_once_the_second_is_told_who_did_what(store: Store, opened: str) -> None:
    def try_it(actor: Actor) -> str:
        try:
            store.cases.take(opened, deed(Action.CONFIRM, actor), 0, COMPOSE)
        except CaseChangedError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as both:
        said = dict(zip(("li", "wu"), both.map(try_it, (LI, WU)), strict=True))
    (loser,) = (name for name, words in said.items() if words)
    winner = {"li": "wu", "wu": "li"}[loser]
    assert said[loser].startswith(f"{winner} was first: confirm at ")
    assert len(store.cases.get(opened).trail) == 2


def test_what_is_refused_leaves_nothing_behind(store: Store, opened: str) -> None:
    messages = len(store.outbox.of_incident(opened))
    with pytest.raises(StepRefusedError):
        store.cases.take(opened, deed(Action.CLOSE), 0, COMPOSE)
    with pytest.raises(NotFoundError):
        store.cases.take("i-9", deed(Action.CONFIRM), 0, COMPOSE)
    with pytest.raises(NotFoundError):
        store.cases.take(opened, deed(Action.MERGE, other="i-9"), 0, COMPOSE)
    assert len(store.outbox.of_incident(opened)) == messages
    assert store.cases.get(opened).case.revision == 0


def test_a_merge_and_a_split_are_told_on_both_sides(store: Store, samples, act) -> None:
    one, lead = samples.fill(store, 2)
    merged = act(one, Action.MERGE, other=lead)
    assert (merged.step, merged.outcome, merged.merged_into) == (Step.CLOSED, Outcome.MERGED, lead)
    kept = store.cases.get(lead)
    assert (kept.merged, kept.case.step) == ((one,), Step.DISCOVERED)
    assert (kept.trail[-1].deed.action, kept.trail[-1].deed.other) == (Action.ABSORB, one)
    with pytest.raises(StepRefusedError, match="absorb cannot follow closed"):
        act(lead, Action.MERGE, other=one)
    assert act(one, Action.SPLIT).step is Step.DISCOVERED
    freed = store.cases.get(lead)
    assert (freed.merged, freed.trail[-1].deed.action) == ((), Action.RELEASE)


def test_a_false_alarm_keeps_its_reason(store: Store, opened: str, act) -> None:
    act(opened, Action.DISMISS, reason=FalseAlarm.INSECT, note="蜘蛛网")
    case = store.cases.get(opened).case
    assert (case.outcome, case.reason) == (Outcome.FALSE_ALARM, FalseAlarm.INSECT)


def record(store: Store, samples, incident_id: str, *, kind: str, severity: Severity) -> None:
    change = samples.change(incident_id, kind=kind, severity=severity)
    store.incidents.record(change, samples.origin, (), samples.compose)


def test_water_goes_its_way_by_itself_where_it_may(store: Store, samples, act) -> None:
    record(store, samples, "w", kind="waterlogging", severity=Severity.RED)
    now = utc_now()

    def proceed() -> list[Step]:
        return [case.step for case in store.cases.proceed(TRUST_WATER, now, COMPOSE)]

    assert proceed() == [Step.SCREENED]
    assert proceed() == []
    waiting = store.outbox.of_incident("w")
    store.outbox.mark_delivered({one.seq: f"17-{one.seq}" for one in waiting}, now)
    assert proceed() == [Step.REPORTED]
    reported = store.cases.get("w").trail[-1].deed
    assert (reported.actor.party, reported.note) == (Party.RELAY, f"17-{waiting[-1].seq}")
    act("w", Action.ASSIGN, handler="wang")
    act("w", Action.START)
    assert proceed() == []
    gone = samples.change(
        "w", ChangeType.CLOSED, 1, after_s=9, kind="waterlogging", severity=Severity.RED
    )
    store.incidents.record(gone, samples.origin, (), samples.compose)
    assert proceed() == [Step.VERIFIED]
    again = samples.change(
        "w", ChangeType.UPDATED, 2, after_s=20, kind="waterlogging", severity=Severity.RED
    )
    store.incidents.record(again, samples.origin, (), samples.compose)
    assert proceed() == [Step.HANDLING]
    assert proceed() == []


def test_late_cases_climb_one_level_at_a_time(store: Store, samples) -> None:
    record(store, samples, "r", kind="crowd", severity=Severity.RED)
    now = utc_now()
    assert store.cases.proceed(Policy(), now, COMPOSE) == ()
    levels = [
        (minutes, case.level)
        for minutes in (6, 7, 12, 18, 24)
        for case in store.cases.proceed(Policy(), now + timedelta(minutes=minutes), COMPOSE)
    ]
    assert levels == [(6, Level.VILLAGE), (12, Level.TOWN), (18, Level.COUNTY)]


def test_what_becomes_worse_is_due_sooner(store: Store, samples) -> None:
    record(store, samples, "y", kind="crowd", severity=Severity.YELLOW)
    later = utc_now() + timedelta(minutes=10)
    assert store.cases.page(CaseFilter(late_at=later)).cases == ()
    worse = samples.change(
        "y", ChangeType.UPDATED, 1, after_s=9, kind="crowd", severity=Severity.RED
    )
    store.incidents.record(worse, samples.origin, (), samples.compose)
    (late,) = store.cases.page(CaseFilter(late_at=later)).cases
    assert late.case.severity is Severity.RED


def test_cases_are_listed_by_step_and_handler_page_by_page(store: Store, samples, act) -> None:
    ids = samples.fill(store, 5)
    for one in ids[:2]:
        act(one, Action.CONFIRM)
        act(one, Action.REPORT)
        act(one, Action.ASSIGN, handler="wang")
    act(ids[4], Action.RECORD)
    assert {one.case.id for one in store.cases.page(CaseFilter(handler="wang")).cases} == set(
        ids[:2]
    )
    (closed,) = store.cases.page(CaseFilter(is_closed=True)).cases
    assert (closed.case.id, closed.incident.step) == (ids[4], Step.CLOSED)
    seen, cursor = [], None
    while True:
        page = store.cases.page(CaseFilter(is_closed=False), cursor, limit=3)
        seen += [one.case.id for one in page.cases]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == ids[:4]
    assert store.cases.page(replace(CaseFilter(), step=Step.ASSIGNED), limit=1).next is not None

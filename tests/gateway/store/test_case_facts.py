"""What reports count of each case, from the trail that people left."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.store import Store
from gateway.store.case_facts import FactsFilter, Verdict
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Outcome, Party
from gateway.workflow.unasked import Policy
from vision.types import Severity

COMPOSE = CaseWriter("dongshan")
LI, PLATFORM = Actor(Party.OPERATOR, "li"), Actor(Party.PLATFORM, "grid")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def act(store: Store):
    """Do something to a case, minutes after it was recorded."""

    def do(case_id: str, minutes: float, action: Action, actor: Actor = LI, **told: object):
        found = store.cases.get(case_id)
        at = found.trail[0].deed.at + minutes * MINUTE
        deed = Deed(action, actor, at, **told)  # type: ignore[arg-type]
        return store.cases.take(case_id, deed, found.case.revision, COMPOSE)

    return do


@pytest.fixture
def facts(store: Store, samples):
    """Return the facts of all cases by id."""
    opened_at = samples.change().incident.opened_at

    def read(now=None, **narrowed: object):
        period = FactsFilter(opened_at - MINUTE, opened_at + MINUTE, **narrowed)  # type: ignore[arg-type]
        return {one.case_id: one for one in store.case_facts.of(period, now or utc_now())}

    return read


def test_all_seven_steps_in_time(store, samples, act, facts) -> None:
    (one,) = samples.fill(store, 1)
    act(one, 1, Action.COMMENT, note="先看看")
    act(one, 2, Action.CONFIRM)
    act(one, 3, Action.ASSIGN, PLATFORM)
    act(one, 4, Action.START, PLATFORM)
    act(one, 30, Action.VERIFY)
    act(one, 40, Action.CLOSE)
    act(one, 99, Action.COMMENT, note="谢谢")
    told = facts()[one]
    assert told.answered_at == told.begun_at + 2 * MINUTE
    assert told.closed_at == told.begun_at + 40 * MINUTE
    assert (told.outcome, told.verdict) == (Outcome.RESOLVED, Verdict.TRUE)
    assert (told.is_timed, told.is_late) == (True, False)
    assert (told.unit, told.camera_name, told.rule) == ("东山村", "村口", "person-at-gate")


def test_verdicts(store, samples, act, facts) -> None:
    ids = samples.fill(store, 6)
    act(ids[0], 1, Action.DISMISS, reason=FalseAlarm.PLANT)
    act(ids[1], 1, Action.RECORD)
    act(ids[2], 1, Action.RECORD, Actor(Party.POLICY, "green"))
    act(ids[3], 1, Action.MERGE, other=ids[4])
    act(ids[4], 2, Action.CONFIRM)
    told = facts()
    verdicts = [told[one].verdict for one in ids]
    assert verdicts == ["false", "true", "open", "merged", "true", "open"]
    assert told[ids[0]].reason is FalseAlarm.PLANT
    assert told[ids[2]].answered_at is None


def test_late_once_is_late_for_good_and_late_now_is_late(store, samples, act, facts) -> None:
    for name, severity in (("r", Severity.RED), ("g", Severity.GREEN)):
        change = samples.change(name, severity=severity)
        store.incidents.record(change, samples.origin, (), samples.compose)
    now = utc_now() + 6 * MINUTE
    assert [facts(now)[one].is_late for one in "rg"] == [True, False]
    store.cases.proceed(Policy(), now, COMPOSE)
    act("r", 7, Action.DISMISS, reason=FalseAlarm.TEST)
    assert [facts()[one].is_late for one in "rg"] == [True, False]
    assert [facts()[one].is_timed for one in "rg"] == [True, False]


def test_a_case_opened_again_is_open_again(store, samples, act, facts) -> None:
    (one,) = samples.fill(store, 1)
    act(one, 1, Action.DISMISS, reason=FalseAlarm.TEST)
    act(one, 2, Action.REOPEN, note="不是测试")
    told = facts()[one]
    assert (told.closed_at, told.verdict, told.reason) == (None, Verdict.TRUE, None)


def test_by_camera_rule_and_time(store, samples, facts) -> None:
    samples.fill(store, 1)
    opened_at = samples.change().incident.opened_at
    assert facts(camera="gate", rule="person-at-gate")
    assert not facts(camera="yard")
    assert not facts(rule="crowd")
    at_once, before = (
        FactsFilter(opened_at, opened_at + MINUTE),
        FactsFilter(opened_at - MINUTE, opened_at),
    )
    assert len(list(store.case_facts.of(at_once, utc_now()))) == 1
    assert list(store.case_facts.of(before, utc_now())) == []

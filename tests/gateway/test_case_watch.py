"""Cases go on by themselves while a site is served, also after its store refused for a while."""

import asyncio
import json
from datetime import timedelta
from itertools import count

import pytest

from gateway.case_watch import CaseWatch
from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import StorageError
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Level, Party, Step
from gateway.workflow.unasked import Policy
from vision.types import ChangeType, Severity

POLICY = Policy(frozenset({"waterlogging"}))


async def test_trusted_red_is_screened_within_a_look(store, samples):
    change = samples.change("w", kind="waterlogging", severity=Severity.RED)
    store.incidents.record(change, samples.origin, (), samples.compose)
    stop = asyncio.Event()
    running = asyncio.create_task(CaseWatch(store, POLICY, CaseWriter("site")).run(stop))
    async with asyncio.timeout(30):
        while store.cases.get("w").case.step is Step.DISCOVERED:
            await asyncio.sleep(0.02)
        stop.set()
        await running
    assert store.cases.get("w").case.step is Step.SCREENED


@pytest.fixture
def water(store, samples):
    """Tell of the water of incident w, or of another, once more, as bad as it now is."""
    told = count()

    def tell(severity: Severity, kind: ChangeType = ChangeType.UPDATED, of: str = "w") -> None:
        number = next(told)
        change = samples.change(
            of, kind, number, after_s=number, kind="waterlogging", severity=severity
        )
        store.incidents.record(change, samples.origin, (), samples.compose)

    tell(Severity.YELLOW, ChangeType.OPENED)
    return tell


@pytest.fixture
def close(store):
    """Close the case of incident w as somebody at the desk does."""

    def do(action: Action) -> None:
        reason = FalseAlarm.LIGHT if action is Action.DISMISS else None
        deed = Deed(action, Actor(Party.OPERATOR, "li"), utc_now(), reason=reason)
        store.cases.take("w", deed, store.cases.get("w").case.revision, CaseWriter("site"))

    return do


def deeds(store) -> list[tuple[Action, Party]]:
    return [
        (one.deed.action, one.deed.actor.party)
        for one in store.cases.get("w").trail
        if one.revision
    ]


@pytest.mark.parametrize("closing", [Action.DISMISS, Action.RECORD])
def test_water_that_turns_red_is_a_case_again_once(store, water, close, closing):
    watch = CaseWatch(store, Policy(), CaseWriter("site"))
    close(closing)
    watch.look()
    assert store.cases.get("w").case.step is Step.CLOSED, "it is no worse than it was"
    water(Severity.RED)
    for _ in range(3):
        watch.look()
    case = store.cases.get("w").case
    assert (case.step, case.outcome, case.reason) == (Step.DISCOVERED, None, None)
    again = (Action.REOPEN, Party.CAMERA)
    assert deeds(store) == [(closing, Party.OPERATOR), again]
    told = [json.loads(one.body) for one in store.outbox.of_incident("w")]
    (news,) = [one for one in told if one["data"].get("change", {}).get("action") == "reopen"]
    assert news["data"]["change"]["note"] == "turned red after the case was closed at yellow"
    assert news["data"]["incident"]["severity"] == "red"
    close(Action.DISMISS)
    for severity in (Severity.YELLOW, Severity.RED):
        water(severity)
        watch.look()
    assert store.cases.get("w").case.step is Step.CLOSED, "dismissed at red, it stays so"
    assert deeds(store).count(again) == 1


def test_water_that_turns_red_is_split_off_a_case_that_was_closed_as_no_flood(store, water, close):
    watch, writer = CaseWatch(store, Policy(), CaseWriter("site")), CaseWriter("site")
    water(Severity.YELLOW, ChangeType.OPENED, of="beside")
    merge = Deed(Action.MERGE, Actor(Party.OPERATOR, "li"), utc_now(), other="w")
    store.cases.take("beside", merge, 0, writer)
    water(Severity.RED, of="beside")
    watch.look()
    assert store.cases.get("beside").case.merged_into == "w", "somebody sees to it"
    close(Action.DISMISS)
    for _ in range(3):
        watch.look()
    case = store.cases.get("beside").case
    assert (case.step, case.merged_into) == (Step.DISCOVERED, None)
    last = store.cases.get("beside").trail[-1].deed
    assert (last.action, last.actor.party, last.other) == (Action.SPLIT, Party.CAMERA, "w")
    assert deeds(store)[-1] == (Action.RELEASE, Party.CAMERA)
    assert store.cases.get("w").case.step is Step.CLOSED


def test_water_merged_by_way_of_another_is_split_off_all_the_same(store, water, close):
    watch, writer = CaseWatch(store, Policy(), CaseWriter("site")), CaseWriter("site")
    for one in ("beside", "between"):
        water(Severity.YELLOW, ChangeType.OPENED, of=one)
    for one, into in (("beside", "between"), ("between", "w")):
        merge = Deed(Action.MERGE, Actor(Party.OPERATOR, "li"), utc_now(), other=into)
        store.cases.take(one, merge, store.cases.get(one).case.revision, writer)
    water(Severity.RED, of="beside")
    watch.look()
    assert store.cases.get("beside").case.step is Step.CLOSED, "somebody sees to it"
    close(Action.DISMISS)
    for _ in range(3):
        watch.look()
    assert store.cases.get("beside").case.step is Step.DISCOVERED
    assert store.cases.get("between").case.step is Step.CLOSED


def test_trusted_water_that_turns_red_needs_no_screening_again(store, water, close):
    watch = CaseWatch(store, POLICY, CaseWriter("site"))
    close(Action.DISMISS)
    water(Severity.RED)
    watch.look()
    watch.look()
    assert store.cases.get("w").case.step is Step.SCREENED


def test_water_that_turned_red_and_went_is_no_case_again(store, water, close):
    close(Action.DISMISS)
    water(Severity.RED)
    water(Severity.RED, ChangeType.CLOSED)
    CaseWatch(store, POLICY, CaseWriter("site")).look()
    assert store.cases.get("w").case.step is Step.CLOSED


def test_a_store_that_refuses_is_asked_again(store, samples, monkeypatch):
    samples.fill(store, 1)
    late = utc_now() + timedelta(hours=3)
    watch = CaseWatch(store, POLICY, CaseWriter("site"), now=lambda: late)
    with monkeypatch.context() as full:

        def refuse(*_: object) -> None:
            raise StorageError("the disk is full")

        full.setattr(store.cases, "proceed", refuse)
        watch.look()
    watch.look()
    assert store.cases.get("i-0").case.level is Level.VILLAGE

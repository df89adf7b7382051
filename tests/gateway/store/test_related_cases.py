"""One happening is one case, with all its evidence; what was split stays split."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import NotFoundError, StepRefusedError
from gateway.store import Store
from gateway.store.evidence import EvidenceType
from gateway.store.inventory import Camera
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Outcome, Party, Step
from gateway.workflow.join_settings import Joining, JoinSettings
from vision.types import Severity

COMPOSE = CaseWriter("dongshan")
LI = Actor(Party.OPERATOR, "li")
AUTO, OFF = JoinSettings(people=Joining.AUTO), JoinSettings(water=Joining.OFF)
NORTH_100_M = 0.0009


@pytest.fixture
def see(store: Store, samples):
    """Keep an incident of a camera, which is put into the inventory with its place."""

    def keep(incident_id: str, camera: str, *, north: float = 0.0, water: str = "", **fields):
        if camera not in {one.id for one in store.inventory.cameras()}:
            where = {"latitude": 30 + north, "longitude": 120.0, "water": water}
            store.inventory.add(Camera(camera, camera, unit="东山村", grid="第三网格", **where))
        ref = replace(samples.origin.camera, id=camera, name=camera)
        change = samples.change(incident_id, camera=camera, **fields)
        evidence = [samples.evidence(incident_id, EvidenceType.RAW)]
        store.incidents.record(
            change, replace(samples.origin, camera=ref), evidence, samples.compose
        )
        return incident_id

    return keep


def act(store: Store, case_id: str, action: Action, **values: object) -> None:
    revision = store.cases.get(case_id).case.revision
    store.cases.take(case_id, Deed(action, LI, utc_now(), **values), revision, COMPOSE)  # type: ignore[arg-type]


def test_one_happening_becomes_one_case_by_itself_and_can_be_split_for_good(store, see) -> None:
    later = see("b", "yard", north=NORTH_100_M)
    first = see("a", "gate")
    found = store.related.matches(later, AUTO)
    assert [(one.merge.case_id, one.into.case_id, one.is_auto) for one in found] == [
        (later, first, True)
    ]
    assert found[0].distance_m == pytest.approx(100, abs=1)
    (merged,) = store.related.join(AUTO, utc_now(), COMPOSE)
    assert (merged.id, merged.outcome, merged.merged_into) == (later, Outcome.MERGED, first)
    told = store.cases.get(first).trail[-1].deed
    assert (told.action, told.actor.party, told.other) == (Action.ABSORB, Party.POLICY, later)
    assert store.related.join(AUTO, utc_now(), COMPOSE) == ()
    act(store, later, Action.SPLIT)
    assert store.related.join(AUTO, utc_now(), COMPOSE) == ()
    assert store.related.matches(first, AUTO) == store.related.matches(later, AUTO) == ()


def test_all_evidence_is_listed_under_the_case_that_goes_on(store, see) -> None:
    see("a", "gate")
    see("b", "yard", north=NORTH_100_M)
    see("c", "road", north=2 * NORTH_100_M)
    act(store, "c", Action.MERGE, other="b")
    act(store, "b", Action.MERGE, other="a")
    members = store.related.members("a")
    assert [one.incident.id for one in members] == ["b", "c"]
    assert all(len(one.evidence) == 1 for one in members)
    assert store.related.members("c") == ()


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (JoinSettings(), {}),
        (AUTO, {"severity": Severity.RED}),
        (OFF, {"kind": "waterlogging"}),
    ],
)
def test_what_is_not_to_be_merged_by_itself_is_not(store, see, settings, fields) -> None:
    see("a", "gate", kind=fields.get("kind", "person_presence"))
    see("b", "yard", north=NORTH_100_M, **fields)
    assert store.related.join(settings, utc_now(), COMPOSE) == ()


def test_what_people_have_had_for_ten_minutes_is_theirs(store, see) -> None:
    see("a", "gate")
    see("b", "yard", north=NORTH_100_M)
    assert store.related.join(AUTO, utc_now() + timedelta(minutes=11), COMPOSE) == ()
    assert len(store.related.join(AUTO, utc_now(), COMPOSE)) == 1


def test_three_cameras_of_one_place_end_as_one_case(store, see) -> None:
    for number, camera in enumerate(("gate", "yard", "road")):
        see(f"w-{number}", camera, kind="waterlogging", water='{"place": "东门涵洞"}')
    assert len(store.related.join(JoinSettings(), utc_now(), COMPOSE)) == 2
    open_ones = [
        one for one in ("w-0", "w-1", "w-2") if store.cases.get(one).case.step != Step.CLOSED
    ]
    assert open_ones == ["w-0"]
    assert len(store.related.members("w-0")) == 2


def test_closed_cases_match_nothing_and_unknown_ones_are_refused(store, see) -> None:
    see("a", "gate")
    see("b", "yard", north=NORTH_100_M)
    act(store, "b", Action.RECORD)
    assert store.related.matches("a", AUTO) == store.related.matches("b", AUTO) == ()
    for ask in (lambda: store.related.matches("x", AUTO), lambda: store.related.repeats("x")):
        with pytest.raises(NotFoundError):
            ask()


def test_repeats_are_the_same_rule_at_the_same_camera_within_thirty_days(store, samples) -> None:
    now = samples.change().incident.opened_at
    for number, (days, rule) in enumerate([(31, "r"), (30, "r"), (2, "r"), (1, "other"), (0, "r")]):
        at = now - timedelta(days=days)
        change = samples.change(f"i-{number}", rule=rule, opened_at=at, last_seen_at=at)
        store.incidents.record(change, samples.origin, (), samples.compose)
    act(store, "i-2", Action.DISMISS, reason=FalseAlarm.INSECT)
    repeats = store.related.repeats("i-4")
    assert (repeats.count, repeats.false_alarms) == (2, 1)
    assert [one.case.id for one in repeats.cases] == ["i-2", "i-1"]
    assert repeats.cases[0].case.reason is FalseAlarm.INSECT


def test_what_people_tell_apart_is_suggested_no_more_until_they_take_it_back(store, see) -> None:
    first, later = see("a", "gate"), see("b", "yard", north=NORTH_100_M)
    act(store, first, Action.DIFFER, other=later)
    for one, other in ((first, later), (later, first)):
        assert store.related.matches(one, AUTO) == ()
        (told,) = store.related.apart(one)
        assert (told.other.case_id, told.deed.actor.name) == (other, "li")
        assert store.cases.get(one).trail[-1].deed.action is Action.DIFFER
    assert store.related.join(AUTO, utc_now(), COMPOSE) == ()
    with pytest.raises(StepRefusedError, match="told apart already"):
        act(store, later, Action.DIFFER, other=first)
    act(store, later, Action.MAY_MATCH, other=first)
    assert store.related.apart(first) == ()
    assert [one.into.case_id for one in store.related.matches(later, AUTO)] == [first]
    with pytest.raises(StepRefusedError, match="never told apart"):
        act(store, first, Action.MAY_MATCH, other=later)
    (merged,) = store.related.join(AUTO, utc_now(), COMPOSE)
    assert merged.id == later


def test_only_open_cases_are_told_apart(store, see) -> None:
    first, later = see("a", "gate"), see("b", "yard", north=NORTH_100_M)
    act(store, later, Action.DISMISS, reason=FalseAlarm.TEST)
    for one, other in ((first, later), (later, first)):
        with pytest.raises(StepRefusedError, match="differ cannot follow closed"):
            act(store, one, Action.DIFFER, other=other)
    assert store.related.apart(later) == ()
    with pytest.raises(NotFoundError):
        act(store, first, Action.DIFFER, other="nobodys")

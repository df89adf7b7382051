"""Who may do what to a case from where, and that no path loses a case or who acted on it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.errors import StepRefusedError
from gateway.workflow.case import (
    Action,
    Actor,
    Case,
    Deed,
    FalseAlarm,
    Level,
    Outcome,
    Party,
    Step,
)
from gateway.workflow.steps import PEOPLE, TRANSITIONS, above, offered, take
from vision.types import Severity

T0 = datetime(2026, 5, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LI = Actor(Party.OPERATOR, "li")
PLATFORM = Actor(Party.PLATFORM, "county")


def case_at(step: Step = Step.DISCOVERED, **values: object) -> Case:
    fixed = {"id": "c-1", "kind": "crowd", "severity": Severity.RED, "since": T0}
    return Case(step=step, **fixed | values)  # type: ignore[arg-type]


def deed(action: Action, actor: Actor = LI, **values: object) -> Deed:
    told: dict[str, object] = {"note": "seen", "handler": "wang", "reason": None, "other": "c-2"}
    if action is Action.DISMISS:
        told["reason"] = FalseAlarm.PLANT
    return Deed(action, actor, T0 + MINUTE, **told | values)  # type: ignore[arg-type]


def test_the_seven_steps_in_their_order() -> None:
    case, ways = case_at(), []
    for action in (
        Action.CONFIRM,
        Action.REPORT,
        Action.ASSIGN,
        Action.START,
        Action.VERIFY,
        Action.CLOSE,
    ):
        case = take(case, deed(action))
        ways.append(case.step)
    assert ways == list(Step)[1:]
    assert (case.revision, case.outcome, case.handler) == (6, Outcome.RESOLVED, "wang")


@pytest.mark.parametrize(
    ("step", "action", "actor", "words"),
    [
        (Step.DISCOVERED, Action.CLOSE, LI, "close at discovered is not for"),
        (Step.DISCOVERED, Action.ASSIGN, LI, "is for platform"),
        (Step.VERIFIED, Action.CONFIRM, LI, "cannot follow verified"),
        (Step.DISCOVERED, Action.CONFIRM, Actor(Party.CAMERA, "gate"), "not for a camera"),
        (Step.HANDLING, Action.CLOSE, Actor(Party.RELAY, "queue"), "not for a relay"),
        (Step.CLOSED, Action.REOPEN, PLATFORM, "is for admin, camera, operator"),
        (Step.DISCOVERED, Action.ESCALATE, LI, "is for policy"),
        (Step.CLOSED, Action.SPLIT, LI, "cannot follow closed"),
    ],
)
def test_what_may_not_be_done(step: Step, action: Action, actor: Actor, words: str) -> None:
    with pytest.raises(StepRefusedError, match=words):
        take(case_at(step), deed(action, actor))


@pytest.mark.parametrize(
    ("step", "wrong", "words"),
    [
        (Step.DISCOVERED, deed(Action.DISMISS, reason=None), "needs a reason"),
        (Step.DISCOVERED, deed(Action.DISMISS, reason=FalseAlarm.OTHER, note=" "), "needs a note"),
        (Step.REPORTED, deed(Action.ASSIGN, handler=" "), "needs who is to handle"),
        (Step.REPORTED, deed(Action.ASSIGN, deadline=T0), "is over"),
        (Step.VERIFIED, deed(Action.RETURN, note=""), "needs a note"),
        (Step.CLOSED, deed(Action.REOPEN, note=""), "needs a note"),
        (Step.DISCOVERED, deed(Action.MERGE, other=None), "needs the other case"),
        (Step.DISCOVERED, deed(Action.MERGE, other="c-1"), "another case than"),
    ],
)
def test_what_a_deed_must_tell(step: Step, wrong: Deed, words: str) -> None:
    with pytest.raises(StepRefusedError, match=words):
        take(case_at(step), wrong)


def test_nothing_is_done_by_nobody() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Actor(Party.OPERATOR, " ")


def test_a_false_alarm_keeps_its_reason_and_a_reopened_case_forgets_its_end() -> None:
    closed = take(case_at(level=Level.TOWN), deed(Action.DISMISS))
    assert (closed.outcome, closed.reason) == (Outcome.FALSE_ALARM, FalseAlarm.PLANT)
    again = take(closed, deed(Action.REOPEN))
    assert (again.step, again.outcome, again.reason) == (Step.SCREENED, None, None)
    assert (again.level, again.since) == (Level.GRID, T0 + MINUTE)


def test_a_merged_case_can_be_split_and_not_reopened() -> None:
    merged = take(case_at(Step.REPORTED), deed(Action.MERGE))
    assert (merged.step, merged.merged_into) == (Step.CLOSED, "c-2")
    assert Action.SPLIT in offered(merged, Party.OPERATOR)
    with pytest.raises(StepRefusedError, match="merged into c-2"):
        take(merged, deed(Action.REOPEN))
    split = take(merged, deed(Action.SPLIT))
    assert (split.step, split.merged_into) == (Step.DISCOVERED, None)


def test_sent_back_it_is_handled_anew_by_the_same() -> None:
    checked = take(case_at(Step.HANDLING, handler="wang"), deed(Action.VERIFY))
    assert checked.verified_by is Party.OPERATOR
    back = take(checked, deed(Action.RETURN))
    assert (back.step, back.handler, back.verified_by) == (Step.HANDLING, "wang", None)


def test_up_the_tree_one_level_at_a_time_and_no_further() -> None:
    clock = Actor(Party.POLICY, "deadline")
    case = case_at()
    for level in (Level.VILLAGE, Level.TOWN, Level.COUNTY):
        case = take(case, deed(Action.ESCALATE, clock))
        assert (case.level, case.chased_at) == (level, T0 + MINUTE)
    with pytest.raises(StepRefusedError, match="above county"):
        take(case, deed(Action.ESCALATE, clock))
    assert above(Level.COUNTY) is None


def test_every_open_case_offers_people_a_way_on() -> None:
    for step in Step:
        for party in PEOPLE:
            moves = {TRANSITIONS[step, one][party] for one in offered(case_at(step), party)}
            assert moves - {step}, step


deeds = st.builds(
    Deed,
    action=st.sampled_from(Action),
    actor=st.builds(Actor, st.sampled_from(Party), st.sampled_from(["li", "gate", "queue"])),
    at=st.just(T0),
    note=st.sampled_from(["", "why"]),
    handler=st.sampled_from(["", "wang"]),
    reason=st.none() | st.sampled_from(FalseAlarm),
    other=st.none() | st.sampled_from(["c-1", "c-2"]),
)


class AnyDeeds(RuleBasedStateMachine):
    """Whatever is tried: only the table's steps happen, and each leaves a whole case."""

    def __init__(self) -> None:
        super().__init__()
        self.case = case_at()
        self.trail: list[tuple[Step, Deed, Step]] = []

    @rule(tried=deeds)
    def try_it(self, tried: Deed) -> None:
        before = self.case
        try:
            self.case = take(before, tried)
        except StepRefusedError:
            assert self.case is before
            return
        assert tried.actor.party in TRANSITIONS[before.step, tried.action]
        self.trail.append((before.step, tried, self.case.step))

    @rule(data=st.data())
    def follow_an_offer(self, data: st.DataObject) -> None:
        party = data.draw(st.sampled_from(sorted(PEOPLE)))
        action = data.draw(st.sampled_from(offered(self.case, party)))
        before = self.case
        self.case = take(before, deed(action, Actor(party, "li")))
        self.trail.append((before.step, deed(action), self.case.step))

    @precondition(lambda self: bool(self.trail))
    @invariant()
    def backwards_only_on_purpose(self) -> None:
        before, done, after = self.trail[-1]
        if after.rank < before.rank:
            assert done.action in {Action.RETURN, Action.REOPEN, Action.SPLIT, Action.ASSIGN}

    @invariant()
    def nothing_is_lost(self) -> None:
        case = self.case
        assert case.revision == len(self.trail)
        assert (case.step is Step.CLOSED) == (case.outcome is not None)
        assert (case.step is Step.CLOSED) == (case.closed_as is not None)
        assert (case.outcome is Outcome.MERGED) == (case.merged_into is not None)
        assert (case.outcome is Outcome.FALSE_ALARM) == (case.reason is not None)
        assert case.merged_into != case.id
        if case.verified_by is not None:
            assert case.step in {Step.VERIFIED, Step.CLOSED}
        assert all(done.actor.name for _, done, _ in self.trail)


TestAnyDeeds = AnyDeeds.TestCase
TestAnyDeeds.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)

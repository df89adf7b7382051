"""What happens to a case by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.workflow.case import Action, Case, Deed, Party, Step
from gateway.workflow.steps import take
from gateway.workflow.unasked import Facts, Policy, unasked
from vision.types import Severity

T0 = datetime(2026, 5, 1, 8, tzinfo=UTC)
SOON = T0 + timedelta(seconds=1)
WATER, PERSON = "waterlogging", "person_presence"
HERE, GONE = Facts("gate", is_gone=False), Facts("gate", is_gone=True)
SENT = Facts("gate", is_gone=False, queue_id="17-0")
TRUST_WATER = Policy(frozenset({WATER}))


def case_at(step: Step, kind: str = WATER, **values: object) -> Case:
    fixed = {"id": "c-1", "severity": Severity.RED, "since": T0}
    return Case(kind=kind, step=step, **fixed | values)  # type: ignore[arg-type]


MERGED = case_at(Step.CLOSED, closed_as=Severity.GREEN, merged_into="c-2")
LED_TO_GREEN = Facts("gate", is_gone=False, leader_closed_as=Severity.GREEN)


@pytest.mark.parametrize(
    ("case", "facts", "now", "expected"),
    [
        (case_at(Step.DISCOVERED), HERE, SOON, (Action.CONFIRM, Party.POLICY)),
        (case_at(Step.DISCOVERED, severity=Severity.YELLOW), HERE, SOON, None),
        (case_at(Step.DISCOVERED, PERSON), HERE, SOON, None),
        (case_at(Step.SCREENED), HERE, SOON, None),
        (case_at(Step.SCREENED), SENT, SOON, (Action.REPORT, Party.RELAY)),
        (case_at(Step.HANDLING), HERE, SOON, None),
        (case_at(Step.HANDLING), GONE, SOON, (Action.VERIFY, Party.CAMERA)),
        (case_at(Step.ASSIGNED, "camera_offline"), GONE, SOON, (Action.VERIFY, Party.CAMERA)),
        (case_at(Step.HANDLING, PERSON), GONE, SOON, None),
        (case_at(Step.HANDLING, "alarm_tamper"), GONE, SOON, None),
        (case_at(Step.VERIFIED, verified_by=Party.CAMERA), GONE, SOON, None),
        (
            case_at(Step.VERIFIED, verified_by=Party.CAMERA),
            HERE,
            SOON,
            (Action.RETURN, Party.CAMERA),
        ),
        (case_at(Step.VERIFIED, verified_by=Party.OPERATOR), HERE, SOON, None),
        (
            case_at(Step.REPORTED),
            HERE,
            T0 + timedelta(hours=1),
            (Action.ESCALATE, Party.POLICY),
        ),
        (case_at(Step.CLOSED), GONE, T0 + timedelta(days=99), None),
        (case_at(Step.CLOSED, closed_as=Severity.GREEN), HERE, SOON, (Action.REOPEN, Party.CAMERA)),
        (case_at(Step.CLOSED, closed_as=Severity.GREEN), GONE, SOON, None),
        (case_at(Step.CLOSED, closed_as=Severity.RED), HERE, SOON, None),
        (case_at(Step.CLOSED, PERSON, closed_as=Severity.GREEN), HERE, SOON, None),
        (MERGED, HERE, SOON, None),
        (MERGED, LED_TO_GREEN, SOON, (Action.SPLIT, Party.CAMERA)),
        (MERGED, replace(LED_TO_GREEN, is_gone=True), SOON, None),
        (MERGED, replace(LED_TO_GREEN, leader_closed_as=Severity.RED), SOON, None),
    ],
)
def test_by_itself(
    case: Case, facts: Facts, now: datetime, expected: tuple[Action, Party] | None
) -> None:
    deed = unasked(case, facts, TRUST_WATER, now)
    assert (deed and (deed.action, deed.actor.party)) == expected
    if deed is not None:
        assert take(case, deed).revision == case.revision + 1


def test_green_is_filed_a_day_after_nobody_looked_at_it() -> None:
    case = case_at(Step.DISCOVERED, PERSON, severity=Severity.GREEN)
    assert unasked(case, GONE, Policy(), T0 + timedelta(hours=23)) is None
    assert unasked(case, HERE, Policy(), T0 + timedelta(days=2)) is None
    deed = unasked(case, GONE, Policy(), T0 + timedelta(days=1))
    assert deed is not None
    assert deed.action is Action.RECORD


def test_nothing_goes_round_in_circles() -> None:
    """With facts and time standing still, a case comes to rest within a few deeds."""
    for step in Step:
        for facts in (HERE, GONE, SENT):
            case: Case = case_at(step, verified_by=Party.CAMERA)
            done: list[Deed] = []
            while (deed := unasked(case, facts, TRUST_WATER, SOON)) is not None:
                case = take(case, deed)
                done.append(deed)
                assert len(done) < 5, done

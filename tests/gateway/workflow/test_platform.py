"""What a platform says: forward as far as it says, backwards only when it means it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from gateway.errors import StepRefusedError
from gateway.workflow.case import Action, Actor, Case, Deed, FalseAlarm, Party, Step
from gateway.workflow.platform import STATUSES, StatusReport, deed_of, heard
from gateway.workflow.steps import take
from vision.types import Severity

T0 = datetime(2026, 5, 1, 8, tzinfo=UTC)
LATER = T0 + timedelta(minutes=1)
FORWARD = ("accepted", "assigned", "handling", "resolved", "closed")


def case_at(step: Step) -> Case:
    return Case("c-1", "crowd", Severity.RED, step, T0)


def told(case: Case, status: str, at: datetime) -> Case:
    action = heard(case, status, at)
    if action is None:
        return case
    actor = Actor(Party.PLATFORM, "county")
    return take(case, Deed(action, actor, at, reason=FalseAlarm.OTHER))


@pytest.mark.parametrize(
    ("step", "status", "action"),
    [
        (Step.DISCOVERED, "handling", Action.START),
        (Step.REPORTED, "accepted", None),
        (Step.HANDLING, "assigned", None),
        (Step.VERIFIED, "resolved", None),
        (Step.VERIFIED, "returned", Action.RETURN),
        (Step.HANDLING, "returned", None),
        (Step.CLOSED, "returned", None),
        (Step.CLOSED, "rejected", None),
        (Step.CLOSED, "comment", Action.COMMENT),
        (Step.ASSIGNED, "rejected", Action.DISMISS),
    ],
)
def test_what_a_status_does(step: Step, status: str, action: Action | None) -> None:
    assert heard(case_at(step), status, LATER) is action


def test_a_return_older_than_the_verification_is_old_news() -> None:
    assert heard(case_at(Step.VERIFIED), "returned", T0) is None


@pytest.mark.parametrize("order", list(permutations(FORWARD)))
def test_in_any_order_and_repeated_the_furthest_counts(order: tuple[str, ...]) -> None:
    case, ranks = case_at(Step.DISCOVERED), []
    for status in (*order, *order):
        case = told(case, status, LATER)
        ranks.append(case.step.rank)
    assert ranks == sorted(ranks)
    assert case.step is Step.CLOSED


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StepRefusedError, match="'done' is no status: it is one of accepted"):
        heard(case_at(Step.DISCOVERED), "done", LATER)
    assert set(STATUSES) >= set(FORWARD)


def report(status: str, at: datetime = LATER, **told: object) -> StatusReport:
    return StatusReport("/county", "e-1", "c-1", status, at, "李", **told)


def test_a_platform_whose_clock_is_ahead_speaks_of_now() -> None:
    ahead = report("handling", LATER + timedelta(hours=3), handler="王五")
    deed = deed_of(case_at(Step.ASSIGNED), ahead, LATER)
    assert (deed.at, deed.actor) == (LATER, Actor(Party.PLATFORM, "李"))
    assert take(case_at(Step.ASSIGNED), deed).handler == "王五"


def test_a_rejection_without_a_reason_has_one() -> None:
    bare = deed_of(case_at(Step.ASSIGNED), report("rejected"), LATER)
    animal = deed_of(case_at(Step.ASSIGNED), report("rejected", reason=FalseAlarm.ANIMAL), LATER)
    assert (bare.reason, animal.reason) == (FalseAlarm.OTHER, FalseAlarm.ANIMAL)
    assert deed_of(case_at(Step.CLOSED), report("rejected"), LATER) is None

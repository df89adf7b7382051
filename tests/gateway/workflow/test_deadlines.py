"""When a case is late, and which level is then told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.workflow.case import Action, Actor, Case, Deed, Level, Party, Step
from gateway.workflow.deadlines import ALLOWANCES, due_at, escalation, is_late
from gateway.workflow.steps import take
from vision.types import Severity

T0 = datetime(2026, 5, 1, 8, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RED, YELLOW, GREEN = Severity.RED, Severity.YELLOW, Severity.GREEN


def case_at(step: Step, kind: str = "person_presence", **values: object) -> Case:
    fixed = {"id": "c-1", "severity": RED, "since": T0}
    return Case(kind=kind, step=step, **fixed | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (case_at(Step.DISCOVERED), 5 * MINUTE),
        (case_at(Step.DISCOVERED, severity=YELLOW), 2 * HOUR),
        (case_at(Step.DISCOVERED, severity=GREEN), None),
        (case_at(Step.DISCOVERED, "waterlogging"), 2 * MINUTE),
        (case_at(Step.SCREENED, "waterlogging"), 5 * MINUTE),
        (case_at(Step.HANDLING, "crowd"), HOUR),
        (case_at(Step.HANDLING, deadline=T0 + 3 * DAY), 3 * DAY),
        (case_at(Step.HANDLING, severity=GREEN, deadline=T0 + DAY), DAY),
        (case_at(Step.ASSIGNED, deadline=T0 + 3 * DAY), 20 * MINUTE),
        (case_at(Step.ASSIGNED, deadline=T0 + 10 * MINUTE), 10 * MINUTE),
        (case_at(Step.HANDLING, deadline=T0 + DAY, chased_at=T0 + DAY), DAY + 4 * HOUR),
        (case_at(Step.CLOSED), None),
    ],
)
def test_by_when_the_next_step_must_be_taken(case: Case, expected: timedelta | None) -> None:
    assert due_at(case) == (None if expected is None else T0 + expected)


def test_a_case_nobody_touches_climbs_to_the_county_and_stays() -> None:
    case, now, told = case_at(Step.DISCOVERED), T0, []
    for _ in range(60):
        now += MINUTE
        level = escalation(case, now)
        if level is not None:
            told.append((level, now - T0))
            case = take(case, Deed(Action.ESCALATE, Actor(Party.POLICY, "deadline"), now))
    assert told == [
        (Level.VILLAGE, 5 * MINUTE),
        (Level.TOWN, 10 * MINUTE),
        (Level.COUNTY, 15 * MINUTE),
    ]
    assert is_late(case, now)


@given(st.sampled_from(Step), st.sampled_from(Severity), st.timedeltas(timedelta(0), 30 * DAY))
def test_late_is_for_ever_and_never_early(step: Step, severity: Severity, after: timedelta) -> None:
    case = case_at(step, severity=severity)
    allowance = ALLOWANCES[severity].get(step)
    assert is_late(case, T0 + after) == (allowance is not None and after >= allowance)

"""When a case is late, and where it then goes: functions of the case and the time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from gateway.workflow.case import Case, Level, Step
from gateway.workflow.steps import above
from vision.types import Severity

Allowances = Mapping[Step, timedelta]
"""How long a case may stand at a step before the next must have been taken."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_RED: Allowances = {
    Step.DISCOVERED: 5 * _MINUTE,
    Step.SCREENED: 5 * _MINUTE,
    Step.REPORTED: 10 * _MINUTE,
    Step.ASSIGNED: 20 * _MINUTE,
    Step.HANDLING: 4 * _HOUR,
    Step.VERIFIED: _DAY,
}
_YELLOW: Allowances = {
    Step.DISCOVERED: 2 * _HOUR,
    Step.SCREENED: _HOUR,
    Step.REPORTED: 2 * _HOUR,
    Step.ASSIGNED: 4 * _HOUR,
    Step.HANDLING: _DAY,
    Step.VERIFIED: 3 * _DAY,
}
ALLOWANCES: Mapping[Severity, Allowances] = MappingProxyType(
    {Severity.RED: _RED, Severity.YELLOW: _YELLOW, Severity.GREEN: {}}
)
"""What the three colours mean, spelled out: act now, today, record; green is never late. Chosen
here: no standard sets them."""

KIND_ALLOWANCES: Mapping[tuple[str, Severity], Allowances] = MappingProxyType(
    {
        ("waterlogging", Severity.RED): {
            **_RED,
            Step.DISCOVERED: 2 * _MINUTE,
            Step.REPORTED: 5 * _MINUTE,
            Step.ASSIGNED: 10 * _MINUTE,
            Step.HANDLING: 2 * _HOUR,
        },
        ("crowd", Severity.RED): {**_RED, Step.HANDLING: _HOUR},
        ("camera_offline", Severity.YELLOW): {**_YELLOW, Step.HANDLING: 3 * _DAY},
        ("camera_fouled", Severity.YELLOW): {**_YELLOW, Step.HANDLING: 7 * _DAY},
    }
)
"""Where a kind of incident has other times: deep water takes cars within minutes; a mast needs a
ladder and a day without rain."""


def due_at(case: Case) -> datetime | None:
    """Return by when the next step must be taken, None if no time is set.

    Whoever assigned it may have set the time of handling. A case that was escalated has the same
    time again from then on.
    """
    allowance = _allowance(case)
    if case.deadline is not None and case.chased_at is None:
        if case.step is Step.HANDLING:
            return case.deadline
        if case.step is Step.ASSIGNED:
            usual = case.deadline if allowance is None else case.since + allowance
            return min(case.deadline, usual)
    if allowance is None:
        return None
    return (case.chased_at or case.since) + allowance


def is_late(case: Case, now: datetime) -> bool:
    """Say whether the next step should have been taken by now."""
    due = due_at(case)
    return due is not None and now >= due


def escalation(case: Case, now: datetime) -> Level | None:
    """Return the level to be told that a case is late; None: it is not, or all levels know."""
    return above(case.level) if is_late(case, now) else None


def _allowance(case: Case) -> timedelta | None:
    allowances = KIND_ALLOWANCES.get((case.kind, case.severity), ALLOWANCES[case.severity])
    return allowances.get(case.step)

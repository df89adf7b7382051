"""What a grid platform says of a case, as what is done to it here; never backwards by accident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from gateway.errors import StepRefusedError
from gateway.workflow.case import Action, Actor, Case, Deed, FalseAlarm, Party
from gateway.workflow.steps import TRANSITIONS

STATUSES: Mapping[str, Action] = MappingProxyType(
    {
        "accepted": Action.REPORT,
        "assigned": Action.ASSIGN,
        "handling": Action.START,
        "resolved": Action.VERIFY,
        "closed": Action.CLOSE,
        "rejected": Action.DISMISS,
        "returned": Action.RETURN,
        "comment": Action.COMMENT,
    }
)
"""The words of a platform; each ranks as the step that it leads to (`Step.rank`)."""


def heard(
    case: Case, status: str, at: datetime, reopened_at: datetime | None = None
) -> Action | None:
    """Return what a status that a platform reached at a time does to a case, None for old news.

    reopened_at: when the case was last opened again; what was reached before that, but for a
    comment, is of the round that ended.

    What leads to a step that the case has reached or passed is old news, and so is everything about
    a closed case but a comment. The one word that leads back, "returned", counts only for a case
    that is verified, and only if it is younger than that. Raises StepRefusedError for an unknown
    word.
    """
    action = STATUSES.get(status)
    if action is None:
        raise StepRefusedError(f"{status!r} is no status: it is one of {', '.join(STATUSES)}")
    to = TRANSITIONS.get((case.step, action), {}).get(Party.PLATFORM)
    if to is None:
        return None
    is_of_before = reopened_at is not None and at <= reopened_at
    if is_of_before and action is not Action.COMMENT:
        return None
    leads_back = to.rank < case.step.rank
    return None if leads_back and at <= case.since else action


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a platform says of a case.

    source, event_id: together the same for every delivery of one message. status: one of STATUSES.
    at: when it was reached there, by the platform's clock. by: who there, by name. handler,
    deadline: with "assigned". reason: with "rejected".
    """

    source: str
    event_id: str
    case_id: str
    status: str
    at: datetime
    by: str
    note: str = ""
    handler: str = ""
    deadline: datetime | None = None
    reason: FalseAlarm | None = None


def deed_of(
    case: Case, report: StatusReport, now: datetime, reopened_at: datetime | None = None
) -> Deed | None:
    """Return what a report is done to a case, None for old news; raises StepRefusedError.

    reopened_at: see `heard`. A platform whose clock is ahead of ours speaks of now. One that
    rejects without saying why has a reason of its own.
    """
    at = min(report.at, now)
    action = heard(case, report.status, at, reopened_at)
    if action is None:
        return None
    return Deed(
        action=action,
        actor=Actor(Party.PLATFORM, report.by),
        at=at,
        note=report.note,
        handler=report.handler,
        deadline=report.deadline,
        reason=(report.reason or FalseAlarm.OTHER) if action is Action.DISMISS else None,
    )

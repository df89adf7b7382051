"""What happens to a case by itself: trusted alarms, the queue's answer, the camera's, lateness."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.workflow.case import Action, Actor, Case, Deed, Level, Party, Step
from gateway.workflow.deadlines import escalation
from gateway.workflow.join_settings import JoinSettings
from vision.health import FAULT_KINDS
from vision.types import Severity
from vision.water.conditions import WATER_UNSEEN, WATERLOGGING

SELF_EVIDENT = frozenset(
    kind for kind in FAULT_KINDS if not kind.startswith("alarm_") and kind != "camera_moved"
) | {WATERLOGGING, WATER_UNSEEN}
"""Kinds that are over when seen no more: water, faults; a person who left proves little."""
RECORD_AFTER = timedelta(days=1)
"""How long people may look at a green alarm that is over before it is filed by itself."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the site has decided. trusted: kinds whose red alarms need no screening.

    joins: which cases of one happening are merged.
    """

    trusted: frozenset[str] = frozenset()
    joins: JoinSettings = field(default_factory=JoinSettings)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case beside it. camera: its id. is_gone: its condition ended.

    queue_id: where the dispatch queue keeps the message of the case as it stands, None before.
    leader_closed_as: how bad the case was that this one is merged into when it was closed; None
    while that is open, and where there is none.
    units: names of the units that its place lies in, by level; of the next above where one is left
    out.
    """

    camera: str
    is_gone: bool
    queue_id: str | None = None
    leader_closed_as: Severity | None = None
    units: Mapping[Level, str] = field(default_factory=dict)


def unasked(case: Case, facts: Facts, policy: Policy, now: datetime) -> Deed | None:
    """Return what happens next to a case without anybody's doing, None for nothing now."""
    own = _BY_STEP.get(case.step)
    deed = None if own is None else own(case, facts, policy, now)
    return deed or _lateness(case, facts, now)


def _screening(case: Case, facts: Facts, policy: Policy, now: datetime) -> Deed | None:
    if case.severity is Severity.RED and case.kind in policy.trusted:
        return Deed(Action.CONFIRM, Actor(Party.POLICY, "trusted"), now)
    if case.severity is Severity.GREEN and facts.is_gone and now - case.since >= RECORD_AFTER:
        return Deed(Action.RECORD, Actor(Party.POLICY, "green"), now)
    return None


def _reporting(_case: Case, facts: Facts, _policy: Policy, now: datetime) -> Deed | None:
    if facts.queue_id is None:
        return None
    return Deed(Action.REPORT, Actor(Party.RELAY, "queue"), now, note=facts.queue_id)


def _verifying(case: Case, facts: Facts, _policy: Policy, now: datetime) -> Deed | None:
    if not facts.is_gone or case.kind not in SELF_EVIDENT:
        return None
    return Deed(Action.VERIFY, Actor(Party.CAMERA, facts.camera), now)


def _sending_back(case: Case, facts: Facts, _policy: Policy, now: datetime) -> Deed | None:
    """Send back what the camera itself had verified; what people verified is theirs to judge."""
    if facts.is_gone or case.verified_by is not Party.CAMERA:
        return None
    return Deed(Action.RETURN, Actor(Party.CAMERA, facts.camera), now)


def _coming_back(case: Case, facts: Facts, _policy: Policy, now: datetime) -> Deed | None:
    """Reopen what was closed before the water turned red: nobody has judged that yet.

    What was merged is split off again, once the case that went on for it was closed as no flood.
    Only water: what else gets worse may do so by lasting alone, which a person has judged.
    """
    closed_as = case.closed_as if case.merged_into is None else facts.leader_closed_as
    is_worse = case.severity is Severity.RED and closed_as not in {None, Severity.RED}
    if case.kind != WATERLOGGING or not is_worse or facts.is_gone:
        return None
    action = Action.REOPEN if case.merged_into is None else Action.SPLIT
    note = f"turned red after the case was closed at {closed_as}"
    return Deed(action, Actor(Party.CAMERA, facts.camera), now, note, other=case.merged_into)


_BY_STEP: dict[Step, Callable[[Case, Facts, Policy, datetime], Deed | None]] = {
    Step.DISCOVERED: _screening,
    Step.SCREENED: _reporting,
    Step.ASSIGNED: _verifying,
    Step.HANDLING: _verifying,
    Step.VERIFIED: _sending_back,
    Step.CLOSED: _coming_back,
}


def _lateness(case: Case, facts: Facts, now: datetime) -> Deed | None:
    """Take a case that is late one level up; the note names the unit that is to see to it."""
    level = escalation(case, now)
    if level is None:
        return None
    named = facts.units.get(level, "")
    return Deed(Action.ESCALATE, Actor(Party.POLICY, "deadline"), now, note=named)

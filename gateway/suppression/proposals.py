"""What to propose where people keep calling a rule's alarms false: pure, and never done unasked."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, cast

from gateway.store.case_facts import CaseFacts, Verdict
from gateway.suppression.hours import narrowest, without
from gateway.workflow.case import FalseAlarm
from vision.rule import RuleSpec
from vision.water.conditions import WATERLOGGING

WITHIN: Final = timedelta(days=7)
LEAST: Final = 3
"""So many false alarms for one reason make a pattern; two are chance."""
LEAST_RATIO: Final = 0.7
"""Of what people judged at this rule, so much must be false, else more is lost than won."""
LONGEST_S: Final = 30.0
"""A condition that must hold longer than this before it counts misses who only passes."""
SHORTEST_STEP_S: Final = 2.0
LARGER_BY: Final = 0.05
LARGEST: Final = 0.3
"""Objects as high as this share of the picture are near: who asks for more misses people."""
LONGEST_HOURS: Final = 12
"""Alarms spread over more than half the day are no matter of hours."""


class Remedy(StrEnum):
    """What may help. The first three change a rule; the others are for a person to do."""

    PATIENCE = "patience"
    """The condition must hold longer before it counts."""
    LARGER = "larger"
    """Small objects count no more."""
    HOURS = "hours"
    """The rule is not armed at the hours at which it is wrong."""
    ZONE = "zone"
    """Draw the zone anew, around what moves there."""
    TEND = "tend"
    """Clean the camera, fix it, or point it elsewhere."""
    ONLY_WET = "only_wet"
    """Teach the place as only wet, while it looks so."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One reason why one rule of a camera is wrong.

    count: how often that was the reason; judged, false: all that people said of the rule, for
    whatever reason. false_at, true_at: when these alarms began, in the site's zone.
    """

    camera_id: str
    camera_name: str
    rule: str
    kind: str
    reason: FalseAlarm
    count: int
    judged: int
    false: int
    false_at: tuple[datetime, ...]
    true_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A setting of a rule as it is and as it would be. spec: the whole rule after it."""

    setting: str
    before: str
    after: str
    spec: RuleSpec


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person may accept or refuse. change: None where they have to do it themselves."""

    suspect: Suspect
    remedy: Remedy
    change: Change | None

    @property
    def id(self) -> str:
        """Id of just this: another setting or value is another proposal."""
        about = self.suspect
        change = self.change
        what = (change.setting, change.before, change.after) if change else ()
        parts = (about.camera_id, about.rule, about.reason, self.remedy, *what)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """One line for the trail of rule changes."""
        about, change = self.suspect, self.change
        what = f"{change.setting} {change.before} → {change.after}" if change else self.remedy.value
        return f"{about.count} false alarms ({about.reason}) at {about.rule}: {what}"


Decided = Mapping[tuple[str, str, FalseAlarm], datetime]
"""Camera, rule and reason, to when a person last decided: what was before counts no more."""


def suspects(facts: Iterable[CaseFacts], decided: Decided, zone: tzinfo) -> tuple[Suspect, ...]:
    """Return what was false often enough to do something about it, the most frequent first."""
    by_rule: dict[tuple[str, str], list[CaseFacts]] = {}
    for one in facts:
        if one.verdict in {Verdict.TRUE, Verdict.FALSE}:
            by_rule.setdefault((one.camera_id, one.rule), []).append(one)
    found = (
        _suspect(judged, reason, decided, zone)
        for judged in by_rule.values()
        for reason in sorted({one.reason for one in judged if one.reason is not None})
    )
    return tuple(sorted(filter(None, found), key=lambda one: (-one.count, one.camera_id, one.rule)))


def proposal(suspect: Suspect, spec: RuleSpec | None) -> Proposal | None:
    """Return what to propose, None where nothing helps.

    spec: the rule as it is; None for what no rule of the camera's own raised: water, faults.
    """
    if spec is None:
        is_water = suspect.kind == WATERLOGGING
        return Proposal(suspect, Remedy.ONLY_WET if is_water else Remedy.TEND, None)
    propose = _BY_REASON.get(suspect.reason)
    return None if propose is None else propose(suspect, spec)


def _suspect(
    judged: list[CaseFacts], reason: FalseAlarm, decided: Decided, zone: tzinfo
) -> Suspect | None:
    newest = judged[-1]
    since = decided.get((newest.camera_id, newest.rule, reason))
    counted = [one for one in judged if since is None or (one.closed_at or one.opened_at) > since]
    wrong = [one for one in counted if one.verdict is Verdict.FALSE]
    ours = [one for one in wrong if one.reason is reason]
    if len(ours) < LEAST or len(wrong) / len(counted) < LEAST_RATIO:
        return None
    true_at = (one.opened_at for one in counted if one.verdict is Verdict.TRUE)
    return Suspect(
        camera_id=newest.camera_id,
        camera_name=newest.camera_name,
        rule=newest.rule,
        kind=newest.kind,
        reason=reason,
        count=len(ours),
        judged=len(counted),
        false=len(wrong),
        false_at=tuple(one.opened_at.astimezone(zone) for one in ours),
        true_at=tuple(moment.astimezone(zone) for moment in true_at),
    )


_PATIENCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "presence": "confirm_s",
        "crowd": "confirm_s",
        "loitering": "stay_s",
        "stop": "stop_s",
        "wrong_way": "against_s",
        "crossing": "hold_s",
        "checkpoint": "hold_s",
    }
)
"""Rule type, to the setting that says how long something must go on before it counts."""


def _patience(suspect: Suspect, spec: RuleSpec) -> Proposal:
    setting = _PATIENCE.get(spec.type, "confirm_s")
    before: float = getattr(spec, setting)
    after = before + max(before, SHORTEST_STEP_S)
    if after > max(LONGEST_S, 2 * _usual(spec, setting)):
        return Proposal(suspect, Remedy.ZONE, None)
    changed = replace(spec, **{setting: after})  # type: ignore[arg-type] # seconds, all of them
    change = Change(setting, f"{before:g} s", f"{after:g} s", changed)
    return Proposal(suspect, Remedy.PATIENCE, change)


def _usual(spec: RuleSpec, setting: str) -> float:
    """Return the default of a setting: who stays a minute at first may stay two."""
    return next(cast("float", one.default) for one in fields(spec) if one.name == setting)


def _larger(suspect: Suspect, spec: RuleSpec) -> Proposal:
    before = spec.min_height_ratio
    after = round(before + LARGER_BY, 3)
    if after > min(LARGEST, spec.max_height_ratio):
        return Proposal(suspect, Remedy.ZONE, None)
    changed = replace(spec, min_height_ratio=after)
    change = Change("min_height_ratio", f"{before:g}", f"{after:g}", changed)
    return Proposal(suspect, Remedy.LARGER, change)


def _hours(suspect: Suspect, spec: RuleSpec) -> Proposal:
    off = narrowest(suspect.false_at)
    hours_off = {hour % 24 for hour in off}
    left = without(spec.arming, off)
    is_true_then = any(moment.hour in hours_off for moment in suspect.true_at)
    if len(off) > LONGEST_HOURS or is_true_then or not left or spec.arming.weekdays:
        return Proposal(suspect, Remedy.ZONE, None)
    changed = replace(spec, arming=replace(spec.arming, hours=left))
    before = ", ".join(spec.arming.hours) or "00:00-24:00"
    return Proposal(suspect, Remedy.HOURS, Change("hours", before, ", ".join(left), changed))


_BY_REASON: Final[Mapping[FalseAlarm, Callable[[Suspect, RuleSpec], Proposal]]] = MappingProxyType(
    {
        FalseAlarm.NOTHING: _patience,
        FalseAlarm.INSECT: _patience,
        FalseAlarm.WEATHER: _patience,
        FalseAlarm.LIGHT: _patience,
        FalseAlarm.ANIMAL: _larger,
        FalseAlarm.ALLOWED: _hours,
        FalseAlarm.PLANT: lambda suspect, _spec: Proposal(suspect, Remedy.ZONE, None),
        FalseAlarm.CAMERA: lambda suspect, _spec: Proposal(suspect, Remedy.TEND, None),
    }
)
"""What fits the reason; a test and "another" tell nothing about the rule."""

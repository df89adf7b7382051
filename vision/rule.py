"""What every rule has in common: its settings, how they are checked, and how it is asked."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import ClassVar, Protocol, TypeVar

from vision.errors import RuleError
from vision.scene import Scene, Zone
from vision.types import Condition, Severity

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Ids of rules and zones: what fits a file name, a URL and OpenCV's ASCII fonts."""

DAY_S = 86_400.0


Number = TypeVar("Number", int, float)


def bounded(default: Number, low: Number, high: Number) -> Number:
    """Return a dataclass field that `RuleSpec` keeps between `low` and `high`, both allowed."""
    return field(default=default, metadata={"low": low, "high": high})


def check_id(what: str, value: str) -> None:
    """Raise RuleError unless `value` can be the id of a rule or zone (`what` says which)."""
    if not ID_PATTERN.fullmatch(value):
        raise RuleError(
            f"{what} id {value!r} must be 1 to 64 letters a-z, digits, dots, dashes or underscores"
        )


class Rule(Protocol):
    """A rule at work on one camera; it may remember what it saw, such as who stayed how long."""

    def judge(self, scene: Scene) -> list[Condition]:
        """Return what this rule thinks of each of its subjects at this moment."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSpec:
    """When a condition becomes an incident, and what kind of incident.

    zone: id of the zone it is about, None for the whole picture. confirm_s: the condition must be
    seen to hold for so long before an incident opens. clear_s: it must be gone for so long before
    the incident closes. cool_down_s: when it returns so soon after it last held, the same incident
    goes on instead of a new one. Raises RuleError for a value out of bounds.
    """

    type: ClassVar[str]
    """What incidents name as the type of their rule."""
    peaks: ClassVar[tuple[str, ...]] = ()
    """Readings whose highest value an incident keeps (as peak_…) and is updated by."""

    id: str
    zone: str | None = None
    severity: Severity = Severity.GREEN
    confirm_s: float = bounded(1.0, 0.0, DAY_S)
    clear_s: float = bounded(3.0, 0.0, DAY_S)
    cool_down_s: float = bounded(0.0, 0.0, DAY_S)

    def __post_init__(self) -> None:
        check_id("rule", self.id)
        for item in fields(self):
            if "low" in item.metadata:
                self._check_bounds(item.name, item.metadata["low"], item.metadata["high"])

    def _check_bounds(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            raise RuleError(f"rule {self.id}: {name} is {value:g}, outside {low:g} to {high:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec(IncidentSpec, ABC):
    """The settings of a rule that judges scenes; `type` is its name in RULES and in rules files.

    Subclasses add their own fields and say how to build the rule.
    """

    @abstractmethod
    def build(self, zone: Zone | None) -> Rule:
        """Return the rule ready to judge one camera; `zone` is the one that `self.zone` names."""

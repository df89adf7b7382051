"""What every rule has in common: its settings, how they are checked, and how it is asked."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from vision.arming import Arming
from vision.errors import RuleError
from vision.scene import Scene, View
from vision.types import KNOWN_KINDS, Finding, Kind, Severity, Tally

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Ids of rules, zones and lines: what fits a file name, a URL and OpenCV's ASCII fonts."""

DAY_S = 86_400.0

LASTS_S = "lasts_s"
"""The reading that every incident has for `Raise`: seconds from its opening to its newest sight."""

Number = TypeVar("Number", int, float)


def bounded(default: Number, low: Number, high: Number) -> Number:
    """Return a dataclass field that `RuleSpec` keeps between `low` and `high`, both allowed."""
    return field(default=default, metadata={"low": low, "high": high})


def check_id(what: str, value: str) -> None:
    """Raise RuleError unless `value` can be the id of a rule, zone or line (`what` says which)."""
    if not ID_PATTERN.fullmatch(value):
        raise RuleError(
            f"{what} id {value!r} must be 1 to 64 letters a-z, digits, dots, dashes or underscores"
        )


class Rule(Protocol):
    """A rule at work on one camera; it may remember what it saw, such as who stayed how long."""

    def judge(self, scene: Scene, watched_s: float | None) -> Sequence[Finding]:
        """Return what this rule thinks of each of its subjects at this moment.

        watched_s: seconds watched since the scene before, 0 for the first one, None when the
        camera was blind between them. The scene is never unfit.
        """
        ...


@runtime_checkable
class Counting(Rule, Protocol):
    """A rule that keeps a tally."""

    def so_far(self) -> Tally | None:
        """Return the tally of the interval that is still going on, None before it began."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What makes an open incident more severe: a reading that is high enough.

    reading: of the rule, or LASTS_S. at_least: in the reading's own unit. Raises RuleError for a
    limit that is no number above 0.
    """

    to: Severity
    reading: str
    at_least: float

    def __post_init__(self) -> None:
        if not 0.0 < self.at_least < math.inf:
            raise RuleError(f"at_least is {self.at_least:g}, and must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSpec:
    """When a condition becomes an incident, and what kind of incident.

    zone: id of the zone it is about, None for the whole picture. confirm_s: the condition must be
    seen to hold for so long before an incident opens. clear_s: it must be gone for so long before
    the incident closes. cool_down_s: when it returns so soon after it last held, the same incident
    goes on instead of a new one. raises: what makes an open one more severe; it never falls back,
    unless the condition itself says how bad it is.
    Raises RuleError for a value out of bounds.
    """

    type: ClassVar[str]
    """What incidents name as the type of their rule."""
    peaks: ClassVar[tuple[str, ...]] = ()
    """Readings whose highest value an incident keeps (as peak_…) and is updated by."""
    words: ClassVar[tuple[str, ...]] = ()
    """Readings that are words, which an incident is updated by."""
    update_every_s: ClassVar[float] = 2.0
    """An open incident tells of a new peak or word at most this often."""

    id: str
    zone: str | None = None
    severity: Severity = Severity.GREEN
    confirm_s: float = bounded(1.0, 0.0, DAY_S)
    clear_s: float = bounded(3.0, 0.0, DAY_S)
    cool_down_s: float = bounded(0.0, 0.0, DAY_S)
    raises: tuple[Raise, ...] = ()

    @property
    def place(self) -> str | None:
        """The id of the zone or line that incidents name, None for the whole picture."""
        return self.zone

    def __post_init__(self) -> None:
        check_id("rule", self.id)
        for item in fields(self):
            if "low" in item.metadata:
                self._check_bounds(item.name, item.metadata["low"], item.metadata["high"])

    def _check_bounds(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            raise RuleError(f"rule {self.id}: {name} is {value:g}, outside {low:g} to {high:g}")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec(IncidentSpec, ABC):
    """The settings of a rule that judges scenes; `type` is its name in RULES and in rules files.

    follows: whether the rule must see all the time how objects move; another needs to know, once
    its incident is open, only whether they are still there. kinds: which objects count. labels: of
    these, only those that the model calls so, such as "truck"; empty: all. min_height_ratio,
    max_height_ratio: only objects of such a height count, as a share of the picture's height.
    arming: when the rule is armed; at other times nothing of it
    holds. Subclasses add their own fields and say how to build the rule.
    """

    follows: ClassVar[bool] = True
    readings: ClassVar[tuple[str, ...]] = ()
    """The numbers that its conditions tell, for `Raise`."""

    kinds: tuple[Kind, ...] = KNOWN_KINDS
    labels: tuple[str, ...] = ()
    min_height_ratio: float = bounded(0.0, 0.0, 1.0)
    max_height_ratio: float = bounded(1.0, 0.0, 1.0)
    arming: Arming = field(default_factory=Arming)

    def __post_init__(self) -> None:
        IncidentSpec.__post_init__(self)
        for name in ("kinds", "labels"):
            words = getattr(self, name)
            if len(set(words)) != len(words) or (name == "kinds" and not words):
                once = f"must name each {name.removesuffix('s')} once"
                raise RuleError(f"rule {self.id}: {name} {once}, and is {_listed(words)}")
        if self.min_height_ratio > self.max_height_ratio:
            raise RuleError(
                f"rule {self.id}: min_height_ratio {self.min_height_ratio:g} is above "
                f"max_height_ratio {self.max_height_ratio:g}, so nothing could ever count"
            )
        known = (*self.readings, *(f"peak_{name}" for name in self.peaks), LASTS_S)
        for one in self.raises:
            if one.reading not in known:
                raise RuleError(
                    f"rule {self.id}: raises names {one.reading!r}, which no {self.type} tells; "
                    f"take {', '.join(known)}"
                )

    @abstractmethod
    def build(self, view: View) -> Rule:
        """Return the rule ready to judge one camera; raises RuleError for a place it lacks."""

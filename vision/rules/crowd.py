"""Crowd: many at once in one place, with a lower number to end it than to begin it."""

from dataclasses import dataclass
from typing import ClassVar

from vision.errors import RuleError
from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible, inside, place_name, present
from vision.types import Condition, Kind, Severity

USUAL_CLEAR_SHARE = 0.75
"""Where a crowd ends when nobody says: a quarter gone is more than a detector's flicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdSpec(RuleSpec):
    """Settings of a crowd rule; all its kinds are counted together.

    min_count: so many at once are a crowd. clear_count: once it is one, it stays one while there
    are at least so many; 0: three quarters of min_count.
    """

    type: ClassVar[str] = "crowd"
    follows: ClassVar[bool] = False
    readings: ClassVar[tuple[str, ...]] = ("count",)
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    kinds: tuple[Kind, ...] = (Kind.PERSON,)
    severity: Severity = Severity.YELLOW
    confirm_s: float = bounded(5.0, 0.0, DAY_S)
    clear_s: float = bounded(10.0, 0.0, DAY_S)
    min_count: int = bounded(5, 2, 1000)
    clear_count: int = bounded(0, 0, 1000)

    def __post_init__(self) -> None:
        RuleSpec.__post_init__(self)
        if self.clear_count > self.min_count:
            raise RuleError(
                f"rule {self.id}: clear_count {self.clear_count} is above "
                f"min_count {self.min_count}, so the crowd would end as it begins"
            )

    def build(self, view: View) -> "CrowdRule":
        """Return the rule for one camera."""
        return CrowdRule(self, view)


class CrowdRule:
    """One crowd rule at work; it remembers whether there is a crowd."""

    def __init__(self, spec: CrowdSpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._stays_from = spec.clear_count or round(USUAL_CLEAR_SHARE * spec.min_count)
        self._is_crowd = False

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:  # noqa: ARG002 - no time
        """Return the one condition of the rule."""
        there = inside(present(eligible(self._spec, scene), scene), self._zone, scene)
        least = self._stays_from if self._is_crowd else self._spec.min_count
        self._is_crowd = len(there) >= least
        condition = Condition(
            rule=self._spec.id,
            subject=f"{place_name(self._zone)}/crowd",
            kind="crowd",
            holds=self._is_crowd,
            score=min((track.score for track in there), default=0.0),
            readings={"count": len(there)},
            tracks=tuple(track.id for track in there),
            seen_at=max((track.last_seen_at for track in there), default=None),
        )
        return [condition]

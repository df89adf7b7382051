"""Crossing: somebody or something passes a line (tripwire), one way or the other."""

from dataclasses import dataclass
from typing import ClassVar

from vision.crossings import Bursts, Direction, LineWatch, Passage
from vision.rule import RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible
from vision.types import Condition, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingSpec(RuleSpec):
    """Settings of a crossing rule: each kind and each direction is a subject of its own.

    line: id of the line. direction: which way counts. hold_s: each side must be held for so long.
    A passage is over in a moment: there is nothing to confirm (confirm_s is 0), and those that
    follow within clear_s are one incident with their count.
    """

    type: ClassVar[str] = "crossing"
    readings: ClassVar[tuple[str, ...]] = ("count",)
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    line: str
    direction: Direction = Direction.BOTH
    hold_s: float = bounded(0.5, 0.0, 60.0)
    confirm_s: float = bounded(0.0, 0.0, 0.0)
    clear_s: float = bounded(10.0, 0.0, 3600.0)

    @property
    def place(self) -> str:
        """The line."""
        return self.line

    def build(self, view: View) -> "CrossingRule":
        """Return the rule for one camera."""
        return CrossingRule(self, view)


class CrossingRule:
    """One crossing rule at work; it remembers on which side each subject is."""

    def __init__(self, spec: CrossingSpec, view: View) -> None:
        self._spec = spec
        self._watch = LineWatch(view.line(spec.line), spec.hold_s)
        self._bursts = Bursts(spec.clear_s)

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return a condition for each kind and direction; it holds when one passes just now.

        Who passes while the rule is not armed is not counted with those who pass later.
        """
        passages = list(self._watch.look(eligible(self._spec, scene), scene, watched_s))
        if scene.armed:
            for passage in passages:
                self._bursts.add(passage.track.kind, passage.direction, scene.at)
        return [
            self._condition(
                kind,
                direction,
                [p for p in passages if p.track.kind == kind and p.direction is direction],
            )
            for kind in self._spec.kinds
            for direction in self._spec.direction.parts
        ]

    def _condition(self, kind: Kind, direction: Direction, passages: list[Passage]) -> Condition:
        return Condition(
            rule=self._spec.id,
            subject=f"line:{self._spec.line}/{kind}/{direction}",
            kind=f"{kind}_crossing",
            holds=bool(passages),
            score=max((passage.track.score for passage in passages), default=0.0),
            readings={"count": self._bursts.count(kind, direction), "direction": direction.value},
            tracks=tuple(passage.track.id for passage in passages),
        )

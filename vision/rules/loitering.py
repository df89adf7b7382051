"""Loitering: somebody hangs about in a zone, coming and going included."""

from dataclasses import dataclass
from typing import ClassVar

from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible, inside, place_name, present
from vision.stays import Stays
from vision.succession import Succession
from vision.types import Condition, Kind, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class LoiteringSpec(RuleSpec):
    """Settings of a loitering rule: each kind in `kinds` is a subject of its own.

    stay_s: only who has been inside for so long counts. away_s: who is outside, or hidden, for no
    longer has not left; the time away does not count.
    """

    type: ClassVar[str] = "loitering"
    follows: ClassVar[bool] = False
    readings: ClassVar[tuple[str, ...]] = ("count", "dwell_s")
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    kinds: tuple[Kind, ...] = (Kind.PERSON,)
    severity: Severity = Severity.YELLOW
    confirm_s: float = bounded(0.0, 0.0, DAY_S)
    clear_s: float = bounded(10.0, 0.0, DAY_S)
    stay_s: float = bounded(60.0, 1.0, DAY_S)
    away_s: float = bounded(10.0, 0.0, 3600.0)

    def build(self, view: View) -> "LoiteringRule":
        """Return the rule for one camera."""
        return LoiteringRule(self, view)


class LoiteringRule:
    """One loitering rule at work; it remembers how long each subject has been inside."""

    def __init__(self, spec: LoiteringSpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._succession = Succession()
        self._stays = Stays(spec.away_s)

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return one condition for each kind the rule watches."""
        tracks = eligible(self._spec, scene)
        numbers = self._succession.follow(tracks, scene)
        there = inside(present(tracks, scene), self._zone, scene)
        here = {numbers[track.id] for track in there}
        self._stays.look(here, self._succession.alive, watched_s)
        return [
            self._condition(
                kind,
                {t.id: self._stays.inside_s(numbers[t.id]) for t in there if t.kind == kind},
                scene,
            )
            for kind in self._spec.kinds
        ]

    def _condition(self, kind: Kind, stays_s: dict[int, float], scene: Scene) -> Condition:
        loitering = {
            number: stay_s for number, stay_s in stays_s.items() if stay_s >= self._spec.stay_s
        }
        tracks = [track for track in scene.tracks if track.id in loitering]
        return Condition(
            rule=self._spec.id,
            subject=f"{place_name(self._zone)}/{kind}",
            kind=f"{kind}_loitering",
            holds=bool(loitering),
            score=max((track.score for track in tracks), default=0.0),
            readings={
                "count": len(loitering),
                "dwell_s": round(max(loitering.values(), default=0.0), 1),
            },
            tracks=tuple(loitering),
            seen_at=max((track.last_seen_at for track in tracks), default=None),
        )

"""Presence: somebody or something is in a zone (intrusion), if need be for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible, inside, place_name, present
from vision.stays import Stays
from vision.succession import Succession
from vision.types import Condition, Kind, Track

EDGE_PATIENCE_S = 2.0
"""Who steps out of the zone and back within this has not left: boxes tremble at a zone's edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSpec(RuleSpec):
    """Settings of a presence rule: each kind in `kinds` is a subject of its own.

    min_count: so many objects of a kind at once make the condition hold. dwell_s: only objects that
    have been inside for so long count.
    """

    type: ClassVar[str] = "presence"
    follows: ClassVar[bool] = False
    readings: ClassVar[tuple[str, ...]] = ("count", "dwell_s")
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    min_count: int = bounded(1, 1, 1000)
    dwell_s: float = bounded(0.0, 0.0, DAY_S)

    def build(self, view: View) -> "PresenceRule":
        """Return the rule for one camera."""
        return PresenceRule(self, view)


class PresenceRule:
    """One presence rule at work; it remembers since when each subject has been inside."""

    def __init__(self, spec: PresenceSpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._succession = Succession()
        self._stays = Stays(EDGE_PATIENCE_S)

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return one condition for each kind the rule watches."""
        tracks = eligible(self._spec, scene)
        numbers = self._succession.follow(tracks, scene)
        there = inside(present(tracks, scene), self._zone, scene)
        here = {numbers[track.id] for track in there}
        self._stays.look(here, self._succession.alive, watched_s)
        stays_s = {track.id: self._stays.inside_s(numbers[track.id]) for track in there}
        staying = [track for track in there if stays_s[track.id] >= self._spec.dwell_s]
        return [
            self._condition(kind, [t for t in staying if t.kind == kind], stays_s)
            for kind in self._spec.kinds
        ]

    def _condition(
        self, kind: Kind, staying: Sequence[Track], stays_s: dict[int, float]
    ) -> Condition:
        longest_s = max((stays_s[track.id] for track in staying), default=0.0)
        return Condition(
            rule=self._spec.id,
            subject=f"{place_name(self._zone)}/{kind}",
            kind=f"{kind}_presence",
            holds=len(staying) >= self._spec.min_count,
            score=max((track.score for track in staying), default=0.0),
            readings={"count": len(staying), "dwell_s": round(longest_s, 1)},
            tracks=tuple(track.id for track in staying),
            seen_at=max((track.last_seen_at for track in staying), default=None),
        )

"""Wrong way: something moves against the direction allowed, for long and far enough to mean it."""

import math
from dataclasses import dataclass
from typing import ClassVar

from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Line, Point, Scene, View
from vision.selection import eligible, inside, place_name, present
from vision.succession import Succession
from vision.types import Condition, Kind, Severity, Track

STEEPEST = math.cos(math.radians(60))
"""Who moves more than 60 degrees off the opposite direction crosses the road, and is not against
its direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongWaySpec(RuleSpec):
    """Settings of a wrong-way rule: each kind in `kinds` is a subject of its own.

    line: id of a line whose way from start to end is the allowed one. against_s, against_lengths:
    only who has moved the other way for so long, by so many of its own longer sides, counts.
    """

    type: ClassVar[str] = "wrong_way"
    readings: ClassVar[tuple[str, ...]] = ("count",)
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    line: str
    kinds: tuple[Kind, ...] = (Kind.VEHICLE,)
    severity: Severity = Severity.YELLOW
    confirm_s: float = bounded(0.0, 0.0, DAY_S)
    clear_s: float = bounded(5.0, 0.0, DAY_S)
    against_s: float = bounded(1.0, 0.0, 600.0)
    against_lengths: float = bounded(1.0, 0.2, 100.0)

    @property
    def place(self) -> str | None:
        """The zone, or else the line."""
        return self.zone or self.line

    def build(self, view: View) -> "WrongWayRule":
        """Return the rule for one camera."""
        return WrongWayRule(self, view)


@dataclass(slots=True)
class _Course:
    """How far one subject got in the allowed direction, where, and for how long it has gone back.

    progress: along the line, in picture heights. waited_s: since it was last seen.
    """

    progress: float
    point: Point
    back_s: float = 0.0
    waited_s: float = 0.0


class WrongWayRule:
    """One wrong-way rule at work; it remembers how far each subject in the zone got."""

    def __init__(self, spec: WrongWaySpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._line: Line = view.line(spec.line)
        self._succession = Succession()
        self._courses: dict[int, _Course] = {}

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return one condition for each kind the rule watches."""
        tracks = eligible(self._spec, scene)
        numbers = self._succession.follow(tracks, scene)
        there = [
            track
            for track in inside(present(tracks, scene), self._zone, scene)
            if track.still_since is None
        ]
        moving = {numbers[track.id] for track in there}
        self._courses = {n: course for n, course in self._courses.items() if n in moving}
        for course in self._courses.values():
            course.waited_s += watched_s or 0.0
        against = [t for t in there if self._is_against(numbers[t.id], t, scene)]
        return [
            self._condition(kind, [track for track in against if track.kind == kind])
            for kind in self._spec.kinds
        ]

    def _is_against(self, number: int, track: Track, scene: Scene) -> bool:
        """Take in where a subject is; return whether it goes against the allowed direction."""
        point = scene.anchor(track)
        progress = self._line.along(point, scene.aspect) * self._line.length(scene.aspect)
        course = self._courses.get(number)
        if course is None or (track.last_seen_at >= scene.at and progress >= course.progress):
            self._courses[number] = _Course(progress, point)
            return False
        if track.last_seen_at >= scene.at:
            course.back_s += course.waited_s
            course.waited_s = 0.0
        back = course.progress - progress
        x, y = point[0] - course.point[0], point[1] - course.point[1]
        return (
            course.back_s >= self._spec.against_s
            and back >= self._spec.against_lengths * scene.extent(track)
            and back >= STEEPEST * math.hypot(scene.aspect * x, y)
        )

    def _condition(self, kind: Kind, against: list[Track]) -> Condition:
        return Condition(
            rule=self._spec.id,
            subject=f"{place_name(self._zone)}/{kind}/wrong_way",
            kind=f"{kind}_wrong_way",
            holds=bool(against),
            score=max((track.score for track in against), default=0.0),
            readings={"count": len(against)},
            tracks=tuple(track.id for track in against),
            seen_at=max((track.last_seen_at for track in against), default=None),
        )

"""Checkpoint 卡点: vehicles that pass where and when they may not, such as lorries at night."""

from dataclasses import dataclass
from typing import ClassVar

from vision.crossings import Bursts, Direction, LineWatch
from vision.errors import RuleError
from vision.motion import Motion
from vision.rule import RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible, inside, present
from vision.succession import Succession
from vision.types import Condition, Kind, Severity, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSpec(RuleSpec):
    """Settings of a checkpoint rule: each kind is a subject of its own, both ways together.

    line: what must not be passed while the rule is armed; or zone: where nothing may drive then
    (what stands there does not count). direction, hold_s: as for crossings; they go with a line.
    arming: the restricted hours, which must be given. There is nothing to confirm (confirm_s is 0),
    and who follows within clear_s is in the same incident.
    """

    type: ClassVar[str] = "checkpoint"
    readings: ClassVar[tuple[str, ...]] = ("count",)
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    line: str | None = None
    kinds: tuple[Kind, ...] = (Kind.VEHICLE,)
    direction: Direction = Direction.BOTH
    severity: Severity = Severity.YELLOW
    hold_s: float = bounded(0.5, 0.0, 60.0)
    confirm_s: float = bounded(0.0, 0.0, 0.0)
    clear_s: float = bounded(10.0, 0.0, 3600.0)

    @property
    def place(self) -> str | None:
        """The line or zone."""
        return self.line or self.zone

    def __post_init__(self) -> None:
        RuleSpec.__post_init__(self)
        if (self.line is None) == (self.zone is None):
            raise RuleError(f"rule {self.id}: a checkpoint needs either a line or a zone")
        if not self.arming.restricts:
            raise RuleError(
                f"rule {self.id}: a checkpoint needs its restricted hours: give arming, "
                "such as {hours: ['22:00-06:00']}"
            )

    def build(self, view: View) -> "LineCheckpoint | ZoneCheckpoint":
        """Return the rule for one camera."""
        if self.line is not None:
            return LineCheckpoint(self, LineWatch(view.line(self.line), self.hold_s))
        return ZoneCheckpoint(self, view)


class LineCheckpoint:
    """A checkpoint at a line: counts who passes."""

    def __init__(self, spec: CheckpointSpec, watch: LineWatch) -> None:
        self._spec = spec
        self._watch = watch
        self._bursts = Bursts(spec.clear_s)

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return a condition for each kind; it holds when one passes just now.

        Who passed while it was allowed is not counted with those who pass in restricted hours.
        """
        passed = [
            passage.track
            for passage in self._watch.look(eligible(self._spec, scene), scene, watched_s)
            if passage.direction in self._spec.direction.parts
        ]
        if scene.armed:
            for track in passed:
                self._bursts.add(track.kind, Direction.BOTH, scene.at)
        return [
            _condition(
                self._spec,
                kind,
                [track for track in passed if track.kind == kind],
                self._bursts.count(kind, Direction.BOTH),
            )
            for kind in self._spec.kinds
        ]


class ZoneCheckpoint:
    """A checkpoint in a zone: sees who drives there."""

    def __init__(self, spec: CheckpointSpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._succession = Succession()
        self._motion = Motion()

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:  # noqa: ARG002 - no time
        """Return a condition for each kind; it holds while one drives there."""
        tracks = eligible(self._spec, scene)
        numbers = self._succession.follow(tracks, scene)
        moved = self._motion.look(tracks, self._succession, scene)
        driving = [
            track
            for track in inside(present(tracks, scene), self._zone, scene)
            if numbers[track.id] in moved and track.still_since is None
        ]
        return [
            _condition(self._spec, kind, there, len(there))
            for kind in self._spec.kinds
            for there in [[track for track in driving if track.kind == kind]]
        ]


def _condition(spec: CheckpointSpec, kind: Kind, tracks: list[Track], count: int) -> Condition:
    place = f"line:{spec.line}" if spec.line else f"zone:{spec.zone}"
    return Condition(
        rule=spec.id,
        subject=f"{place}/{kind}",
        kind=f"{kind}_checkpoint",
        holds=bool(tracks),
        score=max((track.score for track in tracks), default=0.0),
        readings={"count": count},
        tracks=tuple(track.id for track in tracks),
        seen_at=max((track.last_seen_at for track in tracks), default=None),
    )

"""Illegal stop: a vehicle comes to a halt in a zone and stays; told once for each halt.

A halt belongs to a place in the picture and not to a track: whatever number the tracker gives the
vehicle next, and however long passers-by hide it, it is the same halt. Who was never seen to
arrive, such as a car parked when the camera first looked, is at a place like any other but never
counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from vision.motion import Motion
from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Scene, View
from vision.selection import eligible, inside, place_name, present
from vision.succession import Succession
from vision.types import Condition, Kind, Severity, Track

SAME_PLACE = 0.5
"""Two boxes that overlap by this much (intersection over union) stand in one place, as for the
tracker."""

PART_OF_PLACE = 0.75
"""A smaller box with this share of itself inside another is the same vehicle, partly hidden."""

PART_LEAST = 0.2
"""A box of a smaller share of the other's area is something else in front of it."""

HIDDEN_S = 60.0
"""A halt whose vehicle nobody sees ends after so many watched seconds: longer than a crowd or a bus
passes before it. The tracker itself keeps a vehicle at rest for as long as it had stood."""

MOST_REST_S = 10.0
"""The tracker calls a vehicle at rest after 5 s, at two looks at most 7. One that it calls so for
longer has just left another place."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSpec(RuleSpec):
    """Settings of an illegal-stop rule: each halt is a subject of its own.

    stop_s: only a halt that lasts so long counts; below 5 s nothing is called at rest.
    """

    type: ClassVar[str] = "stop"
    readings: ClassVar[tuple[str, ...]] = ("stood_s",)

    kinds: tuple[Kind, ...] = (Kind.VEHICLE,)
    severity: Severity = Severity.YELLOW
    confirm_s: float = bounded(0.0, 0.0, DAY_S)
    clear_s: float = bounded(15.0, 0.0, DAY_S)
    stop_s: float = bounded(60.0, 5.0, DAY_S)

    def build(self, view: View) -> "StopRule":
        """Return the rule for one camera."""
        return StopRule(self, view)


@dataclass(slots=True)
class _Halt:
    """A place where a vehicle stands. box: normalised, as it came to rest.

    arrived: it was seen to come. stood_s: watched until it was last seen. unseen_s: since then.
    number: of the subject that stands there. track: as it was last seen.
    """

    box: Box
    arrived: bool
    stood_s: float
    number: int
    track: Track
    unseen_s: float = 0.0

    def see(self, number: int, track: Track) -> None:
        """Note that the vehicle is seen in its place."""
        self.number, self.track = number, track
        self.stood_s += self.unseen_s
        self.unseen_s = 0.0


class StopRule:
    """One illegal-stop rule at work; it remembers who stands where, and who was seen to arrive."""

    def __init__(self, spec: StopSpec, view: View) -> None:
        self._spec = spec
        self._zone = view.zone(spec.zone)
        self._succession = Succession()
        self._motion = Motion()
        self._halts: list[_Halt] = []

    def judge(self, scene: Scene, watched_s: float | None) -> list[Condition]:
        """Return a condition for each vehicle that stands in the zone and was seen to arrive."""
        tracks = eligible(self._spec, scene)
        numbers = self._succession.follow(tracks, scene)
        moved = self._motion.look(tracks, self._succession, scene)
        for halt in self._halts:
            halt.unseen_s += watched_s or 0.0
        seen = [track for track in present(tracks, scene) if track.last_seen_at >= scene.at]
        driving = [track for track in seen if not self._is_in_its_place(track, numbers, scene)]
        under_way = {halt.number for halt in self._halts}
        self._end(driving, numbers)
        for track in inside(driving, self._zone, scene):
            if track.still_since is not None and numbers[track.id] not in under_way:
                arrived = numbers[track.id] in moved
                self._halts.append(_begin(track, numbers[track.id], scene, arrived=arrived))
        return [self._condition(halt) for halt in self._halts if halt.arrived]

    def _is_in_its_place(self, track: Track, numbers: Mapping[int, int], scene: Scene) -> bool:
        """Return whether a track is the vehicle of a halt; note it there if it is."""
        box = scene.box(track)
        for halt in self._halts:
            if halt.track.kind == track.kind and _is_same_place(halt.box, box):
                halt.see(numbers[track.id], track)
                return True
        return False

    def _end(self, driving: list[Track], numbers: Mapping[int, int]) -> None:
        """Drop the halts of those seen to have driven off, and of those unseen for too long."""
        gone = {numbers[track.id] for track in driving}
        self._halts = [
            halt
            for halt in self._halts
            if halt.unseen_s <= HIDDEN_S and not (halt.unseen_s > 0 and halt.number in gone)
        ]

    def _condition(self, halt: _Halt) -> Condition:
        x1, _, x2, y2 = halt.box
        where = f"{(x1 + x2) / 2:.2f},{y2:.2f}"
        return Condition(
            rule=self._spec.id,
            subject=f"{place_name(self._zone)}/{halt.track.kind}@{where}",
            kind=f"{halt.track.kind}_stopped",
            holds=halt.stood_s >= self._spec.stop_s,
            score=halt.track.score,
            readings={"stood_s": round(halt.stood_s, 1)},
            tracks=(halt.track.id,),
            seen_at=halt.track.last_seen_at,
        )


def _begin(track: Track, number: int, scene: Scene, *, arrived: bool) -> _Halt:
    rested_s = (scene.at - (track.still_since or scene.at)).total_seconds()
    return _Halt(scene.box(track), arrived, min(rested_s, MOST_REST_S), number, track)


def _is_same_place(place: Box, box: Box) -> bool:
    """Return whether a box is the one that came to rest at a place, whole or partly hidden."""
    across = min(place[2], box[2]) - max(place[0], box[0])
    down = min(place[3], box[3]) - max(place[1], box[1])
    if across <= 0 or down <= 0:
        return False
    shared = across * down
    smaller, larger = sorted((_area(place), _area(box)))
    if shared >= SAME_PLACE * (smaller + larger - shared):
        return True
    return shared >= PART_OF_PLACE * smaller and smaller >= PART_LEAST * larger


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])

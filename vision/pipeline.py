"""One camera's analysis after detection: track, judge, keep the book of incidents."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np

from vision.activity import Activity
from vision.furniture import Furniture
from vision.incidents import IncidentBook
from vision.rules import DEFAULT_RULES, RuleSet
from vision.scene import Scene
from vision.suspension import Suspension
from vision.tracker import Tracker, TrackerSettings
from vision.types import (
    Condition,
    Detections,
    Finding,
    FrameSize,
    IncidentChange,
    Tally,
    Track,
)

LIGHT_CHANGED = "the light changed"
"""Why a picture is unfit that changed everywhere at once."""

NOTHING = Detections(
    np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int16), {}
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one frame led to: who is in the picture, what each rule thinks, what changed.

    tallies: of counting intervals that ended; statistics, which make no incidents.
    """

    tracks: tuple[Track, ...]
    conditions: tuple[Condition, ...]
    changes: tuple[IncidentChange, ...]
    tallies: tuple[Tally, ...] = ()

    def tracks_of(self, change: IncidentChange) -> frozenset[int]:
        """Return the ids of the tracks that make the change's incident what it is in this frame."""
        incident = change.incident
        return frozenset(
            track
            for condition in self.conditions
            if (condition.rule, condition.subject) == (incident.rule, incident.subject)
            for track in condition.tracks
        )

    def shown_with(self, change: IncidentChange) -> tuple[Track, ...]:
        """Return the tracks to draw for a change of this step.

        They are those seen in this very frame, and those of the incident; a box where something
        was a second ago would be no evidence.
        """
        own = self.tracks_of(change)
        return tuple(t for t in self.tracks if t.last_seen_at == change.at or t.id in own)


class CameraPipeline:
    """The memory of one camera's analysis; frames come in the order of time, from one thread.

    time_zone: of the site, for the rules' calendars and intervals.
    """

    def __init__(
        self,
        camera: str,
        rules: RuleSet = DEFAULT_RULES,
        tracker: TrackerSettings | None = None,
        time_zone: tzinfo = UTC,
    ) -> None:
        self.camera = camera
        self.rules = rules
        self._suspension = Suspension()
        self._furniture = Furniture()
        self._tracker = Tracker(tracker)
        self._judges = rules.build(time_zone)
        self._book = IncidentBook(camera, rules.rules)
        self._size: FrameSize | None = None

    @property
    def has_open(self) -> bool:
        """Whether an incident is open."""
        return bool(self._book.open_subjects())

    @property
    def decides_at(self) -> datetime | None:
        """When a picture can first confirm what has only just begun, None while nothing has."""
        return self._book.decides_at

    def knows(self, step: StepResult) -> bool:
        """Say whether all that a step found has been told of and is only to be seen to its end."""
        if any(rule.follows for rule in self.rules.rules):
            return False
        held = {(found.rule, found.subject) for found in step.conditions if found.holds}
        told = self._book.open_subjects()
        return bool(told) and held <= told

    def step(
        self,
        at: datetime,
        size: FrameSize,
        detections: Detections,
        activity: Activity | None = None,
    ) -> StepResult:
        """Take in what the detector saw in one frame of `size` captured at `at` (aware, UTC).

        activity: what the picture's brightness showed at that moment, None where that was not
        measured. When the whole picture changes, judgement is suspended for a moment: what goes on
        is unknown, tells the tracker nothing, opens nothing and closes nothing. Otherwise it tells
        fixed things that the detector takes for objects from what came by moving.
        """
        if self._suspension.holds(activity, at):
            self.pass_over(at, size, LIGHT_CHANGED)
            return StepResult((), (), ())
        if self._size is not None and size != self._size:
            self._tracker.forget()
        self._size = size
        detections = self._furniture.sift(detections, activity, at, size)
        tracks = self._tracker.update(detections, at)
        found = self._judge(Scene(at, size, tracks))
        conditions = tuple(one for one in found if isinstance(one, Condition))
        tallies = tuple(one for one in found if isinstance(one, Tally))
        return StepResult(tracks, conditions, tuple(self._book.step(at, conditions)), tallies)

    def rest(self, at: datetime, size: FrameSize) -> StepResult | None:
        """Take in a frame in which nothing stirs and that the detector was spared.

        Where nothing is known to be, nothing is; None where something is, which only the detector
        can tell of: the frame is as good as not taken.
        """
        if size != self._size or self._tracker.holds_any:
            return None
        return self.step(at, size, NOTHING)

    def pass_over(self, at: datetime, size: FrameSize, why: str) -> None:
        """Take in a frame that cannot be judged; what goes on is unknown while such frames come."""
        self._judge(Scene(at, size, (), why))
        self._book.blind()

    def blind(self) -> tuple[Tally, ...]:
        """Say that the view has moved since the last frame: what was where is known no more.

        Returns the tallies so far: what is counted from now on is apart from them.
        """
        counted = self.so_far()
        self._furniture.forget()
        self._tracker.forget()
        self._book.blind()
        for judge in self._judges:
            judge.forget()
        return counted

    def so_far(self) -> tuple[Tally, ...]:
        """Return the tallies of the intervals that are still going on."""
        return tuple(tally for judge in self._judges if (tally := judge.so_far()) is not None)

    def _judge(self, scene: Scene) -> list[Finding]:
        return [found for judge in self._judges for found in judge.judge(scene)]

    def finish(self, at: datetime) -> list[IncidentChange]:
        """Close what is open, because no further frame will come."""
        return self._book.close_all(at)

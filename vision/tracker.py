"""Following objects from frame to frame of one camera: detections and a time in, tracks out.

Two-stage association after ByteTrack (Zhang et al., ECCV 2022): sure detections first, then the
unsure ones, which may continue a track for a while, and begin one only where they go some way
(`vision/faint.py`). What differs: boxes are widened by how far an object can have gone since it was
seen, and everything is judged by time, never by frames.
`benchmarks/tracking.py` compares the two.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from vision.faint import Faint, uncovered
from vision.pairing import NO_PAIRS, Mask, Pairs, Sightings, assign
from vision.scene import sighted_s
from vision.trails import HABITS, OTHER_HABITS, Habits, Rows, Trails, likeness
from vision.types import Detections, Kind, Track
from vision.weights import ModelSpec

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

TENTATIVE_S = 1.0
"""An object not yet confirmed is dropped after being unseen for so long."""

SURE_LIKENESS = 0.2
"""Least likeness to take a sure detection for a known object (ByteTrack's overlap of 0.2)."""

UNSURE_LIKENESS = 0.5
"""Least likeness for an unsure detection (ByteTrack's overlap of 0.5)."""

SCORE_WEIGHT = 0.5
"""How much of a sure detection's likeness depends on its score: of two boxes on one object the
surer one is nearer to it (ByteTrack multiplies by the whole score)."""

UNSURE_SHARE = 0.5
"""Part of a model's threshold from which a detection may continue a track."""

OTHER_HIGH_SCORE = 0.4
"""From this score on a detection of a kind without a threshold of its own may begin a track."""


SHOWN: Final = (
    "number", "kind", "score", "confirmed", "still", "first_seen", "last_seen", "rest_since",
)  # fmt: skip
"""The columns that others may know."""


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What a tracker may be told; `two_stage` sets it to a model.

    high_score: a detection at least this sure may begin a track; less sure ones only continue one,
    or begin one together once they have gone some way.
    confirm_s: an object counts once seen for so long, in at least two detections. lost_s: a moving
    object unseen for so long, and in at least two frames, is gone. max_tracks: the most it holds.
    A kind that high_score does not name begins a track at OTHER_HIGH_SCORE.
    """

    high_score: Mapping[Kind, float] = field(
        default_factory=lambda: {Kind.PERSON: 0.40, Kind.VEHICLE: 0.35}
    )
    confirm_s: float = 0.3
    lost_s: float = 2.0
    max_tracks: int = 256


def two_stage(spec: ModelSpec) -> tuple[ModelSpec, TrackerSettings]:
    """Return a model set to report unsure objects too, and the tracker that takes them as such.

    With UNSURE_SHARE, the default model's tracks were detected in 8 % (vtest.avi) and 35 %
    (bikes.mp4) more frames, in slightly fewer and therefore longer tracks.
    """
    unsure = {kind: score * UNSURE_SHARE for kind, score in spec.thresholds.items()}
    return replace(spec, thresholds=unsure), TrackerSettings(high_score=spec.thresholds)


class Tracker:
    """Follows the objects of one camera; ids start at 1, are never used again, and are its own."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self._settings = settings or TrackerSettings()
        self._trails = Trails(self._settings.confirm_s)
        self._faint = Faint()
        self._labels: dict[int, Counter[str]] = {}
        self._kinds: list[Kind] = []
        self._habits: list[Habits] = []
        self._made = 0
        self._updated_at: datetime | None = None

    @property
    def holds_any(self) -> bool:
        """Whether an object is followed, be it confirmed or not."""
        return bool(self._trails)

    def update(self, detections: Detections, captured_at: datetime) -> tuple[Track, ...]:
        """Return every object followed after this frame, by rising id.

        Objects not seen in this frame are in it too, as long as they may come back (`lost_s`,
        longer for what is at rest); their `last_seen_at` tells.
        """
        at = (captured_at - EPOCH) // MICROSECOND
        self._pass_time(captured_at, at)
        sightings, is_sure = self._sightings(detections)
        pairs = self._pairs(sightings, is_sure, at)
        self._see(sightings, pairs, is_sure[pairs.seen], at)
        is_new = np.full(len(is_sure), fill_value=True)
        is_new[pairs.seen] = False
        self._begin(sightings, np.flatnonzero(is_new & is_sure), at)
        self._look_for_faint(sightings, np.flatnonzero(is_new & ~is_sure), at)
        self._drop_lost()
        return self._tracks()

    def forget(self) -> None:
        """Drop every object, because the picture is another one now (its size changed)."""
        self._trails = Trails(self._settings.confirm_s)
        self._faint = Faint()
        self._labels = {}

    def _pass_time(self, captured_at: datetime, at: int) -> None:
        """Let time pass; after a blind gap only what was at rest is still where it was."""
        watched_s = sighted_s(self._updated_at, captured_at)
        self._updated_at = captured_at
        trails = self._trails
        if watched_s is None:
            trails.keep(trails.rows["still"] & (trails.rows["last_seen"] < at))
        trails.wait(watched_s or 0.0)
        self._faint.wait(watched_s)

    def _sightings(self, detections: Detections) -> tuple[Sightings, Mask]:
        """Return a frame's detections, and which of them may begin a track."""
        rows = range(len(detections))
        kinds = [detections.kind(row) for row in rows]
        sightings = Sightings(
            boxes=detections.xyxy.astype(np.float64),
            score=detections.score.astype(np.float64).round(6),
            kind=np.array([self._number_of(kind) for kind in kinds], dtype=np.int16),
            labels=tuple(detections.label(row) for row in rows),
        )
        limits = self._settings.high_score
        is_sure = sightings.score >= [limits.get(kind, OTHER_HIGH_SCORE) for kind in kinds]
        return sightings, is_sure

    def _number_of(self, kind: Kind) -> int:
        """Return this tracker's own number for a kind; there are as many as the models know."""
        if kind not in self._kinds:
            self._kinds.append(kind)
            self._habits.append(HABITS.get(kind, OTHER_HABITS))
        return self._kinds.index(kind)

    def _pairs(self, sightings: Sightings, is_sure: Mask, at: int) -> Pairs:
        """Decide which detection shows which object: confirmed objects choose first."""
        trails = self._trails
        if not len(trails) or not len(sightings.score):
            return NO_PAIRS
        fit = likeness(trails.predict(), trails.reach_px(), sightings.boxes)
        fit *= trails.rows["kind"][:, None] == sightings.kind
        sure_fit = fit * (1.0 - SCORE_WEIGHT * (1.0 - sightings.score))
        free = np.full(len(trails), fill_value=True), np.full(len(is_sure), fill_value=True)
        confirmed = trails.rows["confirmed"]
        steps = (
            assign(sure_fit, free, (confirmed, is_sure), SURE_LIKENESS),
            assign(fit, free, (trails.takes_unsure(at), ~is_sure), UNSURE_LIKENESS),
            assign(sure_fit, free, (~confirmed, is_sure), SURE_LIKENESS),
        )
        return Pairs(
            np.concatenate([step.trails for step in steps]),
            np.concatenate([step.seen for step in steps]),
        )

    def _see(self, sightings: Sightings, pairs: Pairs, is_sure: Mask, at: int) -> None:
        """Take in what was seen of known objects."""
        if not len(pairs.seen):
            return
        boxes, scores = sightings.boxes[pairs.seen], sightings.score[pairs.seen]
        self._trails.see(pairs.trails, boxes, scores, is_sure, at)
        for number, seen in zip(self._trails.rows["number"][pairs.trails], pairs.seen, strict=True):
            self._labels[int(number)][sightings.labels[seen]] += 1

    def _begin(self, sightings: Sightings, which: Rows, at: int) -> None:
        """Follow what was seen for the first time."""
        if not len(which):
            return
        fresh = sightings.only(which)
        numbered = fresh.trails(self._made + 1, self._habits)
        self._trails.begin(numbered, at)
        self._made += len(fresh)
        for number, label in zip(numbered["number"], fresh.labels, strict=True):
            self._labels[int(number)] = Counter([label])

    def _look_for_faint(self, sightings: Sightings, which: Rows, at: int) -> None:
        """Follow what nobody was sure of, once it has gone some way and is no part of another.

        Of kinds that go about: smoke and mist drift, too.
        """
        if not len(which) and not self._faint:
            return
        rows = self._trails.rows
        unsure = sightings.only(which)
        free = uncovered(unsure.boxes, rows["box"][rows["confirmed"]])
        free &= np.isin(unsure.kind, [n for n, kind in enumerate(self._kinds) if kind in HABITS])
        found, labels = self._faint.look(unsure.only(np.flatnonzero(free)), self._habits, at)
        if not len(found):
            return
        found["number"] = np.arange(self._made + 1, self._made + 1 + len(found))
        self._trails.add(found)
        self._made += len(found)
        self._labels |= dict(zip(found["number"].tolist(), labels, strict=True))

    def _drop_lost(self) -> None:
        """Drop what has been unseen too long, then the longest unseen of what is too many."""
        trails, settings = self._trails, self._settings
        lost = trails.rows["missed_frames"] >= 2
        if lost.any():
            lost &= trails.rows["unseen_s"] > trails.hold_s(settings.lost_s, TENTATIVE_S)
            trails.keep(~lost)
        if len(trails) > settings.max_tracks:
            rows = trails.rows
            order = np.lexsort((rows["number"], rows["unseen_s"], ~rows["confirmed"]))
            trails.keep(np.sort(order[: settings.max_tracks]))
        if len(self._labels) > len(trails):
            self._labels = {n: self._labels[n] for n in trails.rows["number"].tolist()}

    def _tracks(self) -> tuple[Track, ...]:
        """Return what others may know of the objects."""
        rows = self._trails.rows
        seen_now = rows["missed_frames"] == 0
        boxes = np.where(seen_now[:, None], rows["box"], self._trails.predict()).tolist()
        column = {name: rows[name].tolist() for name in SHOWN}
        return tuple(
            Track(
                id=number,
                kind=self._kinds[column["kind"][row]],
                label=self._labels[number].most_common(1)[0][0],
                xyxy=tuple(boxes[row]),
                score=column["score"][row],
                confirmed=column["confirmed"][row],
                first_seen_at=_time(column["first_seen"][row]),
                last_seen_at=_time(column["last_seen"][row]),
                still_since=_time(column["rest_since"][row]) if column["still"][row] else None,
            )
            for row, number in enumerate(column["number"])
        )


def _time(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND

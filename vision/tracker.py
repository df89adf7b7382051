"""Following objects from frame to frame of one camera: detections and a time in, tracks out.

Two-stage association after ByteTrack (Zhang et al., ECCV 2022): sure detections first, then the
unsure ones, which may continue a track but never begin one. Boxes are widened by how far an object
can have gone since it was seen (after C-BIoU, Yang et al., WACV 2023), so that the same settings
serve 15 frames a second and one frame in two seconds. All motion is in pixels per real second.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

import lap
import numpy as np
import numpy.typing as npt

from vision.scene import sighted_s
from vision.types import Detections, Kind, Track
from vision.weights import ModelSpec

Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the source frame."""

COAST_S = 2.0
"""A lost object is looked for along its last velocity for so long, and no further."""

VELOCITY_MEMORY_S = 0.6
"""Time constant over which measured velocities are averaged: a few steps of a walking person."""

REST_REACH_RATIO = 0.05
"""Part of its longer side by which any box is widened on each side: the tremble of a detector."""

REACH_RATIO_PER_S: Mapping[Kind, float] = MappingProxyType({Kind.PERSON: 0.8, Kind.VEHICLE: 1.5})
"""How many of its longer sides an object covers in a second: a person of 1.7 m at 1.4 m/s, a car of
4.5 m at 25 km/h (faster ones are caught by their velocity once it is known)."""

OTHER_REACH_RATIO_PER_S = 1.0
"""For kinds of other models: between the two, since nothing is known of them."""

STILL_IOU = 0.5
"""A box that overlaps the one where the object came to rest by this much has not moved."""

STILL_AFTER_S = 5.0
"""An object that has not moved for so long is at rest: longer than people pause in walking."""

STILL_HOLD_S: Mapping[Kind, float] = MappingProxyType({Kind.PERSON: 60.0, Kind.VEHICLE: 600.0})
"""An object at rest that the detector loses is kept for as long as it had stood, up to this: a
parked car that comes and goes with the light stays one car."""

OTHER_STILL_HOLD_S = 120.0
"""For kinds of other models: rubbish and smoke come and go with the light as well."""

TENTATIVE_S = 1.0
"""An object not yet confirmed is dropped after being unseen for so long."""

SURE_OVERLAP = 0.2
"""Least overlap of widened boxes to take a sure detection for a known object (ByteTrack's 0.2)."""

UNSURE_OVERLAP = 0.5
"""Least overlap for an unsure detection (ByteTrack's 0.5)."""

UNSURE_SHARE = 0.5
"""Part of a model's threshold from which a detection may continue a track."""

FORBIDDEN_COST = 2.0
"""Dearer than leaving both sides alone, which costs at most 1."""


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What a tracker may be told; `two_stage` sets it to a model.

    high_score: a detection at least this sure may begin a track; less sure ones only continue one.
    confirm_s: an object counts once seen for so long, in at least two detections. lost_s: a moving
    object unseen for so long, and in at least two frames, is gone. max_tracks: the most it holds.
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


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One detection of one frame."""

    kind: Kind
    label: str
    box: Box
    score: float


class _Trail:
    """One object being followed."""

    def __init__(self, number: int, sighting: _Sighting, at: datetime) -> None:
        self.number = number
        self.kind = sighting.kind
        self.box = sighting.box
        self.score = sighting.score
        self.first_seen_at = self.last_seen_at = at
        self.detections = 1
        self.missed_frames = 0
        self.unseen_s = 0.0
        self._labels = Counter([sighting.label])
        self._velocity = (0.0, 0.0)
        self._rest_box = sighting.box
        self._rest_since = at

    @property
    def seen_s(self) -> float:
        """Seconds from the first detection to the newest."""
        return (self.last_seen_at - self.first_seen_at).total_seconds()

    @property
    def rested_s(self) -> float:
        """Seconds for which it has been seen in one place."""
        return (self.last_seen_at - self._rest_since).total_seconds()

    @property
    def is_still(self) -> bool:
        """Whether it is at rest."""
        return self.rested_s >= STILL_AFTER_S

    def wait(self, watched_s: float) -> None:
        """Let time pass before a frame is looked at."""
        self.unseen_s += watched_s
        self.missed_frames += 1

    def predict(self) -> Box:
        """Return where its box should be by now."""
        if self.is_still:
            return self.box
        coast_s = min(self.unseen_s, COAST_S)
        across, down = self._velocity[0] * coast_s, self._velocity[1] * coast_s
        x1, y1, x2, y2 = self.box
        return (x1 + across, y1 + down, x2 + across, y2 + down)

    def reach_px(self) -> float:
        """Return how far off the prediction it may be, in pixels."""
        x1, y1, x2, y2 = self.box
        stays_put = self.is_still and self.missed_frames > 1
        moving_s = 0.0 if stays_put else min(self.unseen_s, COAST_S)
        ratio_per_s = REACH_RATIO_PER_S.get(self.kind, OTHER_REACH_RATIO_PER_S)
        reach_ratio = REST_REACH_RATIO + ratio_per_s * moving_s
        return max(x2 - x1, y2 - y1) * reach_ratio

    def see(self, sighting: _Sighting, at: datetime) -> None:
        """Take in the detection of this object in the present frame."""
        if self.unseen_s > 0:
            self._learn_velocity(sighting.box)
        if _overlap(self._rest_box, sighting.box) < STILL_IOU:
            self._rest_box, self._rest_since = sighting.box, at
        self.box = sighting.box
        self.score = sighting.score
        self.last_seen_at = at
        self.detections += 1
        self.missed_frames = 0
        self.unseen_s = 0.0
        self._labels[sighting.label] += 1

    def _learn_velocity(self, box: Box) -> None:
        """Average the newest velocity in: plain mean at first, later with a fading memory."""
        gain = max(1.0 - math.exp(-self.unseen_s / VELOCITY_MEMORY_S), 1.0 / self.detections)
        moved_px = [(box[i] + box[i + 2] - self.box[i] - self.box[i + 2]) / 2 for i in (0, 1)]
        across, down = (
            old + gain * (moved / self.unseen_s - old)
            for old, moved in zip(self._velocity, moved_px, strict=True)
        )
        self._velocity = (across, down)

    def as_track(self, *, confirmed: bool) -> Track:
        """Return what others may know of it."""
        return Track(
            id=self.number,
            kind=self.kind,
            label=self._labels.most_common(1)[0][0],
            xyxy=self.box if self.missed_frames == 0 else self.predict(),
            score=self.score,
            confirmed=confirmed,
            first_seen_at=self.first_seen_at,
            last_seen_at=self.last_seen_at,
            still_since=self._rest_since if self.is_still else None,
        )


class Tracker:
    """Follows the objects of one camera; ids start at 1, are never used again, and are its own."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self._settings = settings or TrackerSettings()
        self._trails: list[_Trail] = []
        self._made = 0
        self._updated_at: datetime | None = None

    def update(self, detections: Detections, captured_at: datetime) -> tuple[Track, ...]:
        """Return every object followed after this frame, by rising id.

        Objects not seen in this frame are in it too, as long as they may come back (`lost_s`,
        longer for what is at rest); their `last_seen_at` tells.
        """
        self._pass_time(captured_at)
        sure, unsure = self._sightings(detections)
        confirmed = [trail for trail in self._trails if self._is_confirmed(trail)]
        tentative = [trail for trail in self._trails if not self._is_confirmed(trail)]
        confirmed, sure = _associate(confirmed, sure, SURE_OVERLAP, captured_at)
        _associate(confirmed, unsure, UNSURE_OVERLAP, captured_at)
        _, sure = _associate(tentative, sure, SURE_OVERLAP, captured_at)
        self._trails += [self._begin(sighting, captured_at) for sighting in sure]
        self._drop_lost()
        return tuple(t.as_track(confirmed=self._is_confirmed(t)) for t in self._trails)

    def forget(self) -> None:
        """Drop every object, because the picture is another one now (its size changed)."""
        self._trails = []

    def _pass_time(self, at: datetime) -> None:
        """Let time pass; after a blind gap only what was at rest is still where it was."""
        watched_s = sighted_s(self._updated_at, at)
        self._updated_at = at
        if watched_s is None:
            self._trails = [t for t in self._trails if t.is_still and t.last_seen_at < at]
        for trail in self._trails:
            trail.wait(watched_s or 0.0)

    def _sightings(self, detections: Detections) -> tuple[list[_Sighting], list[_Sighting]]:
        """Return the detections that may begin a track, and those that may only continue one."""
        sure: list[_Sighting] = []
        unsure: list[_Sighting] = []
        for row in range(len(detections)):
            x1, y1, x2, y2 = (float(edge) for edge in detections.xyxy[row])
            score = round(float(detections.score[row]), 6)
            kind = detections.kind(row)
            sighting = _Sighting(kind, detections.label(row), (x1, y1, x2, y2), score)
            (sure if score >= self._settings.high_score[kind] else unsure).append(sighting)
        return sure, unsure

    def _begin(self, sighting: _Sighting, at: datetime) -> _Trail:
        self._made += 1
        return _Trail(self._made, sighting, at)

    def _is_confirmed(self, trail: _Trail) -> bool:
        return trail.detections >= 2 and trail.seen_s >= self._settings.confirm_s

    def _hold_s(self, trail: _Trail) -> float:
        """Return how long a trail is kept without being seen."""
        if not self._is_confirmed(trail):
            return TENTATIVE_S
        if not trail.is_still:
            return self._settings.lost_s
        hold_s = STILL_HOLD_S.get(trail.kind, OTHER_STILL_HOLD_S)
        return max(self._settings.lost_s, min(trail.rested_s, hold_s))

    def _drop_lost(self) -> None:
        """Drop what has been unseen too long, then the longest unseen of what is too many."""
        kept = [t for t in self._trails if t.missed_frames < 2 or t.unseen_s <= self._hold_s(t)]
        kept.sort(key=lambda t: (not self._is_confirmed(t), t.unseen_s, t.number))
        self._trails = sorted(kept[: self._settings.max_tracks], key=lambda t: t.number)


def _associate(
    trails: list[_Trail], sightings: list[_Sighting], least_overlap: float, at: datetime
) -> tuple[list[_Trail], list[_Sighting]]:
    """Give each trail at most one sighting, best in all; return the trails and sightings left over.

    A pair must be of one kind and overlap by `least_overlap` (0-1) once both boxes are widened by
    the trail's reach.
    """
    if not trails or not sightings:
        return trails, sightings
    overlap = _reaching_overlap(
        np.array([trail.predict() for trail in trails], dtype=np.float64),
        np.array([sighting.box for sighting in sightings], dtype=np.float64),
        np.array([trail.reach_px() for trail in trails], dtype=np.float64),
    )
    same_kind = np.array([[trail.kind == s.kind for s in sightings] for trail in trails])
    cost = np.where(same_kind, 1.0 - overlap, FORBIDDEN_COST)
    chosen, _ = lap.lapjv(cost, extend_cost=True, cost_limit=1.0 - least_overlap, return_cost=False)
    for trail, column in zip(trails, chosen, strict=True):
        if column >= 0:
            trail.see(sightings[column], at)
    used = set(chosen.tolist())
    return (
        [trail for trail, column in zip(trails, chosen, strict=True) if column < 0],
        [sighting for column, sighting in enumerate(sightings) if column not in used],
    )


def _reaching_overlap(
    trails: npt.NDArray[np.float64],
    sightings: npt.NDArray[np.float64],
    reach: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return intersection over union, (T, S), of boxes (T, 4) and (S, 4) widened by reach (T,)."""
    margin = reach[:, None, None] * np.array([-1.0, -1.0, 1.0, 1.0])
    a = trails[:, None, :] + margin
    b = sightings[None, :, :] + margin
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0.0, None).prod(axis=-1)
    union = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[..., 2:] - b[..., :2]).prod(axis=-1)
    union -= shared
    overlap: npt.NDArray[np.float64] = shared / np.maximum(union, np.finfo(np.float64).tiny)
    return overlap


def _overlap(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes, 0-1."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)

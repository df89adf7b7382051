"""The trackers that are compared, each as its own documentation would run it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from benchmarks.tracking_truth import Footage, Labelled
from vision.tracker import Tracker, TrackerSettings
from vision.types import Detections, Kind

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Step = Callable[[Detections, float], Labelled]
"""Detections and the second of their frame in, the objects seen in it and followed out."""

Rival = Callable[[float], Step]
"""Frames a second in, a fresh tracker's `Step` out."""


def ours(_rate: float) -> Step:
    """Return our tracker; an object counts from its second detection on, as ByteTrack's do."""
    tracker = Tracker(TrackerSettings(confirm_s=0.0))

    def step(detections: Detections, second: float) -> Labelled:
        at = EPOCH + timedelta(seconds=second)
        tracks = [t for t in tracker.update(detections, at) if t.confirmed and t.last_seen_at == at]
        return Labelled(
            np.array([track.id for track in tracks], dtype=np.int64),
            np.array([track.xyxy for track in tracks], dtype=np.float32).reshape(-1, 4),
        )

    return step


def bytetrack(rate: float) -> Step:
    """Return Roboflow's ByteTrack, told the rate and each frame's time, with our thresholds.

    The thresholds belong to the detector, not to the tracker; its patience is set to ours.
    Everything else is its default.
    """
    sure = TrackerSettings().high_score[Kind.PERSON]
    tracker = ByteTrackTracker(
        lost_track_buffer=round(30 * TrackerSettings().lost_s),
        frame_rate=rate,
        track_activation_threshold=sure,
        high_conf_det_threshold=sure,
    )

    def step(detections: Detections, second: float) -> Labelled:
        seen = sv.Detections(xyxy=detections.xyxy, confidence=detections.score)
        followed = tracker.update(seen, timestamp=second)
        ids = np.asarray(followed.tracker_id, dtype=np.int64)
        return Labelled(ids[ids >= 0], np.asarray(followed.xyxy, np.float32)[ids >= 0])

    return step


RIVALS: dict[str, Rival] = {"ours": ours, "ByteTrack": bytetrack}


def follow(rival: Rival, footage: Footage) -> tuple[Labelled, ...]:
    """Return what a fresh tracker makes of a sequence."""
    step = rival(footage.rate)
    return tuple(step(seen, number / footage.rate) for number, seen in enumerate(footage.detected))

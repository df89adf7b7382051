"""Which tracks a rule counts: sure, of its kinds, labels and sizes, and still there."""

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from vision.rule import RuleSpec
from vision.scene import Scene, Zone
from vision.types import Track

SEEN_WITHIN = timedelta(seconds=1.0)
"""A moving object missed by the detector counts for so long: longer than its usual flicker at 2
frames a second and more, shorter than any `clear_s` worth setting."""


def eligible(spec: RuleSpec, scene: Scene) -> list[Track]:
    """Return the tracks of the rule's kinds, labels and sizes, confirmed or not, seen or not."""
    shortest = spec.min_height_ratio * scene.size.height
    tallest = spec.max_height_ratio * scene.size.height
    return [
        track
        for track in scene.tracks
        if track.kind in spec.kinds
        and (not spec.labels or track.label in spec.labels)
        and shortest <= track.xyxy[3] - track.xyxy[1] <= tallest
    ]


def present(tracks: Iterable[Track], scene: Scene) -> list[Track]:
    """Return the confirmed ones that are there: seen just now, or at rest where they were."""
    return [
        track
        for track in tracks
        if track.confirmed
        and (track.still_since is not None or scene.at - track.last_seen_at <= SEEN_WITHIN)
    ]


def inside(tracks: list[Track], zone: Zone | None, scene: Scene) -> list[Track]:
    """Return the tracks that stand in the zone; None: the whole picture."""
    if zone is None or not tracks:
        return tracks
    anchors = np.array([track.anchor for track in tracks], dtype=np.float32)
    stands = zone.polygon.contains(anchors, scene.size)
    return [track for track, within in zip(tracks, stands, strict=True) if within]


def place_name(zone: Zone | None) -> str:
    """Return how subjects name the place."""
    return f"zone:{zone.id}" if zone else "picture"

"""Presence: somebody or something is in a zone (intrusion, loitering, illegal stop)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import numpy as np

from vision.errors import RuleError
from vision.rule import RuleSpec, bounded
from vision.scene import Scene, Zone, sighted_s
from vision.types import Condition, Kind, Track

SEEN_WITHIN = timedelta(seconds=1.0)
"""A moving object missed by the detector counts for so long: longer than its usual flicker at 2
frames a second and more, shorter than any `clear_s` worth setting."""

EDGE_PATIENCE = timedelta(seconds=2.0)
"""Who steps out of the zone and back within this has not left: boxes tremble at a zone's edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSpec(RuleSpec):
    """Settings of a presence rule: each kind in `kinds` is a subject of its own.

    min_count: so many objects of a kind at once make the condition hold. dwell_s: only objects that
    have been inside for so long count. min_height_ratio: only objects at least this tall count, as
    a share of the picture's height (0: every size).
    """

    type: ClassVar[str] = "presence"
    peaks: ClassVar[tuple[str, ...]] = ("count",)

    kinds: tuple[Kind, ...] = (Kind.PERSON, Kind.VEHICLE)
    min_count: int = bounded(1, 1, 1000)
    dwell_s: float = bounded(0.0, 0.0, 86_400.0)
    min_height_ratio: float = bounded(0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        RuleSpec.__post_init__(self)
        if not self.kinds or len(set(self.kinds)) != len(self.kinds):
            named = ", ".join(self.kinds) or "empty"
            raise RuleError(f"rule {self.id}: kinds must name each kind once, and is {named}")

    def build(self, zone: Zone | None) -> "PresenceRule":
        """Return the rule for one camera."""
        return PresenceRule(self, zone)


@dataclass(frozen=True, slots=True)
class _Stay:
    """How long one track has been inside, and when it was last."""

    inside_s: float
    last_at: datetime


class PresenceRule:
    """One presence rule at work; it remembers since when each track has been inside."""

    def __init__(self, spec: PresenceSpec, zone: Zone | None) -> None:
        self._spec = spec
        self._zone = zone
        self._stays: dict[int, _Stay] = {}
        self._judged_at: datetime | None = None

    def judge(self, scene: Scene) -> list[Condition]:
        """Return one condition for each kind the rule watches."""
        inside = self._inside(scene)
        self._count_stays(inside, scene.at)
        staying = [t for t in inside if self._stays[t.id].inside_s >= self._spec.dwell_s]
        return [self._condition(kind, staying) for kind in self._spec.kinds]

    def _inside(self, scene: Scene) -> list[Track]:
        """Return the tracks that stand in the zone now and are sure and big enough to count."""
        tall_px = self._spec.min_height_ratio * scene.size.height
        tracks = [
            track
            for track in scene.tracks
            if track.confirmed
            and track.kind in self._spec.kinds
            and track.xyxy[3] - track.xyxy[1] >= tall_px
            and (track.still_since or scene.at - track.last_seen_at <= SEEN_WITHIN)
        ]
        if self._zone is None or not tracks:
            return tracks
        anchors = np.array([track.anchor for track in tracks], dtype=np.float32)
        stands = self._zone.polygon.contains(anchors, scene.size)
        return [track for track, within in zip(tracks, stands, strict=True) if within]

    def _count_stays(self, inside: list[Track], at: datetime) -> None:
        """Add the time watched since the last frame to the stay of each track inside."""
        step_s = sighted_s(self._judged_at, at) or 0.0
        self._judged_at = at
        stays = {
            track.id: _Stay(stay.inside_s + step_s if stay else 0.0, at)
            for track in inside
            for stay in [self._stays.get(track.id)]
        }
        stepped_out = {
            track: stay
            for track, stay in self._stays.items()
            if track not in stays and abs(at - stay.last_at) <= EDGE_PATIENCE
        }
        self._stays = stays | stepped_out

    def _condition(self, kind: Kind, staying: list[Track]) -> Condition:
        counted = [track for track in staying if track.kind == kind]
        place = f"zone:{self._zone.id}" if self._zone else "picture"
        holds = len(counted) >= self._spec.min_count
        longest_s = max((self._stays[track.id].inside_s for track in counted), default=0.0)
        return Condition(
            rule=self._spec.id,
            subject=f"{place}/{kind}",
            kind=f"{kind}_presence",
            holds=holds,
            score=max((track.score for track in counted), default=0.0),
            readings={"count": len(counted), "dwell_s": round(longest_s, 1)},
            tracks=tuple(track.id for track in counted),
            seen_at=max((track.last_seen_at for track in counted), default=None),
        )

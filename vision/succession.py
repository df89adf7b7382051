"""Which lost track a new one goes on from: rules remember subjects, and a subject keeps its number.

A tracker gives an object a new id when it was hidden for too long or taken for another. To a rule
that counts how long somebody has been there, this is still the same somebody: a track that begins
about where and when another one was lost takes over its number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.scene import Point, Scene
from vision.types import Kind, Track

HANDOVER = timedelta(seconds=10)
"""A track lost longer ago is not gone on from: as long as a camera may be blind."""

OVERLAP = timedelta(seconds=0.5)
"""Both ids may be seen side by side for so long, while the tracker makes up its mind."""

REACH_EXTENTS = 0.5
"""A new track begins within so many of the object's longer sides of where the old one was lost."""

REACH_EXTENTS_PER_S = 1.0
"""How many more for each second between them: a person walks 0.8 of their height in a second."""

LONGEST_WALK_S = 3.0
"""Reach grows no further: after that, anybody may have come from anywhere."""

LIKE_SIZE = 0.5
"""The smaller of the two has at least this share of the other's longer side."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A subject, and where its track was last seen; extent: longer side, picture heights."""

    number: int
    kind: Kind
    anchor: Point
    extent: float
    last_seen_at: datetime


class Succession:
    """Numbers the subjects of one rule; numbers start at 1 and are never used again."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._made = 0

    def follow(self, tracks: Sequence[Track], scene: Scene) -> Mapping[int, int]:
        """Return the number of each track's subject, by track id; tracks: all the rule cares for.

        What has been gone for longer than HANDOVER is forgotten.
        """
        new = [track for track in tracks if track.id not in self._known]
        seen = {track.id for track in tracks if track.last_seen_at >= scene.at}
        for track in new:
            self._known[track.id] = self._entry(self._number_for(track, seen, scene), track, scene)
        for track in tracks:
            if track.id in seen:
                self._known[track.id] = self._entry(self._known[track.id].number, track, scene)
        living = {track.id for track in tracks}
        self._known = {
            number: known
            for number, known in self._known.items()
            if number in living or abs(scene.at - known.last_seen_at) <= HANDOVER
        }
        return {track.id: self._known[track.id].number for track in tracks}

    def number(self, track: Track) -> int:
        """Return the number of a followed track's subject."""
        return self._known[track.id].number

    @property
    def alive(self) -> frozenset[int]:
        """Numbers that are in the picture or may come back; memory of others may go."""
        return frozenset(known.number for known in self._known.values())

    def _number_for(self, track: Track, seen: set[int], scene: Scene) -> int:
        """Return the number of the nearest lost subject that the track may be, else a new one."""
        gaps = {
            old: gap
            for old, known in self._known.items()
            if old not in seen and (gap := self._gap(known, track, scene)) is not None
        }
        if gaps:
            return self._known.pop(min(gaps, key=lambda old: (gaps[old], old))).number
        self._made += 1
        return self._made

    @staticmethod
    def _gap(known: _Known, track: Track, scene: Scene) -> float | None:
        """Return how far apart the two are, in longer sides; None when they are no pair."""
        away = track.first_seen_at - known.last_seen_at
        if track.kind != known.kind or not -OVERLAP <= away <= HANDOVER:
            return None
        extents = sorted((known.extent, scene.extent(track)))
        if extents[0] < LIKE_SIZE * extents[1] or extents[1] <= 0.0:
            return None
        (x, y), (old_x, old_y) = scene.anchor(track), known.anchor
        gap = math.hypot(scene.aspect * (x - old_x), y - old_y) / extents[1]
        walked_s = min(max(away.total_seconds(), 0.0), LONGEST_WALK_S)
        return gap if gap <= REACH_EXTENTS + REACH_EXTENTS_PER_S * walked_s else None

    @staticmethod
    def _entry(number: int, track: Track, scene: Scene) -> _Known:
        anchor, extent = scene.anchor(track), scene.extent(track)
        return _Known(number, track.kind, anchor, extent, track.last_seen_at)

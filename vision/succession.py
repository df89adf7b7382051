"""Which lost track a new one goes on from: rules remember subjects, and a subject keeps its number.

A tracker gives an object a new id when it was hidden for too long or taken for another. To a rule
that counts how long somebody has been there, this is still the same somebody: a track that begins
about where and when another one was lost takes over its number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vision.scene import Point, Scene
from vision.types import Kind, Track

HANDOVER = timedelta(seconds=10)
"""Somebody who lingered where he was lost is not gone on from after this: as long as a camera may
be blind."""

HANDOVER_MOVING = timedelta(seconds=3)
"""Nor anybody on his way after this: at a busy door another one soon begins where one was lost."""

LINGERS_S = 2.0
"""Who stays within REACH_EXTENTS for so long lingers; who walks is out of it in less than a
second."""

OVERLAP = timedelta(seconds=0.5)
"""Both ids may be seen side by side for so long, while the tracker makes up its mind."""

REACH_EXTENTS = 0.5
"""A new track begins within so many of the object's longer sides of where the old one was lost."""

REACH_EXTENTS_PER_S = 1.0
"""How many more for each second between them: a person walks 0.8 of their height in a second."""

LONGEST_WALK_S = 2.0
"""Reach grows no further: after that, anybody may have come from anywhere."""

BORDER_RATIO = 0.01
"""A moving box so near to the picture's border, as a share of its sides, has left or come in by
it."""

LIKE_SIZE = 0.5
"""The smaller of the two has at least this share of the other's longer side."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A subject, and where its track was last seen; extent: longer side, picture heights.

    rest, rest_at: where it has lingered, and since when. at_border: it moves out of the picture.
    """

    number: int
    kind: Kind
    anchor: Point
    extent: float
    last_seen_at: datetime
    rest: Point
    rest_at: datetime
    at_border: bool

    @property
    def handover(self) -> timedelta:
        """How long after its loss it may be gone on from."""
        if self.at_border:
            return -OVERLAP
        lingered_s = (self.last_seen_at - self.rest_at).total_seconds()
        return HANDOVER if lingered_s >= LINGERS_S else HANDOVER_MOVING


class Succession:
    """Numbers the subjects of one rule; numbers start at 1 and are never used again."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._made = 0

    def follow(self, tracks: Sequence[Track], scene: Scene) -> Mapping[int, int]:
        """Return the number of each track's subject, by track id; tracks: all the rule cares for.

        What has been gone for longer than HANDOVER is forgotten.
        """
        seen = {track.id for track in tracks if track.last_seen_at >= scene.at}
        # A lost track whose subject goes on under another id is a new one, should it come back.
        settled = set(seen)
        for track in sorted(tracks, key=lambda track: track.id not in seen):
            known = self._known.get(track.id)
            settled.add(track.id)
            if known is None:
                known = _begin(self._number_for(track, settled, scene), track, scene)
            self._known[track.id] = _go_on(known, track, scene) if track.id in seen else known
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

    def _number_for(self, track: Track, settled: set[int], scene: Scene) -> int:
        """Return the number of the nearest lost subject that the track may be, else a new one."""
        gaps = {
            old: gap
            for old, known in self._known.items()
            if old not in settled and (gap := self._gap(known, track, scene)) is not None
        }
        if gaps:
            return self._known.pop(min(gaps, key=lambda old: (gaps[old], old))).number
        self._made += 1
        return self._made

    @staticmethod
    def _gap(known: _Known, track: Track, scene: Scene) -> float | None:
        """Return how far apart the two are, in longer sides; None when they are no pair."""
        away = track.first_seen_at - known.last_seen_at
        if track.kind != known.kind or not -OVERLAP <= away <= known.handover:
            return None
        extents = sorted((known.extent, scene.extent(track)))
        if extents[0] < LIKE_SIZE * extents[1] or _is_at_border(track, scene):
            return None
        gap = _distance(known.anchor, scene.anchor(track), scene) / extents[1]
        walked_s = min(max(away.total_seconds(), 0.0), LONGEST_WALK_S)
        return gap if gap <= REACH_EXTENTS + REACH_EXTENTS_PER_S * walked_s else None


def _begin(number: int, track: Track, scene: Scene) -> _Known:
    here = scene.anchor(track)
    seen_at = track.last_seen_at
    return _Known(
        number, track.kind, here, scene.extent(track), seen_at, here, seen_at, at_border=False
    )


def _go_on(known: _Known, track: Track, scene: Scene) -> _Known:
    """Return what is known of a subject once its track is seen in this scene."""
    here, extent = scene.anchor(track), scene.extent(track)
    lingers = _distance(known.rest, here, scene) <= REACH_EXTENTS * extent
    return replace(
        known,
        anchor=here,
        extent=extent,
        last_seen_at=track.last_seen_at,
        rest=known.rest if lingers else here,
        rest_at=known.rest_at if lingers else track.last_seen_at,
        at_border=track.still_since is None and _is_at_border(track, scene),
    )


def _distance(a: Point, b: Point, scene: Scene) -> float:
    """Return the distance of two points of the picture, in picture heights."""
    return math.hypot(scene.aspect * (a[0] - b[0]), a[1] - b[1])


def _is_at_border(track: Track, scene: Scene) -> bool:
    return any(not BORDER_RATIO < edge < 1.0 - BORDER_RATIO for edge in scene.box(track))

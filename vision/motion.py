"""Who has been seen to move: what stands where it was first found never has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vision.scene import Scene
from vision.succession import Succession
from vision.types import Track

MOVED_EXTENTS = 1.0
"""A subject has moved once its box's middle is so many of its longer sides from where it was first
seen. Half hidden by a passer-by, a box's middle shifts by a quarter; a trembling box by less."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a subject was first seen: its box's middle (x in picture heights) and longer side."""

    x: float
    y: float
    extent: float


class Motion:
    """What one rule knows of its subjects' movement, by their numbers."""

    def __init__(self) -> None:
        self._origins: dict[int, _Origin] = {}
        self._moved: set[int] = set()

    def look(self, tracks: Sequence[Track], succession: Succession, scene: Scene) -> frozenset[int]:
        """Return the numbers of those that have moved; tracks not seen just now tell nothing.

        succession: has followed these tracks in this scene.
        """
        self._origins = {n: o for n, o in self._origins.items() if n in succession.alive}
        self._moved &= succession.alive
        for track in tracks:
            if track.last_seen_at < scene.at:
                continue
            number, here = succession.number(track), _origin(track, scene)
            since = self._origins.setdefault(number, here)
            far = math.hypot(here.x - since.x, here.y - since.y)
            if far >= MOVED_EXTENTS * min(here.extent, since.extent):
                self._moved.add(number)
        return frozenset(self._moved)


def _origin(track: Track, scene: Scene) -> _Origin:
    x1, y1, x2, y2 = scene.box(track)
    return _Origin(scene.aspect * (x1 + x2) / 2, (y1 + y2) / 2, scene.extent(track))

"""Who passes a line: from one side, held for a while, to the other, held as long.

A box trembles, and who stands on a line is on both its sides. So a side counts only beyond the
tremble of a box, and a passage only once both sides were held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vision.scene import Line, Point, Scene
from vision.succession import Succession
from vision.types import Kind, Track

TREMBLE_EXTENTS = 0.1
"""An object nearer to the line than this share of its box's longer side is on neither side: twice
the tremble of a detector's boxes that the tracker allows for."""


class Direction(StrEnum):
    """Which way a line is passed: A is on the left of who looks from its start to its end."""

    A_TO_B = "a_to_b"
    B_TO_A = "b_to_a"
    BOTH = "both"

    @property
    def parts(self) -> tuple["Direction", ...]:
        """The one-way directions it stands for."""
        return (Direction.A_TO_B, Direction.B_TO_A) if self is Direction.BOTH else (self,)


@dataclass(frozen=True, slots=True)
class Passage:
    """One subject passed the line; direction: A_TO_B or B_TO_A."""

    track: Track
    direction: Direction


@dataclass(slots=True)
class _Course:
    """Where one subject has been. offset: of its newest point beyond the tremble, 0 before any.

    settled: the side it held last, 1 for A, -1 for B. through: it has passed between the line's
    ends since. held_s: on the side where it is now; time on the line does not count. waited_s:
    since it was last seen.
    """

    point: Point = (0.0, 0.0)
    offset: float = 0.0
    held_s: float = 0.0
    waited_s: float = 0.0
    settled: int = 0
    through: bool = False

    @property
    def side(self) -> int:
        return 1 if self.offset > 0 else -1 if self.offset < 0 else 0


class LineWatch:
    """One line of one camera, watched for one rule.

    hold_s: how long each side must be held, in watched seconds; 0: one look at it is enough.
    """

    def __init__(self, line: Line, hold_s: float) -> None:
        self._line = line
        self._hold_s = hold_s
        self._succession = Succession()
        self._courses: dict[int, _Course] = {}

    def look(
        self, tracks: Sequence[Track], scene: Scene, watched_s: float | None
    ) -> Iterator[Passage]:
        """Yield who has passed by this look; tracks: all that may, unconfirmed ones too.

        Only where a track was really seen counts, never where it is supposed to be.
        """
        numbers = self._succession.follow(tracks, scene)
        alive = self._succession.alive
        self._courses = {n: course for n, course in self._courses.items() if n in alive}
        for course in self._courses.values():
            course.waited_s += watched_s or 0.0
        for track in tracks:
            if track.last_seen_at < scene.at:
                continue
            course = self._courses.setdefault(numbers[track.id], _Course())
            self._move(course, track, scene)
            direction = self._settle(course, sure=track.confirmed)
            if direction is not None:
                yield Passage(track, direction)

    def _move(self, course: _Course, track: Track, scene: Scene) -> None:
        """Take in where the subject is seen now."""
        waited_s, course.waited_s = course.waited_s, 0.0
        point = scene.anchor(track)
        offset = self._line.offset(point, scene.aspect)
        if abs(offset) <= TREMBLE_EXTENTS * scene.extent(track):
            return
        if course.offset * offset > 0:
            course.held_s += waited_s
        else:
            course.held_s = 0.0
            if course.side and self._is_between_ends(course, point, offset, scene.aspect):
                course.through = not course.through
        course.point, course.offset = point, offset

    def _is_between_ends(self, course: _Course, point: Point, offset: float, aspect: float) -> bool:
        """Return whether the way from the last point to this one meets the line itself."""
        part = course.offset / (course.offset - offset)
        x, y = (old + part * (new - old) for old, new in zip(course.point, point, strict=True))
        return 0.0 <= self._line.along((x, y), aspect) <= 1.0

    def _settle(self, course: _Course, *, sure: bool) -> Direction | None:
        """Let a side held for long enough count; return the direction if that was a passage.

        A side is held by who is not confirmed yet, too; a passage of theirs waits until they are.
        """
        if not course.side or course.held_s < self._hold_s:
            return None
        passed = course.through and course.settled == -course.side
        if passed and not sure:
            return None
        course.settled, course.through = course.side, False
        if not passed:
            return None
        return Direction.A_TO_B if course.side < 0 else Direction.B_TO_A


@dataclass(frozen=True, slots=True)
class _Burst:
    last_at: datetime
    count: int


class Bursts:
    """How many passed one after another: a pause longer than `pause_s` begins a new count."""

    def __init__(self, pause_s: float) -> None:
        self._pause = timedelta(seconds=pause_s)
        self._bursts: dict[tuple[Kind, Direction], _Burst] = {}

    def add(self, kind: Kind, direction: Direction, at: datetime) -> int:
        """Count one more, and return how many there are in this burst.

        Time that runs backwards begins a new one, as nobody knows how long the pause was.
        """
        burst = self._bursts.get((kind, direction))
        goes_on = burst is not None and timedelta(0) <= at - burst.last_at <= self._pause
        count = burst.count + 1 if burst is not None and goes_on else 1
        self._bursts[kind, direction] = _Burst(at, count)
        return count

    def count(self, kind: Kind, direction: Direction) -> int:
        """Return how many the newest burst has, 0 before the first."""
        burst = self._bursts.get((kind, direction))
        return burst.count if burst else 0

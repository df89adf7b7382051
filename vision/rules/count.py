"""Count: how many of what passed in each interval. A statistic: it never makes an incident."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar, TypeAlias

from vision.crossings import LineWatch
from vision.errors import RuleError
from vision.motion import Motion
from vision.rule import DAY_S, RuleSpec, bounded
from vision.scene import Scene, View, Zone
from vision.selection import eligible, inside, present
from vision.succession import Succession
from vision.types import Kind, Tally, TallyRow, Track

Sort: TypeAlias = tuple[Kind, str, str | None]
"""Kind, the model's label, the direction if there is a line: what is counted apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec(RuleSpec):
    """Settings of a counting rule: what passes a line, by direction, or comes into a zone.

    line: id of the line, None to count what comes into the zone (or picture): what stands where it
    was first seen has not come. hold_s: as for crossings. interval_s: a tally is made for each;
    intervals begin at the site's midnight, so they must divide the day. While the rule is not armed
    nothing is counted. What goes for incidents (severity, confirm_s, …) means nothing here.
    """

    type: ClassVar[str] = "count"

    line: str | None = None
    hold_s: float = bounded(0.5, 0.0, 60.0)
    interval_s: int = bounded(900, 10, int(DAY_S))

    @property
    def place(self) -> str | None:
        """The line or zone."""
        return self.line or self.zone

    def __post_init__(self) -> None:
        RuleSpec.__post_init__(self)
        if self.line is not None and self.zone is not None:
            raise RuleError(f"rule {self.id}: count at a line or in a zone, not both")
        if DAY_S % self.interval_s:
            raise RuleError(
                f"rule {self.id}: interval_s is {self.interval_s}, which does not divide a day; "
                "take 60, 300, 900 or 3600"
            )

    def build(self, view: View) -> "CountRule":
        """Return the rule for one camera."""
        return CountRule(self, view)


@dataclass(slots=True)
class _Interval:
    """An interval being counted; `since`: the first moment of it, None before."""

    start: datetime
    end: datetime
    since: datetime | None = None
    watched_s: float = 0.0
    counts: Counter[Sort] = field(default_factory=Counter)


class CountRule:
    """One counting rule at work; it keeps the tally of the running interval."""

    def __init__(self, spec: CountSpec, view: View) -> None:
        self._spec = spec
        self._time_zone = view.time_zone
        self._arrivals = (
            _Entries(view.zone(spec.zone))
            if spec.line is None
            else _Passages(LineWatch(view.line(spec.line), spec.hold_s))
        )
        self._running: _Interval | None = None
        self._looked_at: datetime | None = None
        """When the rule last looked while it was armed, None while it is not."""

    def judge(self, scene: Scene, watched_s: float | None) -> list[Tally]:
        """Return the tally of the interval that ended before this scene, if one did."""
        ended = None
        if self._running is None or not self._running.start <= scene.at < self._running.end:
            ended = self._end(watched_s or 0.0)
            start, end = _interval(scene.at, self._spec.interval_s, self._time_zone)
            self._running = _Interval(start, end)
        passed = list(self._arrivals.look(eligible(self._spec, scene), scene, watched_s))
        if scene.armed:
            self._count(self._running, passed, scene.at, watched_s or 0.0)
        self._looked_at = scene.at if scene.armed else None
        return [] if ended is None else [ended]

    def so_far(self) -> Tally | None:
        """Return the tally of the running interval; None before anything of it was counted."""
        return None if self._running is None else self._tally(self._running)

    def _end(self, watched_s: float) -> Tally | None:
        """Return the tally of the running interval, which ended in the seconds watched last."""
        if self._running is not None and self._looked_at is not None:
            left_s = (self._running.end - self._looked_at).total_seconds()
            self._running.watched_s += min(watched_s, left_s)
        return self.so_far()

    def _count(
        self, running: _Interval, passed: list[Sort], at: datetime, watched_s: float
    ) -> None:
        """Take in one scene; no time from before the interval or before the rule was armed."""
        running.since = running.since or at
        if self._looked_at is not None:
            running.watched_s += min(watched_s, (at - running.start).total_seconds())
        running.counts.update(passed)

    def _tally(self, running: _Interval) -> Tally | None:
        if running.since is None:
            return None
        return Tally(
            rule=self._spec.id,
            place=self._spec.place,
            start=running.start,
            end=running.end,
            since=running.since,
            watched_s=round(running.watched_s, 1),
            rows=tuple(
                TallyRow(kind, label, direction, count)
                for (kind, label, direction), count in sorted(
                    running.counts.items(), key=lambda item: tuple(part or "" for part in item[0])
                )
            ),
        )


class _Passages:
    """Counts at a line."""

    def __init__(self, watch: LineWatch) -> None:
        self._watch = watch

    def look(self, tracks: list[Track], scene: Scene, watched_s: float | None) -> Iterator[Sort]:
        for passage in self._watch.look(tracks, scene, watched_s):
            yield passage.track.kind, passage.track.label, passage.direction.value


class _Entries:
    """Counts each subject the first time it is in a zone, once it has been seen to move.

    So what is parked there is not counted anew whenever the camera turns back or is lost from view.
    """

    def __init__(self, zone: Zone | None) -> None:
        self._zone = zone
        self._succession = Succession()
        self._motion = Motion()
        self._counted: frozenset[int] = frozenset()

    def look(self, tracks: list[Track], scene: Scene, watched_s: float | None) -> Iterator[Sort]:  # noqa: ARG002 - no time
        numbers: Mapping[int, int] = self._succession.follow(tracks, scene)
        moved = self._motion.look(tracks, self._succession, scene)
        for track in inside(present(tracks, scene), self._zone, scene):
            if numbers[track.id] in moved - self._counted:
                self._counted |= {numbers[track.id]}
                yield track.kind, track.label, None
        self._counted &= self._succession.alive


def _interval(at: datetime, interval_s: int, time_zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the interval that a moment is in, UTC, counted from the site's midnight.

    A day that is an hour longer or shorter, as the clock is changed in it, ends with a short one.
    """
    day = at.astimezone(time_zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    midnight, next_midnight = (each.astimezone(UTC) for each in (day, day + timedelta(days=1)))
    length = timedelta(seconds=interval_s)
    start = midnight + (at - midnight) // length * length
    return start, min(start + length, next_midnight)

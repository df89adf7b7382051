"""Routes and rounds: what is to be looked at, when it is due, and how it ended."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid5

from gateway.patrol.pattern import Pattern, occurrences
from vision.types import Severity

_NAMESPACE = UUID("7c3a2f2c-8a0e-4f0e-8a5b-3f7ad5e2d9b4")

USUAL_VISITS: Mapping[Severity, int] = MappingProxyType(
    {Severity.RED: 1, Severity.YELLOW: 2, Severity.GREEN: 4}
)
"""Three-coloured points (红黄绿): red ones are visited every round, yellow ones every second, green
ones every fourth; the first round of a day visits all. Chosen here; a route may set its own."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of a route: a camera, at one of its presets or as it looks.

    dwell_s: how long it is looked at, at least. colour: how much it matters.
    """

    id: str
    name: str
    camera: str
    preset: str | None = None
    dwell_s: float = 0.0
    colour: Severity = Severity.RED


@dataclass(frozen=True, slots=True)
class Route:
    """Stops in their order, and when they are to be walked.

    late_after: after the due time, a round that is not done is late; missed_after: it is missed.
    visits: of a colour, every how many-th round of the day. Raises ValueError: no stops, two of one
    id, or missed before late.
    """

    id: str
    name: str
    unit: str
    stops: tuple[Stop, ...]
    pattern: Pattern
    late_after: timedelta
    missed_after: timedelta
    visits: Mapping[Severity, int] = field(default_factory=lambda: USUAL_VISITS)

    def __post_init__(self) -> None:
        if not self.stops or len({one.id for one in self.stops}) < len(self.stops):
            raise ValueError(f"route {self.id} needs stops, each with an id of its own")
        if not timedelta() < self.late_after < self.missed_after:
            raise ValueError(f"a round of route {self.id} must be late before it is missed")

    def stops_of(self, number: int) -> tuple[Stop, ...]:
        """Return what the n-th round of a day visits, from 0."""
        return tuple(one for one in self.stops if number % self.visits[one.colour] == 0)


class Outcome(StrEnum):
    """How a round ended; each that was due ends in exactly one of these ways."""

    DONE = "done"
    LATE = "late"
    """Done, after the time for it."""
    SKIPPED = "skipped"
    """Somebody said why it was not done."""
    MISSED = "missed"


class Standing(StrEnum):
    """Where a round stands: not due yet, to be done, overdue, or ended."""

    COMING = "coming"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    SKIPPED = "skipped"
    MISSED = "missed"


class Verdict(StrEnum):
    """What somebody saw at a stop."""

    NORMAL = "normal"
    FINDING = "finding"
    UNSEEN = "unseen"
    """The camera showed nothing: that is no "normal"."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round that is due, with all that was said of it then; a later change of the route is not.

    name: of the route.
    """

    id: str
    route: str
    name: str
    unit: str
    due_at: datetime
    late_at: datetime
    missed_at: datetime
    stops: tuple[Stop, ...]


def rounds(route: Route, after: datetime, until: datetime, zone: tzinfo) -> Iterator[Round]:
    """Yield the rounds of a route that become due after one time, up to and including another.

    One whose stops all have their turn in other rounds is none.
    """
    for one in occurrences(route.pattern, after, until, zone):
        stops = route.stops_of(one.number)
        if stops:
            yield Round(
                id=round_id(route.id, one.at),
                route=route.id,
                name=route.name,
                unit=route.unit,
                due_at=one.at,
                late_at=one.at + route.late_after,
                missed_at=one.at + route.missed_after,
                stops=stops,
            )


def round_id(route: str, due_at: datetime) -> str:
    """Return the id of the round of a route that is due at a time."""
    return str(uuid5(_NAMESPACE, f"{route}\n{due_at.isoformat()}"))


def outcome(due: Round, checked_at: Collection[datetime], now: datetime) -> Outcome | None:
    """Return how a round that nobody skipped ended, None while it may still be done.

    checked_at: when each stop that was visited was; all before the round was missed.
    """
    if len(checked_at) >= len(due.stops):
        return Outcome.DONE if max(checked_at) <= due.late_at else Outcome.LATE
    return Outcome.MISSED if now >= due.missed_at else None


def standing(due: Round, ended: Outcome | None, now: datetime) -> Standing:
    """Return where a round stands."""
    if ended is not None:
        return Standing(ended.value)
    if now < due.due_at:
        return Standing.COMING
    return Standing.OVERDUE if now > due.late_at else Standing.DUE

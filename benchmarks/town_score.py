"""How well the incidents told fit what was there: recall, precision, latency.

One incident answers for one event: the same camera, the same kind, and times that overlap but for
`TOLERANCE_S`. A second incident about an event that has its own is a repeat, not a false alarm; one
incident that goes on through two events answers for the first, and the second is missed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.town import Expected

TOLERANCE_S = 2.0
"""By which an incident may end before its event begins, or begin after it has ended."""


@dataclass(frozen=True, slots=True)
class Told:
    """An incident that was posted. Times: seconds since 1970; began_s, ended_s: the camera's.

    posted_s: when the queue, or whatever stands for it, took it.
    """

    camera: str
    kind: str
    began_s: float
    ended_s: float
    posted_s: float


@dataclass(frozen=True, slots=True)
class Span:
    """The seconds that count, since 1970."""

    from_s: float
    until_s: float

    def holds(self, at_s: float) -> bool:
        """Say whether a moment counts."""
        return self.from_s <= at_s < self.until_s


@dataclass(frozen=True, slots=True)
class Score:
    """What came of it. due: events; told: incidents, false and repeated ones among them.

    latencies_s: of each event found, from the beginning of the reference's condition to the post.
    """

    due: int
    told: int
    false: int
    repeats: int
    latencies_s: tuple[float, ...]

    @property
    def found(self) -> int:
        """Events that an incident answers for."""
        return len(self.latencies_s)

    @property
    def recall(self) -> float:
        """Part of the events that was found; 1 when there were none."""
        return self.found / self.due if self.due else 1.0

    @property
    def precision(self) -> float:
        """Part of the incidents that was about an event; 1 when there were none."""
        return 1 - self.false / self.told if self.told else 1.0

    def latency_s(self, percent: int) -> float:
        """Return a percentile of the latencies, NaN without any."""
        if len(self.latencies_s) < 2:
            return self.latencies_s[0] if self.latencies_s else float("nan")
        return quantiles(self.latencies_s, n=100, method="inclusive")[percent - 1]


def score(due: Iterable[Expected], told: Iterable[Told], span: Span) -> Score:
    """Return how incidents fit events. Those that began in `span` count, on either side.

    Both may reach beyond it, so that what begins at its edges finds its match.
    """
    waiting = sorted(due, key=lambda event: (event.began_s, event.camera))
    free = set(range(len(waiting)))
    latencies, counted, false, repeats = [], 0, 0, 0
    for incident in sorted(told, key=lambda one: one.posted_s):
        fitting = [n for n, event in enumerate(waiting) if _fits(event, incident)]
        mine = next((n for n in fitting if n in free), None)
        if mine is not None:
            free.discard(mine)
            if span.holds(waiting[mine].began_s):
                latencies.append(incident.posted_s - waiting[mine].began_s)
        if span.holds(incident.began_s):
            counted += 1
            false += not fitting
            repeats += bool(fitting) and mine is None
    events = sum(span.holds(event.began_s) for event in waiting)
    return Score(events, counted, false, repeats, tuple(latencies))


def missed(due: Sequence[Expected], told: Sequence[Told], span: Span) -> list[Expected]:
    """Return the events in a span that no incident fits at all."""
    return [
        event
        for event in due
        if span.holds(event.began_s) and not any(_fits(event, one) for one in told)
    ]


def _fits(event: Expected, incident: Told) -> bool:
    return (
        event.camera == incident.camera
        and event.kind == incident.kind
        and incident.began_s <= event.ended_s + TOLERANCE_S
        and incident.ended_s >= event.began_s - TOLERANCE_S
    )

"""From what a film shows to its incidents: the camera's own pipeline, fed in the order of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.film.looking import FilmLook
from vision.pipeline import CameraPipeline, StepResult
from vision.types import ChangeType, Incident, IncidentChange, Severity, Tally, Track


@dataclass(frozen=True, slots=True)
class Shot:
    """The picture that made sure of an incident, and what to mark in it.

    part: which file of the film. at_s: seconds after the first picture of that file.
    """

    part: int
    at_s: float
    tracks: tuple[Track, ...]
    highlight: frozenset[int]


@dataclass(frozen=True, slots=True)
class Turn:
    """When, in seconds after the first picture, it was told that an incident is so bad now."""

    at_s: float
    type: ChangeType
    severity: Severity


@dataclass(frozen=True, slots=True)
class FileIncident:
    """An incident with its times in the film, seconds after the first picture.

    lasts: it was still going on when the film ended. shot: its picture. turns: how it went, of
    what gets worse and better.
    """

    incident: Incident
    start_s: float
    end_s: float
    lasts: bool
    shot: Shot
    turns: tuple[Turn, ...] = ()

    @property
    def duration_s(self) -> float:
        """How long it was seen."""
        return self.end_s - self.start_s


class FilmJudge:
    """Runs the pipeline over looks in the order of time and collects incidents by id.

    since, until: looks before, or from then on, are passed over; None for no limit. start: the time
    of day of the first look judged, None before it.
    """

    def __init__(
        self, pipeline: CameraPipeline, since: datetime | None, until: datetime | None
    ) -> None:
        self.start: datetime | None = None
        self.looks = 0
        self._pipeline = pipeline
        self._since = since
        self._until = until
        self._now: datetime | None = None
        self._incidents: dict[str, Incident] = {}
        self._shots: dict[str, Shot] = {}
        self._tallies: list[Tally] = []

    @property
    def found(self) -> int:
        """How many incidents there have been so far."""
        return len(self._incidents)

    @property
    def judged_s(self) -> float:
        """Seconds from the first look to the newest."""
        return (self._now - self.start).total_seconds() if self._now and self.start else 0.0

    def take(self, look: FilmLook, part: int, part_start: datetime) -> None:
        """Judge what one picture shows."""
        at = part_start + timedelta(seconds=look.at_s)
        if (self._since and at < self._since) or (self._until and at >= self._until):
            return
        self.start = self.start or at
        self._now = at
        self.looks += 1
        step = self._pipeline.step(at, look.size, look.detections, look.activity)
        self._keep(step.changes)
        self._tallies += step.tallies
        for change in step.changes:
            if change.type is ChangeType.OPENED:
                self._shots[change.incident.id] = _shot(part, look, step, change)

    def finish(self) -> tuple[FileIncident, ...]:
        """Close what is open and return everything found, by the time it began."""
        if self._now is None:
            return ()
        self._keep(self._pipeline.finish(self._now))
        found = [self._in_film(incident) for incident in self._incidents.values()]
        return tuple(sorted(found, key=lambda one: (one.start_s, one.incident.id)))

    def tallies(self) -> tuple[Tally, ...]:
        """Return what was counted, by time; also in an interval that the film left unfinished."""
        counted = (*self._tallies, *self._pipeline.so_far())
        return tuple(sorted(counted, key=lambda one: (one.start, one.rule)))

    def _keep(self, changes: Iterable[IncidentChange]) -> None:
        self._incidents |= {change.incident.id: change.incident for change in changes}

    def _in_film(self, incident: Incident) -> FileIncident:
        start = self.start or incident.opened_at
        return FileIncident(
            incident,
            (incident.opened_at - start).total_seconds(),
            (incident.last_seen_at - start).total_seconds(),
            lasts=incident.last_seen_at == self._now,
            shot=self._shots[incident.id],
        )


def _shot(part: int, look: FilmLook, step: StepResult, change: IncidentChange) -> Shot:
    return Shot(part, look.at_s, step.shown_with(change), step.tracks_of(change))

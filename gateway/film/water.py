"""The water in a film: looked at as a worker looks at a camera, at the film's own times.

The film begins as the place usually is: its first seconds are what later ones are compared with.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gateway.film.eyes import Crew, start
from gateway.film.judge import FileIncident, Shot, Turn
from gateway.video_file import FilePicture, VideoFile
from vision.types import ChangeType, IncidentChange
from vision.water.bank import ReferenceBank
from vision.water.sampler import MOST, SECONDS, Sampler, sample_shape
from vision.water.types import RainState, Sample, WaterSetup
from vision.water.votes import WaterVoter
from vision.water.watch import WaterOutcome, WaterWatch

FPS = (MOST - 1) / SECONDS
"""Pictures a second of those that a sample is made of."""


@dataclass(frozen=True, slots=True)
class FilmWaterPlan:
    """How a film's water is judged. model: what names the network, "" without one.

    rain: once it is known how the place looks as the film begins; nothing is learnt in rain.
    """

    setup: WaterSetup
    network: WaterVoter | None = field(default=None, repr=False)
    model: str = ""
    rain: RainState = RainState.UNKNOWN


class FilmWater:
    """The water in one film, file after file.

    since, until: pictures taken before, or from then on, are passed over; None for no limit.
    """

    def __init__(
        self,
        camera: str,
        plan: FilmWaterPlan,
        crew: Crew,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        self._camera = camera
        self._plan = plan
        self._crew = crew
        self._since = since
        self._until = until
        self._sampler = Sampler()
        self._watch: WaterWatch | None = None
        self._next_at: datetime | None = None
        self._began_at: datetime | None = None
        self._told: dict[str, list[IncidentChange]] = {}
        self._shots: dict[str, Shot] = {}
        self._newest_at: datetime | None = None

    def look_at(self, number: int, path: Path, part_start: datetime) -> None:
        """Look at one file. number: which of the film. Raises NotVideoError."""
        with VideoFile(path) as video:
            for at, picture in self._due(video, part_start):
                sample = self._sample(at, picture)
                if sample is not None:
                    watch = self._watch_of(sample)
                    rain = self._plan.rain if watch.bank.references else RainState.UNKNOWN
                    outcome = watch.look(sample, rain)
                    self._take(at, outcome, Shot(number, picture.at_s, (), frozenset()))

    def finish(self, film_start: datetime) -> tuple[FileIncident, ...]:
        """Close what is open and return what was found, by the time it began."""
        if self._watch is not None and self._newest_at is not None:
            for change in self._watch.finish(self._newest_at):
                self._told[change.incident.id].append(change)
        return tuple(self._incident(changes, film_start) for changes in self._told.values())

    def _due(self, video: VideoFile, start_at: datetime) -> Iterator[tuple[datetime, FilePicture]]:
        """Yield the pictures that are looked at, with their times."""
        for picture in video.pictures(FPS):
            at = start_at + timedelta(seconds=picture.at_s)
            if (self._since and at < self._since) or (self._until and at >= self._until):
                continue
            self._newest_at = at
            if self._next_at is None or at >= self._next_at:
                self._began_at = self._began_at or at
                yield at, picture

    def _sample(self, at: datetime, picture: FilePicture) -> Sample | None:
        (detections,) = start(picture, self._crew.detectors).wait()
        return self._sampler.add(at, picture.resized_bgr(picture.size), detections)

    def _watch_of(self, sample: Sample) -> WaterWatch:
        if self._watch is None:
            bank = ReferenceBank(sample_shape(sample.size))
            plan = self._plan
            self._watch = WaterWatch(plan.setup, bank, plan.network, camera=self._camera)
        return self._watch

    def _take(self, at: datetime, outcome: WaterOutcome, shot: Shot) -> None:
        """Note what a look led to, and when the next one begins."""
        took = at - (self._began_at or at)
        pause = timedelta(seconds=outcome.judgement.look_again_s) - took
        self._next_at, self._began_at = at + max(timedelta(), pause), None
        for change in outcome.changes:
            self._told.setdefault(change.incident.id, []).append(change)
            self._shots.setdefault(change.incident.id, shot)

    def _incident(self, changes: list[IncidentChange], film_start: datetime) -> FileIncident:
        incident = changes[-1].incident
        return FileIncident(
            incident,
            (incident.opened_at - film_start).total_seconds(),
            (incident.last_seen_at - film_start).total_seconds(),
            lasts=incident.last_seen_at == self._newest_at,
            shot=self._shots[incident.id],
            turns=tuple(_turns(changes, film_start)),
        )


def _turns(changes: list[IncidentChange], film_start: datetime) -> Iterator[Turn]:
    """Yield when an incident opened, got worse or better, and closed."""
    before = None
    for change in changes:
        severity = change.incident.severity
        if change.type is not ChangeType.UPDATED or severity is not before:
            yield Turn((change.at - film_start).total_seconds(), change.type, severity)
        before = severity

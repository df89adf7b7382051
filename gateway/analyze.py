"""A film to incidents, faster than real time, and the same bytes each time.

A film is a video file, or a span of a camera's recordings. Pictures are judged at their time in
it, so nothing depends on how fast this machine is; only `elapsed_s` does, and it is not part of the
JSON lines. By default what is quiet is not decoded (`gateway.film`); `thorough` decodes everything.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from gateway.clock import monotonic_s, to_iso
from gateway.film.eyes import Crew
from gateway.film.judge import FileIncident, FilmJudge
from gateway.film.reading import FilmReading
from gateway.film.water import FilmWater, FilmWaterPlan
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import FileFacts, VideoFile
from vision.detector import Detector
from vision.ensemble import DetectorSet
from vision.pipeline import CameraPipeline
from vision.rules import DEFAULT_RULES, RuleSet
from vision.scene import Line, Zone
from vision.tracker import TrackerSettings
from vision.types import Tally


@dataclass(frozen=True, slots=True)
class FilmPart:
    """One file of a film. start: when its first picture was taken; None as the file says."""

    path: Path
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """What is analysed as one. name: for people. camera: for the ids of incidents.

    parts: in the order of time, at least one. since, until: pictures taken before, or from then on,
    are left out; None for no limit. rules: of the camera; None for those of the plan.
    """

    name: str
    camera: str
    parts: tuple[FilmPart, ...]
    since: datetime | None = None
    until: datetime | None = None
    rules: RuleSet | None = None


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """How films are analysed.

    tracker: None for the default one; `vision.tracker.two_stage` sets one to the detector's model.
    fps: pictures looked at in a second of the film, above 0. start: when the first picture of
    `analyze_file`'s file was taken; None means when the file says, else FILE_EPOCH. thorough:
    decode everything. time_zone: of the site, for the rules' calendars. water: None: not judged.
    """

    rules: RuleSet = DEFAULT_RULES
    tracker: TrackerSettings | None = None
    fps: float = 5.0
    start: datetime | None = None
    thorough: bool = False
    time_zone: tzinfo = UTC
    water: FilmWaterPlan | None = None

    def places_of(self, film: Film) -> tuple[Zone | Line, ...]:
        """Return the places in a film's picture that its rules are about."""
        return (film.rules or self.rules).places

    @property
    def water_zones(self) -> tuple[Zone, ...]:
        """Where water is watched."""
        return self.water.setup.zones if self.water else ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the analysis is. total_s: length of the film, None when it does not say."""

    done_s: float
    total_s: float | None
    incidents: int


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """What a film showed, incidents by the time they began, tallies by that of their interval.

    file: of the first part, under the film's name. model, model_sha256: of all models, joined by +.
    start: the time of day given to the first picture. analysed_s: from the first picture to the
    last. damage: what could not be read, None when all was. decoded_s: how much of it was decoded
    in full. elapsed_s: how long it took here.
    """

    file: FileFacts
    model: str
    model_sha256: str
    start: datetime
    incidents: tuple[FileIncident, ...]
    tallies: tuple[Tally, ...]
    pictures: int
    analysed_s: float
    damage: str | None
    decoded_s: float
    elapsed_s: float

    @property
    def times_real_time(self) -> float:
        """Seconds of the film analysed in one second."""
        return self.analysed_s / self.elapsed_s if self.elapsed_s > 0 else 0.0


def ignore_progress(_: Progress) -> None:
    """Take no notice."""


def film_of(path: Path, name: str | None = None, start: datetime | None = None) -> Film:
    """Return one file as a film; its name is that of the camera too."""
    name = name or path.name
    return Film(name, name, (FilmPart(path, start),))


def analyze_file(
    path: Path,
    detector: Detector,
    plan: AnalysisPlan | None = None,
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> FileAnalysis:
    """Return the incidents of a video file. See `analyze_film`."""
    plan = plan or AnalysisPlan()
    with Crew(DetectorSet.combine([detector])) as crew:
        return analyze_film(film_of(path, start=plan.start), crew, plan, on_progress)


def analyze_film(
    film: Film,
    crew: Crew,
    plan: AnalysisPlan,
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> FileAnalysis:
    """Return the incidents of a film. on_progress is called often, and after each picture judged.

    A file damaged on the way is analysed as far as it can be read, and `damage` says so. Raises
    NotFoundError, or NotVideoError for what is empty, not video, only sound, or a still.
    """
    work = _Work(film, crew, plan, on_progress)
    began_s = monotonic_s()
    for number, part in enumerate(film.parts):
        with VideoFile(part.path) as video:
            work.look_at(number, part, video)
    return work.outcome(monotonic_s() - began_s)


def to_json_lines(analysis: FileAnalysis) -> Iterator[str]:
    """Yield one JSON object for each incident, one for each tally, then one that sums up.

    docs/commands.md explains the keys. The same film, rules and model give the same lines.
    """
    for found in analysis.incidents:
        yield json.dumps(_incident_json(found, analysis.file.name), ensure_ascii=False)
    for tally in analysis.tallies:
        yield json.dumps(_tally_json(tally, analysis.file.name), ensure_ascii=False)
    yield json.dumps(_summary_json(analysis), ensure_ascii=False)


class _Work:
    """A film being analysed, file after file."""

    def __init__(
        self, film: Film, crew: Crew, plan: AnalysisPlan, on_progress: Callable[[Progress], None]
    ) -> None:
        self._film = film
        self._crew = crew
        self._plan = plan
        self._on_progress = on_progress
        self._sure = None if plan.thorough else (plan.tracker or TrackerSettings()).high_score
        rules = film.rules or plan.rules
        pipeline = CameraPipeline(film.camera, rules, plan.tracker, plan.time_zone)
        self._judge = FilmJudge(pipeline, film.since, film.until)
        self._water = (
            FilmWater(film.camera, plan.water, crew, film.since, film.until) if plan.water else None
        )
        self._facts: list[FileFacts] = []
        self._damages: list[str] = []
        self._decoded_s = self._done_s = 0.0

    def look_at(self, number: int, part: FilmPart, video: VideoFile) -> None:
        """Judge what one file shows."""
        self._facts.append(video.facts)
        start = part.start or video.facts.recorded_at or FILE_EPOCH
        passed_s = (start - (self._judge.start or start)).total_seconds()
        reading = FilmReading(video, self._crew, self._plan.fps, self._sure)
        for look in reading.looks(lambda at_s: self._tell(passed_s + at_s)):
            self._judge.take(look, number, start)
            self._tell(self._judge.judged_s)
        if self._water is not None:
            self._water.look_at(number, part.path, start)
        self._decoded_s += reading.decoded_s
        self._damages += [video.damage] if video.damage else []

    def outcome(self, elapsed_s: float) -> FileAnalysis:
        """Close what is open and sum up."""
        specs = self._crew.detectors.specs
        return FileAnalysis(
            file=replace(self._facts[0], name=self._film.name),
            model="+".join(spec.name for spec in specs),
            model_sha256="+".join(spec.sha256 for spec in specs),
            start=self._judge.start or FILE_EPOCH,
            incidents=self._incidents(),
            tallies=self._judge.tallies(),
            pictures=self._judge.looks,
            analysed_s=self._judge.judged_s,
            damage="; ".join(self._damages) or None,
            decoded_s=self._decoded_s,
            elapsed_s=elapsed_s,
        )

    def _incidents(self) -> tuple[FileIncident, ...]:
        """Return what the rules found and what the water did, by the time it began."""
        found = self._judge.finish()
        if self._water is None:
            return found
        found += self._water.finish(self._judge.start or FILE_EPOCH)
        return tuple(sorted(found, key=lambda one: (one.start_s, one.incident.id)))

    def _tell(self, done_s: float) -> None:
        """Tell how far it is; it never goes back."""
        self._done_s = max(self._done_s, done_s)
        self._on_progress(Progress(self._done_s, self._total_s, self._judge.found))

    @property
    def _total_s(self) -> float | None:
        if self._film.since and self._film.until:
            return (self._film.until - self._film.since).total_seconds()
        return self._facts[0].duration_s if len(self._film.parts) == 1 else None


def _incident_json(found: FileIncident, file: str) -> dict[str, object]:
    incident = found.incident
    return {
        "type": "incident",
        "id": incident.id,
        "file": file,
        "kind": incident.kind,
        "severity": incident.severity,
        "rule": incident.rule,
        "zone": incident.zone,
        "start_s": round(found.start_s, 3),
        "end_s": round(found.end_s, 3),
        "duration_s": round(found.duration_s, 3),
        "lasts": found.lasts,
        "opened_at": to_iso(incident.opened_at),
        "closed_at": to_iso(incident.last_seen_at),
        "readings": dict(incident.readings),
    } | _turns_json(found)


def _tally_json(tally: Tally, file: str) -> dict[str, object]:
    return {
        "type": "tally",
        "file": file,
        "rule": tally.rule,
        "place": tally.place,
        "start": to_iso(tally.start),
        "end": to_iso(tally.end),
        "watched_s": tally.watched_s,
        "rows": [asdict(row) for row in tally.rows],
    }


def _turns_json(found: FileIncident) -> dict[str, object]:
    """Return how an incident went, where it has turns."""
    turns = [
        {"at_s": round(turn.at_s, 3), "type": turn.type, "severity": turn.severity}
        for turn in found.turns
    ]
    return {"turns": turns} if turns else {}


def _summary_json(analysis: FileAnalysis) -> dict[str, object]:
    return {
        "type": "summary",
        "file": analysis.file.name,
        "codec": analysis.file.codec,
        "width": analysis.file.size.width,
        "height": analysis.file.size.height,
        "start": to_iso(analysis.start),
        "analysed_s": round(analysis.analysed_s, 3),
        "pictures": analysis.pictures,
        "incidents": len(analysis.incidents),
        "damage": analysis.damage,
        "model": analysis.model,
        "model_sha256": analysis.model_sha256,
    }

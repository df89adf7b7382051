"""A video file to incidents, faster than real time, and the same bytes each time.

Pictures are judged at their time in the file, so nothing depends on how fast this machine is. Only
`elapsed_s` does, and it is not part of the JSON lines.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.clock import monotonic_s, to_iso
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import FileFacts, FilePicture, VideoFile
from vision.detector import Detector, PendingDetections, Prepared
from vision.pipeline import CameraPipeline
from vision.rules import DEFAULT_RULES, RuleSet
from vision.tracker import TrackerSettings
from vision.types import FrameSize, Incident, IncidentChange


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """How a file is analysed.

    tracker: None for the default one; `vision.tracker.two_stage` sets one to the detector's model.
    fps: pictures looked at in a second of the file, above 0. start: when the first picture was
    taken; None means when the file says, else FILE_EPOCH.
    """

    rules: RuleSet = DEFAULT_RULES
    tracker: TrackerSettings | None = None
    fps: float = 5.0
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the analysis is. total_s: length of the file, None when it does not say."""

    done_s: float
    total_s: float | None
    incidents: int


@dataclass(frozen=True, slots=True)
class FileIncident:
    """An incident with its times in the file, seconds after the first picture.

    lasts: it was still going on when the file ended.
    """

    incident: Incident
    start_s: float
    end_s: float
    lasts: bool

    @property
    def duration_s(self) -> float:
        """How long it was seen."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """What a file showed, incidents by the time they began.

    start: the time of day given to the first picture. analysed_s: from the first picture to the
    last. damage: what could not be read, None when all was. elapsed_s: how long it took here.
    """

    file: FileFacts
    model: str
    model_sha256: str
    start: datetime
    incidents: tuple[FileIncident, ...]
    pictures: int
    analysed_s: float
    damage: str | None
    elapsed_s: float

    @property
    def times_real_time(self) -> float:
        """Seconds of the file analysed in one second."""
        return self.analysed_s / self.elapsed_s if self.elapsed_s > 0 else 0.0


def ignore_progress(_: Progress) -> None:
    """Take no notice."""


def analyze_file(
    path: Path,
    detector: Detector,
    plan: AnalysisPlan | None = None,
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> FileAnalysis:
    """Return the incidents of a video file. on_progress is called after each picture judged.

    A file damaged on the way is analysed as far as it can be read, and `damage` says so. Raises
    NotFoundError, or NotVideoError for what is empty, not video, only sound, or a still.
    """
    plan = plan or AnalysisPlan()
    began_s = monotonic_s()
    with VideoFile(path) as video:
        start = plan.start or video.facts.recorded_at or FILE_EPOCH
        judge = _Judge(CameraPipeline(path.name, plan.rules, plan.tracker), start)
        for at_s in _judged(video.pictures(plan.fps), detector, judge):
            on_progress(Progress(at_s, video.facts.duration_s, len(judge.incidents)))
        return FileAnalysis(
            file=video.facts,
            model=detector.spec.name,
            model_sha256=detector.spec.sha256,
            start=start,
            incidents=judge.finish(),
            pictures=judge.pictures,
            analysed_s=judge.at_s,
            damage=video.damage,
            elapsed_s=monotonic_s() - began_s,
        )


def to_json_lines(analysis: FileAnalysis) -> Iterator[str]:
    """Yield one JSON object for each incident, then one that sums up.

    docs/commands.md explains the keys. The same file, rules and model give the same lines.
    """
    for found in analysis.incidents:
        yield json.dumps(_incident_json(found), ensure_ascii=False)
    yield json.dumps(_summary_json(analysis), ensure_ascii=False)


class _Judge:
    """Runs the pipeline over detections in the order of time and collects incidents by id."""

    def __init__(self, pipeline: CameraPipeline, start: datetime) -> None:
        self.incidents: dict[str, Incident] = {}
        self.pictures = 0
        self.at_s = 0.0
        self._pipeline = pipeline
        self._start = start

    def take(self, at_s: float, size: FrameSize, pending: PendingDetections) -> None:
        """Wait for the detector's answer and judge it."""
        (detections,) = pending.wait()
        self.at_s = at_s
        self.pictures += 1
        self._keep(self._pipeline.step(self._now, size, detections).changes)

    def finish(self) -> tuple[FileIncident, ...]:
        """Close what is open and return everything found."""
        self._keep(self._pipeline.finish(self._now))
        found = [self._in_file(incident) for incident in self.incidents.values()]
        return tuple(sorted(found, key=lambda one: (one.start_s, one.incident.id)))

    @property
    def _now(self) -> datetime:
        return self._start + timedelta(seconds=self.at_s)

    def _keep(self, changes: list[IncidentChange] | tuple[IncidentChange, ...]) -> None:
        self.incidents |= {change.incident.id: change.incident for change in changes}

    def _in_file(self, incident: Incident) -> FileIncident:
        start_s = (incident.opened_at - self._start).total_seconds()
        end_s = (incident.last_seen_at - self._start).total_seconds()
        return FileIncident(incident, start_s, end_s, lasts=incident.last_seen_at == self._now)


def _judged(pictures: Iterator[FilePicture], detector: Detector, judge: _Judge) -> Iterator[float]:
    """Keep the detector busy and judge its answers in order; yield the time of each judged."""
    pending: deque[tuple[float, FrameSize, PendingDetections]] = deque()
    for picture in pictures:
        started = detector.start([_prepared(picture, detector)])
        pending.append((picture.at_s, picture.size, started))
        if len(pending) > detector.runtime.in_flight:
            judge.take(*pending.popleft())
            yield judge.at_s
    for last in pending:
        judge.take(*last)
        yield judge.at_s


def _prepared(picture: FilePicture, detector: Detector) -> Prepared:
    letterbox = detector.letterbox_for(picture.size)
    return Prepared(letterbox.place(picture.resized_bgr(letterbox.resized)), letterbox)


def _incident_json(found: FileIncident) -> dict[str, object]:
    incident = found.incident
    return {
        "type": "incident",
        "id": incident.id,
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
    }


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

"""What there is to be told of in a clip: every picture decoded, compared and given to the detector.

The detector's answers, and what brightness showed, are kept beside the clip, as they cost the most;
tracker, rules and book of incidents, those of the product, run over them each time, twice round:
what begins in the second round is what a camera shows that plays the clip for ever. What begins
while nobody passes is a mistake of the detector's, a parked car that flickers, and not due.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.town_clips import ClipSpec, rules_for, visits
from benchmarks.town_passages import SIZE
from gateway.decode import Picture
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import VideoFile
from vision import activity
from vision.activity import ACTIVITY_SIZE, Activity, ActivityState, LumaActivity, Region
from vision.detector import Detector, PendingDetections, Prepared
from vision.pipeline import CameraPipeline
from vision.tracker import TrackerSettings, two_stage
from vision.types import Detections, Incident
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest

EVERY_PICTURE = 1000.0
"""More looks a second than any clip has pictures."""


@dataclass(frozen=True, slots=True)
class Event:
    """An incident of a clip. began_s: when its condition began to hold; ended_s: held last."""

    kind: str
    began_s: float
    ended_s: float


class Reference:
    """Knows what is in each clip; looks into those it does not know with the default detector."""

    def __init__(self) -> None:
        self._spec: ModelSpec
        self._tracker: TrackerSettings
        manifest = load_manifest(shipped_manifest())
        self._spec, self._tracker = two_stage(find_model("nanodet-g", manifest))
        self._detector: Detector | None = None

    def events(self, clip: ClipSpec) -> tuple[Event, ...]:
        """Return a clip's events, times from its first picture; one may end in the next round."""
        return self._events(clip, self._looks(clip), self._activities(clip))

    def events_in(self, path: Path, clip: ClipSpec) -> tuple[Event, ...]:
        """Return the events of a file coded as a clip is, looked at anew."""
        looks, activities = list(_seen(path, self._detecting())), list(_stirred(path))
        return self._events(clip, looks, activities)

    def _events(
        self, clip: ClipSpec, looks: Sequence[Detections], activities: Sequence[Activity]
    ) -> tuple[Event, ...]:
        pipeline = CameraPipeline("reference", rules_for(clip.kind), self._tracker)
        found: dict[str, Incident] = {}
        for number in range(2 * len(looks)):
            at = FILE_EPOCH + timedelta(seconds=number / clip.encoding.fps)
            stirred = replace(activities[number % len(looks)], at=at)
            step = pipeline.step(at, SIZE, looks[number % len(looks)], stirred)
            found |= {change.incident.id: change.incident for change in step.changes}
        second_round = FILE_EPOCH + timedelta(seconds=clip.length_s)
        told = (
            Event(
                one.kind,
                (one.opened_at - second_round).total_seconds(),
                (one.last_seen_at - second_round).total_seconds(),
            )
            for one in found.values()
            if one.opened_at >= second_round
        )
        passing = [(visit.from_s, visit.until_s(clip.view)) for visit in visits(clip)]
        return tuple(event for event in told if any(a <= event.began_s <= b for a, b in passing))

    def _looks(self, clip: ClipSpec) -> list[Detections]:
        record = clip.path.with_suffix(f".{self._spec.sha256[:12]}.npz")
        if not record.exists():
            Console(stderr=True).print(f"looking at every picture of {clip.path.name}")
            _save(record, list(_seen(clip.path, self._detecting())))
        return _load(record, self._spec)

    def _activities(self, clip: ClipSpec) -> list[Activity]:
        record = clip.path.with_suffix(f".activity-{_activity_code()}.npz")
        if not record.exists():
            _save_activities(record, list(_stirred(clip.path)))
        return _load_activities(record)

    def _detecting(self) -> Detector:
        if self._detector is None:
            self._detector = Detector.open(self._spec)
        return self._detector


def _seen(path: Path, detector: Detector) -> Iterator[Detections]:
    """Yield what the detector sees in each picture, in order."""
    pending: deque[PendingDetections] = deque()
    with VideoFile(path) as video:
        for picture in video.pictures(EVERY_PICTURE):
            letterbox = detector.letterbox_for(picture.size)
            pixels = letterbox.place(picture.resized_bgr(letterbox.resized))
            pending.append(detector.start([Prepared(pixels, letterbox)]))
            if len(pending) > detector.runtime.in_flight:
                yield from pending.popleft().wait()
        for last in pending:
            yield from last.wait()


@cache
def _activity_code() -> str:
    """Return a digest of what compares brightness: its answers are kept for as long as it is so."""
    code = Path(activity.__file__)
    files = (code, *sorted(code.parent.joinpath("luma").glob("*.py")))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _stirred(path: Path) -> Iterator[Activity]:
    """Yield what brightness shows in each picture, in order."""
    judge = LumaActivity()
    with VideoFile(path) as video:
        for picture in video.pictures(EVERY_PICTURE):
            at = FILE_EPOCH + timedelta(seconds=picture.at_s)
            shown = Picture(picture.frame, at, picture.scaler)
            yield judge.look(shown.thumbnail(ACTIVITY_SIZE.width), at)


def _save_activities(record: Path, activities: Sequence[Activity]) -> None:
    draft = record.with_suffix(".part.npz")
    regions = [(r.x1, r.y1, r.x2, r.y2) for one in activities for r in one.regions]
    np.savez_compressed(
        draft,
        state=np.array([one.state.value for one in activities]),
        area_ratio=np.array([one.area_ratio for one in activities]),
        counts=np.array([len(one.regions) for one in activities]),
        regions=np.array(regions).reshape(-1, 4),
    )
    draft.replace(record)


def _load_activities(record: Path) -> list[Activity]:
    with np.load(record) as kept:
        regions = np.split(kept["regions"], np.cumsum(kept["counts"])[:-1])
        return [
            Activity(FILE_EPOCH, ActivityState(str(state)), tuple(Region(*r) for r in rows), area)
            for state, rows, area in zip(
                kept["state"], regions, kept["area_ratio"].tolist(), strict=True
            )
        ]


def _save(record: Path, looks: Sequence[Detections]) -> None:
    draft = record.with_suffix(".part.npz")
    np.savez_compressed(
        draft,
        counts=np.array([len(look) for look in looks]),
        xyxy=np.concatenate([look.xyxy for look in looks]),
        score=np.concatenate([look.score for look in looks]),
        class_index=np.concatenate([look.class_index for look in looks]),
    )
    draft.replace(record)


def _load(record: Path, spec: ModelSpec) -> list[Detections]:
    classes = {one.index: one for one in spec.classes}
    with np.load(record) as kept:
        ends = np.cumsum(kept["counts"])[:-1]
        columns = [np.split(kept[name], ends) for name in ("xyxy", "score", "class_index")]
    return [
        Detections(xyxy, score, class_index, classes)
        for xyxy, score, class_index in zip(*columns, strict=True)
    ]

"""`python -m benchmarks.peers_watch WAY PLAN`: watch streams as others do; print what is noticed.

Three ways of getting from streams to boxes, each with the same weights at the same input size:

    ffmpeg       as NVRs do it: an FFmpeg process a camera decodes at 5 pictures a second into a
                 pipe; frame difference says whether there is motion, and then the detector looks
    opencv       a thread a camera with cv2.VideoCapture decodes everything; the detector looks at
                 the newest picture of each, 5 times a second where it keeps up
    ultralytics  its own multi-stream `predict`, with the weights in the form it reads

What follows the boxes is ours for all: tracker, rules, book of incidents. A picture's time is that
of its arrival, as these ways know no other. PLAN is a JSON object of camera name to `{"url": …,
"kind": …}`; each line printed is a `Notice`, or now and then the number of looks so far.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TypeAlias

import cv2
import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from benchmarks.town_clips import rules_for
from benchmarks.town_passages import SIZE
from gateway.clock import utc_now
from vision.detector import Detector, PendingDetections
from vision.pipeline import CameraPipeline
from vision.tracker import TrackerSettings, two_stage
from vision.types import ChangeType, Detections, FrameSize, Image, Kind
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest

LOOKS_PER_S = 5
WAIT_S = 0.2

TALLY_EVERY = 20
"""Looks, of all cameras, after which their number is told."""

MOTION_SIZE = (160, 90)
MOTION_LEVELS = 18
"""Grey levels by which a pixel of the small picture differs from the running average."""
MOTION_PIXELS = 12
AVERAGE_SHARE = 0.05
"""Of each new picture in the running average."""
MOTION_HOLD_S = 2.0
"""So long after the last motion the detector still looks: tracks are to end properly."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A camera to watch. kind: what its rule asks for."""

    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An incident opened or changed. Times: seconds since 1970."""

    incident: str
    camera: str
    kind: str
    began_s: float
    ended_s: float
    at_s: float
    opened: bool


Plan: TypeAlias = Mapping[str, Watched]
Show: TypeAlias = Callable[[str, Image], None]


class Judge:
    """Our tracker, rules and incidents behind another's boxes."""

    def __init__(self, plan: Plan, tracker: TrackerSettings) -> None:
        self._pipelines = {
            name: CameraPipeline(name, rules_for(Kind(watched.kind)), tracker)
            for name, watched in plan.items()
        }
        self._looks = 0

    def take(self, camera: str, at: datetime, size: FrameSize, seen: Detections) -> None:
        """Judge one look and print what changed."""
        self._looks += 1
        if self._looks % TALLY_EVERY == 0:
            print(json.dumps({"looks": self._looks}), flush=True)
        for change in self._pipelines[camera].step(at, size, seen).changes:
            incident = change.incident
            notice = Notice(
                incident=incident.id,
                camera=camera,
                kind=incident.kind,
                began_s=incident.opened_at.timestamp(),
                ended_s=incident.last_seen_at.timestamp(),
                at_s=utc_now().timestamp(),
                opened=change.type is ChangeType.OPENED,
            )
            print(json.dumps(asdict(notice)), flush=True)


class Newest:
    """The newest picture of each camera that nobody has looked at yet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[str, tuple[datetime, Image]] = {}

    def put(self, camera: str, picture: Image) -> None:
        """Offer a picture in the place of the camera's last."""
        with self._changed:
            self._waiting[camera] = (utc_now(), picture)
            self._changed.notify()

    def take(self, timeout_s: float) -> tuple[str, datetime, Image] | None:
        """Return the picture of the camera that has waited longest, None without any."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_s)
            if not self._waiting:
                return None
            camera = next(iter(self._waiting))
            return camera, *self._waiting.pop(camera)


def main(way: str, plan_path: Path) -> None:
    """Watch until the process is ended."""
    plan = {name: Watched(**told) for name, told in json.loads(plan_path.read_text()).items()}
    manifest = load_manifest(shipped_manifest())
    spec, tracker = two_stage(find_model("nanodet-g", manifest))
    WAYS[way](plan, spec, Judge(plan, tracker))


def _by_ffmpeg(plan: Plan, spec: ModelSpec, judge: Judge) -> None:
    newest = Newest()
    for name, watched in plan.items():
        threading.Thread(target=_pipe, args=(name, watched.url, newest.put), daemon=True).start()
    _detect(newest, spec, judge)


def _by_opencv(plan: Plan, spec: ModelSpec, judge: Judge) -> None:
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    newest = Newest()
    for name, watched in plan.items():
        threading.Thread(target=_capture, args=(name, watched.url, newest.put), daemon=True).start()
    _detect(newest, spec, judge)


def _by_ultralytics(plan: Plan, spec: ModelSpec, judge: Judge) -> None:
    from benchmarks.peers_ultralytics import looks

    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    names = list(plan)
    for number, seen in looks(spec, [watched.url for watched in plan.values()]):
        judge.take(names[number], utc_now(), SIZE, seen)


WAYS: Mapping[str, Callable[[Plan, ModelSpec, Judge], None]] = {
    "ffmpeg": _by_ffmpeg,
    "opencv": _by_opencv,
    "ultralytics": _by_ultralytics,
}


def _pipe(camera: str, url: str, show: Show) -> None:
    """Have FFmpeg decode a camera; show the pictures with motion."""
    options = ("-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url, "-an")
    output = ("-vf", f"fps={LOOKS_PER_S}", "-f", "rawvideo", "-pix_fmt", "bgr24", "-")
    argv = (imageio_ffmpeg.get_ffmpeg_exe(), *options, *output)
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        motion = Motion()
        for picture in _pictures(child.stdout):
            if motion.is_going_on(picture, time.monotonic()):
                show(camera, picture)


def _pictures(pipe: IO[bytes]) -> Iterator[Image]:
    size = SIZE.width * SIZE.height * 3
    while len(data := pipe.read(size)) == size:
        yield np.frombuffer(data, np.uint8).reshape(SIZE.height, SIZE.width, 3)


class Motion:
    """Frame difference against a running average, as NVRs do it."""

    def __init__(self) -> None:
        self._average: npt.NDArray[np.float32] | None = None
        self._moved_s = float("-inf")

    def is_going_on(self, picture: Image, now_s: float) -> bool:
        """Say whether something moves, or did until a moment ago."""
        small = cv2.resize(picture, MOTION_SIZE, interpolation=cv2.INTER_AREA)
        grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0)
        if self._average is None:
            self._average = grey.astype(np.float32)
        changed = cv2.absdiff(grey, cv2.convertScaleAbs(self._average)) > MOTION_LEVELS
        cv2.accumulateWeighted(grey, self._average, AVERAGE_SHARE)
        if np.count_nonzero(changed) >= MOTION_PIXELS:
            self._moved_s = now_s
        return now_s - self._moved_s <= MOTION_HOLD_S


def _capture(camera: str, url: str, show: Show) -> None:
    """Have OpenCV decode a camera; show a picture now and then."""
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    due_s = 0.0
    while capture.grab():
        now_s = time.monotonic()
        if now_s >= due_s:
            due_s = now_s + 1 / LOOKS_PER_S
            whole, picture = capture.retrieve()
            if whole:
                show(camera, np.asarray(picture, np.uint8))


def _detect(newest: Newest, spec: ModelSpec, judge: Judge) -> None:
    """Keep the detector busy with the newest pictures, for ever."""
    detector = Detector.open(spec)
    pending: deque[tuple[str, datetime, PendingDetections]] = deque()
    while True:
        shot = newest.take(0 if pending else WAIT_S)
        if shot is not None:
            camera, at, picture = shot
            pending.append((camera, at, detector.start([detector.prepare(picture)])))
        if pending and (shot is None or len(pending) > detector.runtime.in_flight):
            camera, at, answer = pending.popleft()
            (seen,) = answer.wait()
            judge.take(camera, at, SIZE, seen)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

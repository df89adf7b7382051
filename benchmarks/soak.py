"""Whether a town's streams stay connected for an hour, and what keeping them costs.

Our sessions with their hubs, which nobody reads, keep the fleet all the time. Beside them, each for
a while, so that both meet the same weather: FFmpeg, one process per camera, reading only and as
commonly used (five decoded pictures a second); OpenCV, one thread per camera.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from statistics import linear_regression
from typing import Self

import imageio_ffmpeg

from benchmarks.fleet_server import FPS, fleet
from benchmarks.process_cost import Cost, cost_of
from benchmarks.report import Figure, Outcome
from gateway.children import start_child, stop_child
from gateway.errors import StreamLostError

READING = ("-c", "copy", "-f", "null", "-")
LOOKING = ("-vf", "fps=5", "-f", "rawvideo", "-pix_fmt", "yuv420p", "/dev/null")

SETTLED_SHARE = 0.25
"""Of the run: what comes before counts for no slope, as buffers and caches are still filling."""
CONNECT_S = 120.0
"""Longest until every stream is online; the gate paces connecting on purpose."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each kind, for how long. every_s: between two samples of ours."""

    cameras: int
    others: int
    seconds: float
    others_s: float
    every_s: float


HOUR = Plan(cameras=325, others=16, seconds=3600.0, others_s=60.0, every_s=10.0)
QUICK = Plan(cameras=40, others=4, seconds=20.0, others_s=8.0, every_s=1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """Our sessions at one moment. at_s: since they began. gop_bytes: in the hubs' caches.

    losses: how often a stream that had been online was lost, since the start.
    """

    at_s: float
    cost: Cost
    online: int
    pictures: int
    gop_bytes: int
    losses: int

    @classmethod
    def from_json(cls, line: bytes) -> Self:
        """Read what `as_json` wrote."""
        values = json.loads(line)
        return cls(**values | {"cost": Cost(**values["cost"])})

    def as_json(self) -> str:
        """Return it on one line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Rate:
    """What one camera costs: processor milliseconds a second, MiB of memory."""

    processor_ms: float
    memory_mib: float


def run(*, quick: bool) -> Outcome:
    """Keep the fleet for an hour (quick: 40 cameras, 20 s), for a while beside the others."""
    plan = QUICK if quick else HOUR
    with fleet() as url, _keeper(url, plan) as keeper:
        empty = next(keeper.samples)
        first = next(sample for sample in keeper.samples if _has_begun(sample, plan))
        reading = _beside(keeper, plan, _processes(url, plan, READING))
        looking = _beside(keeper, plan, _processes(url, plan, LOOKING))
        opencv = _beside(keeper, plan, _opencv(url, plan))
        samples = [first, *_until(keeper, first.at_s + plan.seconds)]
    ours = _own_rate(empty, samples, plan)
    figures = (
        *_kept(samples, plan),
        Figure("ours: processor", ours.processor_ms, "ms per camera-second", "<= 1"),
        Figure("ours: memory beyond the last GOP", ours.memory_mib, "MiB per camera", "<= 1"),
        *_compared("ffmpeg, reading only", reading, ours),
        *_compared("ffmpeg, five pictures a second", looking, ours, aim=">= 20"),
        *_compared("cv2.VideoCapture", opencv, ours),
    )
    notes = (
        f"{plan.cameras} streams of 640x360 at {FPS} pictures a second, 600 kbit/s H.264, for "
        f"{plan.seconds:g} s; for {plan.others_s:g} s of it each of the others beside them, with "
        f"{plan.others} streams; processors are compared over the same seconds",
        "memory is the proportional set size; ours: what the streams added to the empty process, "
        "less what the running GOPs in the caches hold "
        f"({samples[-1].gop_bytes / plan.cameras / 1024:.0f} KiB per camera)",
        "ffmpeg and OpenCV decode but for 'reading only'; our sessions, like it, do not",
    )
    return Outcome(figures, notes)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Our process at work. samples: what it tells, from before its first stream on."""

    pid: int
    samples: Iterator[Sample]


@dataclass(frozen=True, slots=True)
class Beside:
    """What one other way costs a camera, and what ours cost in the same seconds."""

    other: Rate
    ours_ms: float


@contextmanager
def _keeper(url: str, plan: Plan) -> Iterator[Keeper]:
    argv = (sys.executable, "-m", "benchmarks.keeper", url, str(plan.cameras), str(plan.every_s))
    child = start_child(argv, output=subprocess.PIPE)
    try:
        assert child.stdout is not None
        lines = (line for line in child.stdout if line.startswith(b"{"))
        yield Keeper(child.pid, map(Sample.from_json, lines))
    finally:
        stop_child(child, 10.0)


def _until(keeper: Keeper, end_s: float) -> Iterator[Sample]:
    for sample in keeper.samples:
        yield sample
        if sample.at_s >= end_s:
            return


@contextmanager
def _processes(url: str, plan: Plan, output: tuple[str, ...]) -> Iterator[list[int]]:
    """Keep streams with one FFmpeg process per camera; yields their process ids."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    options = ("-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i")
    with ExitStack() as running:
        yield [
            running.enter_context(
                _child(ffmpeg, *options, f"{url}/f{number}", "-an", *output, "-y")
            )
            for number in range(plan.others)
        ]


@contextmanager
def _opencv(url: str, plan: Plan) -> Iterator[list[int]]:
    argv = (sys.executable, "-m", "benchmarks.capture_threads", url, str(plan.others))
    with _child(*argv) as pid:
        yield [pid]


@contextmanager
def _child(*argv: str) -> Iterator[int]:
    child = start_child(argv)
    try:
        yield child.pid
    finally:
        stop_child(child, 2.0)


def _beside(keeper: Keeper, plan: Plan, others: AbstractContextManager[list[int]]) -> Beside:
    """Let the others connect, then count what they and we cost in the same seconds."""
    with others as pids:
        time.sleep(plan.others_s / 4)
        before, ours_before = cost_of(pids), cost_of([keeper.pid])
        time.sleep(plan.others_s)
        after, ours_after = cost_of(pids), cost_of([keeper.pid])
    theirs_ms = (after.processor_s - before.processor_s) * 1000 / plan.others_s
    ours_ms = (ours_after.processor_s - ours_before.processor_s) * 1000 / plan.others_s
    rate = Rate(theirs_ms / plan.others, after.memory_kib / 1024 / plan.others)
    return Beside(rate, ours_ms / plan.cameras)


def _has_begun(sample: Sample, plan: Plan) -> bool:
    if sample.at_s > CONNECT_S and sample.online < plan.cameras:
        raise StreamLostError(f"{sample.online} of {plan.cameras} streams came up; see the log")
    return sample.online == plan.cameras


def _own_rate(empty: Sample, samples: list[Sample], plan: Plan) -> Rate:
    first, last = samples[0], samples[-1]
    processor_s = last.cost.processor_s - first.cost.processor_s
    added = (last.cost.memory_kib - empty.cost.memory_kib) * 1024 - last.gop_bytes
    return Rate(
        processor_s * 1000 / plan.cameras / (last.at_s - first.at_s),
        added / (1 << 20) / plan.cameras,
    )


def _kept(samples: list[Sample], plan: Plan) -> Iterator[Figure]:
    """Yield how well the streams were kept, and whether anything grew meanwhile."""
    first, last = samples[0], samples[-1]
    seconds = last.at_s - first.at_s
    share = (last.pictures - first.pictures) / (plan.cameras * FPS * seconds)
    settled = [s for s in samples if s.at_s - first.at_s >= SETTLED_SHARE * seconds]
    slope = linear_regression([s.at_s for s in settled], [s.cost.memory_kib for s in settled]).slope
    yield Figure("pictures received", share, "share of those due", ">= 0.999")
    yield Figure("streams lost on the way", last.losses - first.losses, "streams", "<= 0")
    yield Figure("fewest streams online", min(s.online for s in samples), "streams")
    yield Figure("memory slope", slope * 3600 / 1024, "MiB/h", None if plan is QUICK else "<= 2")
    yield Figure("open files, growth", last.cost.files - first.cost.files, "files", "<= 0")
    yield Figure("threads, growth", last.cost.threads - first.cost.threads, "threads", "<= 0")
    yield Figure("ours: whole process", last.cost.memory_kib / 1024, "MiB")


def _compared(name: str, beside: Beside, ours: Rate, aim: str | None = None) -> Iterator[Figure]:
    other = beside.other
    yield Figure(f"{name}: processor", other.processor_ms, "ms per camera-second")
    yield Figure(f"{name}: memory", other.memory_mib, "MiB per camera")
    against = f"{name} against ours"
    yield Figure(f"{against}: processor", other.processor_ms / beside.ours_ms, "ratio", aim)
    yield Figure(f"{against}: memory", other.memory_mib / ours.memory_mib, "ratio", aim)

"""`gridpatrol models benchmark`: every way a model can run here, timed and held against float32."""

import itertools
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final, cast

from gateway.clock import utc_now
from gateway.errors import DatasetError
from gateway.model_choice import MeasuredChoice, this_place
from gateway.model_eval import PICTURE_SUFFIXES, read_picture
from vision.detector import Detector, PendingDetections, Prepared
from vision.errors import ModelError, RuntimeUnavailableError
from vision.evaluation import NO_BOXES, Evaluation, Truth, evaluate
from vision.runtime import BACKENDS, Capability, RuntimeChoice, probe
from vision.runtime.contract import Device, Precision
from vision.types import Detections, FrameSize, Image, Kind
from vision.weights import ModelSpec

LEAST_AGREEMENT: Final = 0.9
"""Recall and precision against float32 that make a precision correct. bf16 of the default model has
0.97 or more; boxes near the threshold fall on either side of it by themselves."""

SCALES: Final = (0.75, 1.0, 1.5)
"""Input sizes tried, of the model's own, where its file takes any."""

BATCHES: Final = (1, 4)
MAX_PICTURES: Final = 48
STEP_PX: Final = 32
"""What sides of an input are multiples of."""

ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a model. batch: pictures in one job."""

    backend: str
    device: Device
    precision: Precision
    batch: int
    input_size: FrameSize

    @property
    def choice(self) -> RuntimeChoice:
        """Where that is, as a runtime is asked for."""
        return RuntimeChoice(self.backend, self.device, self.precision)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one way does.

    recall, precision: of its boxes against those of float32 at the same size, 0-1, None where
    float32 saw nothing. fault: why it does not run at all, else empty.
    """

    way: Way
    frames_per_s: float = 0.0
    cpu_ms: float = 0.0
    recall: float | None = None
    precision: float | None = None
    fault: str = ""

    @property
    def is_correct(self) -> bool:
        """Whether it runs and agrees with float32; float32 itself does."""
        if self.fault:
            return False
        if self.recall is None or self.precision is None:
            return self.way.precision == "f32"
        return min(self.recall, self.precision) >= LEAST_AGREEMENT


@dataclass(frozen=True, slots=True)
class TrialReport:
    """All trials of a model, and the fastest correct one at its own input size, if there is one."""

    trials: tuple[Trial, ...]
    best: Trial | None


def pictures_in(folder: Path) -> list[Image]:
    """Return at most MAX_PICTURES pictures from a folder and those below, evenly chosen.

    Raises DatasetError when there are none or one is damaged.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        raise DatasetError(
            f"{folder} holds no pictures ({', '.join(PICTURE_SUFFIXES)}); name a folder of your "
            "own cameras' pictures with --images"
        )
    step = max(1, len(found) // MAX_PICTURES)
    return [read_picture(path) for path in found[::step][:MAX_PICTURES]]


def run_trials(spec: ModelSpec, images: Sequence[Image], seconds: float) -> TrialReport:
    """Try every way a model can run here, with `seconds` of work for each.

    Raises ModelError and RuntimeUnavailableError as `Detector.open`, when it runs in no way at all.
    """
    first = Detector.open(spec)
    trials = tuple(_try_ways(spec, _ways(spec, _sizes(first)), images, seconds))
    return TrialReport(trials, best_of(trials, first.input_size))


def _ways(spec: ModelSpec, sizes: Sequence[FrameSize]) -> list[Way]:
    """Return every way that the runtimes installed here offer for a model's file."""
    return [
        Way(found.backend, cast("Device", device), precision, batch, size)
        for size in sizes
        for found in probe()
        if found.version and spec.path.suffix.lower() in BACKENDS[found.backend].suffixes
        for device in found.devices
        for precision in _precisions(spec, found, device)
        for batch in BATCHES
    ]


def _sizes(detector: Detector) -> tuple[FrameSize, ...]:
    """Return the input sizes worth trying: the file's one, or some around the model's own."""
    own = detector.input_size
    if detector.runtime.facts.input_size is not None:
        return (own,)
    return tuple(FrameSize(_step(own.width * s), _step(own.height * s)) for s in SCALES)


def _try_ways(
    spec: ModelSpec, plan: Sequence[Way], images: Sequence[Image], seconds: float
) -> Iterator[Trial]:
    """Yield what each way does, one input size after the other; `seconds` of work for each.

    The ways of one size run in turns, so that a busy machine slows all alike.
    """
    for _, group in itertools.groupby(plan, key=lambda way: way.input_size):
        yield from _try_size(spec, list(group), images, seconds)


def best_of(trials: Sequence[Trial], size: FrameSize) -> Trial | None:
    """Return the fastest correct way at one input size; None when nothing runs."""
    fitting = [one for one in trials if one.is_correct and one.way.input_size == size]
    return max(fitting, key=lambda one: one.frames_per_s, default=None)


def as_choice(spec: ModelSpec, trial: Trial) -> MeasuredChoice:
    """Return a trial as it is recorded for this machine."""
    return MeasuredChoice(
        model=spec.name,
        sha256=spec.sha256,
        place=this_place(),
        backend=trial.way.backend,
        device=trial.way.device,
        precision=trial.way.precision,
        batch=trial.way.batch,
        frames_per_s=round(trial.frames_per_s, 1),
        cpu_ms=round(trial.cpu_ms, 2),
        recall=trial.recall,
        precision_share=trial.precision,
        measured_at=utc_now(),
    )


def _step(side: float) -> int:
    return max(STEP_PX, round(side / STEP_PX) * STEP_PX)


def _precisions(spec: ModelSpec, found: Capability, device: str) -> tuple[Precision, ...]:
    """Return what a device computes in: f32, what is native to it, and half on NVIDIA's."""
    if device == "tensorrt":
        return ("f32", "f16")
    native = found.precisions if device == "cpu" else ("f16",) if device == "gpu" else ()
    unfit = {"f32"} if spec.int8 else {"f32", "int8"}
    return ("f32", *(cast("Precision", one) for one in native if one not in unfit))


class _Runner:
    """One way, loaded, with its pictures prepared."""

    def __init__(self, spec: ModelSpec, way: Way, images: Sequence[Image]) -> None:
        """Raise ModelError or RuntimeUnavailableError when it does not run."""
        self.way = way
        sized = replace(spec, input_size=way.input_size)
        self._detector = Detector.open(sized, way.choice)
        self._ready = [self._detector.prepare(image) for image in images]
        self.rounds: list[tuple[float, float]] = []
        self.seen = self._look_at_all()

    def time(self, seconds: float) -> None:
        """Run for so long, and note pictures a second and processor milliseconds a picture."""
        began, cpu, count = time.perf_counter(), time.process_time(), 0
        pending: deque[PendingDetections] = deque()
        for batch in itertools.cycle(self._batches()):
            pending.append(self._detector.start(batch))
            if len(pending) > self._detector.runtime.in_flight:
                count += len(pending.popleft().wait())
            if time.perf_counter() - began >= seconds:
                break
        count += sum(len(one.wait()) for one in pending)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        self.rounds.append((count / wall, 1000 * used / count))

    def _batches(self) -> list[list[Prepared]]:
        wrapped = itertools.cycle(self._ready)
        return [list(itertools.islice(wrapped, self.way.batch)) for _ in self._ready]

    def _look_at_all(self) -> list[Detections]:
        """Return what each picture shows; the last batch is filled up like every other."""
        jobs = (self._detector.start(batch) for batch in self._batches())
        found = itertools.chain.from_iterable(job.wait() for job in jobs)
        return list(itertools.islice(found, len(self._ready)))


def _try_size(
    spec: ModelSpec, group: Sequence[Way], images: Sequence[Image], seconds: float
) -> Iterator[Trial]:
    runners: list[_Runner] = []
    for way in group:
        try:
            runners.append(_Runner(spec, way, images))
        except (ModelError, RuntimeUnavailableError) as error:
            yield Trial(way, fault=str(error))
    for _ in range(ROUNDS):
        for runner in runners:
            runner.time(seconds / ROUNDS)
    exact = next((runner.seen for runner in runners if runner.way.precision == "f32"), None)
    for runner in runners:
        yield _trial(spec, runner, exact)


def _trial(spec: ModelSpec, runner: _Runner, exact: Sequence[Detections] | None) -> Trial:
    recall, precision = agreement(exact, runner.seen, spec) if exact is not None else (None, None)
    return Trial(
        runner.way,
        frames_per_s=median(rate for rate, _ in runner.rounds),
        cpu_ms=median(cost for _, cost in runner.rounds),
        recall=recall,
        precision=precision,
    )


def agreement(
    exact: Sequence[Detections], seen: Sequence[Detections], spec: ModelSpec
) -> tuple[float | None, float | None]:
    """Return recall and precision of boxes, all kinds together, with `exact` taken for the truth.

    None where there is nothing to divide by.
    """
    names = [str(number) for number in range(len(exact))]
    truths = [_as_truth(found) for found in exact]
    result = evaluate(names, truths, seen, spec.thresholds)
    return _shares(result)


def _as_truth(found: Detections) -> Truth:
    rows: dict[Kind, list[int]] = {}
    for row in range(len(found)):
        rows.setdefault(found.kind(row), []).append(row)
    return Truth({kind: found.xyxy[chosen] for kind, chosen in rows.items()}, NO_BOXES)


def _shares(result: Evaluation) -> tuple[float | None, float | None]:
    hits = sum(score.true_positives for score in result.scores.values())
    truths = sum(score.truths for score in result.scores.values())
    found = sum(score.detections for score in result.scores.values())
    return (hits / truths if truths else None, hits / found if found else None)

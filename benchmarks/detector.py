"""The detector as cameras use it, against the same compiled model with nothing around it.

"Path" is resizing and framing, inference and reading boxes, with as many pictures in flight as the
runtime wants. "Fed by a decoder" leaves out the resizing, as in the worker, where the decoder hands
over pictures of the right size, one a job or as many as the runtime likes best. "Bare" is OpenVINO
alone: the same compiled model, requests of its own, inputs filled once, the outputs left unread.
Every round begins and ends with nothing in flight, so that none does another's work; rounds take
turns in changing order, so that a busy machine slows all alike. A ratio is the median over rounds
of one turn. Processor time is that of the whole process.
"""

import importlib
import importlib.util
import itertools
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final, TypeAlias

import cv2
import numpy as np
import openvino as ov

from benchmarks.accuracy import precisions_of
from benchmarks.footage import first_pictures
from benchmarks.report import Figure, Outcome
from vision.detector import Detector, PendingDetections, Prepared
from vision.runtime import RuntimeChoice
from vision.runtime.contract import Precision
from vision.runtime.openvino import BATCH, OpenVinoRuntime
from vision.types import FrameSize, Image
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest

AIM: Final = ">= 0.9"
PICTURES: Final = 60

SHAPES: Final = {"yolo11n": "", "yolo26n": " nms=False"}
"""Networks whose speed is measured where their files are here, and how their export differs.

Only their shape counts: untrained weights compute as fast as trained ones, and see nothing, so that
next to no boxes are read.
"""
SHAPES_DIR: Final = Path("var/models")
SHAPE_SIZE: Final = FrameSize(640, 384)

Work: TypeAlias = Callable[[Iterator[None]], int]
"""Begins a picture at each step of the iterator, finishes them all, returns how many there were."""


@dataclass(frozen=True, slots=True)
class Round:
    """Pictures done, seconds taken, processor seconds used."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.count / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Processor milliseconds a picture."""
        return 1000 * self.cpu_s / self.count


@dataclass(frozen=True, slots=True)
class Contest:
    """Ways to work on the same pictures, by name, and which are held against which."""

    name: str
    works: dict[str, Work]
    against: tuple[tuple[str, str, str | None], ...]


def run(*, quick: bool) -> Outcome:
    """Compare path and bare for each network, precision and batch, and with Ultralytics."""
    images = first_pictures("vtest", PICTURES) + first_pictures("bikes", PICTURES)
    rounds, seconds = (10, 0.3) if quick else (16, 0.4)
    figures: list[Figure] = []
    notes = [f"{rounds} rounds of {seconds} s each way"]
    for contest in _contests(images, notes):
        figures += _figures(contest, _alternate(contest.works, rounds, seconds))
    return Outcome(tuple(figures), tuple(notes))


def _contests(images: list[Image], notes: list[str]) -> Iterator[Contest]:
    """Yield the default model first, then every shape whose file is here, in each precision."""
    default = find_model("nanodet-g", load_manifest(shipped_manifest()))
    for precision in precisions_of(default):
        yield _contest(default, precision, images)
    yield from _with_ultralytics(default, images, notes)
    for name, more in SHAPES.items():
        path = SHAPES_DIR / f"{name}.onnx"
        if not path.exists():
            making = f"yolo export model={name}.yaml format=onnx dynamic=True{more}"
            notes.append(f"{name} was not measured: make {path} with `{making}`")
            continue
        plain = replace(find_model(str(path), {}), input_size=SHAPE_SIZE)
        for precision in precisions_of(plain):
            yield _contest(replace(plain, classes=default.classes), precision, images)


def _contest(spec: ModelSpec, precision: Precision, images: list[Image]) -> Contest:
    detector = Detector.open(spec, RuntimeChoice("openvino", precision=precision))
    if not isinstance(detector.runtime, OpenVinoRuntime):
        raise TypeError("the bare runtime is OpenVINO's")
    one, more = (detector.runtime.compiled(detector.input_size, n) for n in (1, BATCH))
    pixels = [detector.prepare(image).pixels for image in images]
    together = f", batch {BATCH}"
    works = {
        "path": _path(detector, images),
        "fed by a decoder": _fed(detector, images, 1),
        "bare": _bare(one, pixels, 1),
        f"bare{together}": _bare(more, pixels, BATCH),
    }
    against: list[tuple[str, str, str | None]] = [
        ("fed by a decoder", "bare", AIM),
        ("path", "bare", None),
        (f"bare{together}", "bare", None),
    ]
    if detector.runtime.batch == BATCH:
        works[f"fed by a decoder{together}"] = _fed(detector, images, BATCH)
        against.append((f"fed by a decoder{together}", f"bare{together}", AIM))
        against.append((f"fed by a decoder{together}", "bare", AIM))
    size = f"{detector.input_size.width}x{detector.input_size.height}"
    return Contest(f"{spec.name} {size} {precision}", works, tuple(against))


def _with_ultralytics(spec: ModelSpec, images: list[Image], notes: list[str]) -> Iterator[Contest]:
    """Yield the default model through Ultralytics' own predict, where that is installed."""
    if not importlib.util.find_spec("ultralytics"):
        notes.append("not compared with Ultralytics: pip install 'gridpatrol[ultralytics]' first")
        return
    detector = Detector.open(spec, RuntimeChoice("openvino"))
    predict: Callable[[Image], None] = importlib.import_module(
        "benchmarks.ultralytics_predict"
    ).predictor(spec, detector.input_size)
    pictures = itertools.cycle(images)

    def work(steps: Iterator[None]) -> int:
        count = 0
        for _ in steps:
            predict(next(pictures))
            count += 1
        return count

    works = {"path": _path(detector, images), "Ultralytics": work}
    yield Contest(f"{spec.name} beside Ultralytics", works, (("path", "Ultralytics", None),))


def _path(detector: Detector, images: list[Image]) -> Work:
    """Return the whole path, from pictures of the camera's size."""
    pictures = itertools.cycle(images)

    def work(steps: Iterator[None]) -> int:
        return sum(1 for _ in detector.stream(next(pictures) for _ in steps))

    return work


def _fed(detector: Detector, images: list[Image], batch: int) -> Work:
    """Return the path from pictures that came resized, so many a job."""
    resized = []
    for image in images:
        box = detector.letterbox_for(FrameSize(image.shape[1], image.shape[0]))
        size = (box.resized.width, box.resized.height)
        resized.append((box, np.asarray(cv2.resize(image, size), dtype=np.uint8)))
    pictures = itertools.cycle(resized)

    def work(steps: Iterator[None]) -> int:
        count = 0
        pending: deque[PendingDetections] = deque()
        for _ in steps:
            chosen = itertools.islice(pictures, batch)
            ready = [Prepared(box.place(picture), box) for box, picture in chosen]
            pending.append(detector.start(ready))
            if len(pending) > detector.runtime.in_flight:
                count += len(pending.popleft().wait())
        return count + sum(len(last.wait()) for last in pending)

    return work


def _bare(compiled: ov.CompiledModel, pixels: list[Image], batch: int) -> Work:
    """Return runs of a compiled model on pictures letterboxed beforehand."""
    streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    requests = [compiled.create_infer_request() for _ in range(streams + 1)]
    pictures = itertools.cycle(pixels)
    for request in requests:
        request.get_input_tensor().data[:] = list(itertools.islice(pictures, batch))

    def work(steps: Iterator[None]) -> int:
        count = 0
        idle, busy = deque(requests), deque[ov.InferRequest]()
        for _ in steps:
            busy.append(idle.popleft())
            busy[-1].start_async()
            count += batch
            if not idle:
                busy[0].wait()
                idle.append(busy.popleft())
        for request in busy:
            request.wait()
        return count

    return work


def _alternate(works: dict[str, Work], rounds: int, seconds: float) -> dict[str, list[Round]]:
    """Run all in turn, after a round of each that does not count."""
    measured: dict[str, list[Round]] = {name: [] for name in works}
    order = list(works)
    shuffler = random.Random(len(order))
    for number in range(rounds + 1):
        shuffler.shuffle(order)
        for name in order:
            result = _round(works[name], seconds)
            if number:
                measured[name].append(result)
    return measured


def _round(work: Work, seconds: float) -> Round:
    """Put pictures through for so long."""
    began, cpu = time.perf_counter(), time.process_time()
    count = work(_steps(began + seconds))
    return Round(count, time.perf_counter() - began, time.process_time() - cpu)


def _steps(until_s: float) -> Iterator[None]:
    while time.perf_counter() < until_s:
        yield


def _figures(contest: Contest, measured: dict[str, list[Round]]) -> Iterator[Figure]:
    for name, rounds in measured.items():
        yield Figure(f"{contest.name}, {name}: rate", _median(rounds, "rate"), "frames/s")
        yield Figure(f"{contest.name}, {name}: processor time", _median(rounds, "cpu_ms"), "ms")
    for name, other, aim in contest.against:
        pairs = list(zip(measured[name], measured[other], strict=True))
        rate = median(one.rate / against.rate for one, against in pairs)
        cost = median(against.cpu_ms / one.cpu_ms for one, against in pairs)
        title = f"{contest.name}, {name} ÷ {other}"
        yield Figure(f"{title}: rate", rate, "ratio", aim)
        yield Figure(f"{title}: frames per processor second", cost, "ratio")


def _median(rounds: list[Round], name: str) -> float:
    return float(median(getattr(one, name) for one in rounds))

"""The detector as cameras use it, against the same compiled model with nothing around it.

"Path" is resizing and framing, inference and reading boxes, with as many pictures in flight as the
runtime wants. "Path fed by a decoder" leaves out the resizing, as in the worker, where the decoder
hands over pictures of the right size. "Bare" is OpenVINO alone: the same compiled model, its own
requests, inputs filled once, the outputs left unread. Rounds alternate, so that a busy machine
slows all alike; a ratio is the median over pairs of rounds. Processor time is that of the whole
process.
"""

import importlib
import importlib.util
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from benchmarks.footage import first_pictures
from benchmarks.report import Figure, Outcome
from vision.detector import Detector, PendingDetections, Prepared
from vision.runtime import RuntimeChoice
from vision.runtime.openvino import OpenVinoRuntime
from vision.types import FrameSize, Image
from vision.weights import find_model, load_manifest, shipped_manifest

AIM = ">= 0.9"
PATH, FED, BARE = "path", "path fed by a decoder", "bare"
ULTRALYTICS = "ultralytics"
COMPARED = ((PATH, BARE, AIM), (FED, BARE, AIM), (PATH, ULTRALYTICS, None))
PICTURES = 60


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


def run(*, quick: bool) -> Outcome:
    """Compare path and bare, and Ultralytics where it is installed."""
    images = first_pictures("vtest", PICTURES) + first_pictures("bikes", PICTURES)
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    detector = Detector.open(spec, RuntimeChoice(backend="openvino"))
    rounds, seconds = (20, 0.5) if quick else (60, 1.0)
    contenders: dict[str, Iterator[object]] = {
        PATH: detector.stream(itertools.cycle(images)),
        FED: _fed_by_decoder(detector, images),
        BARE: _bare(detector, images),
    }
    notes = [
        f"{spec.name} {detector.input_size.width}x{detector.input_size.height} "
        f"{detector.runtime.precision}, {detector.runtime.in_flight} in flight, "
        f"{rounds} rounds of {seconds} s each way"
    ]
    if importlib.util.find_spec("ultralytics"):
        contenders[ULTRALYTICS] = _ultralytics(detector, images)
    else:
        notes.append("not compared with Ultralytics: pip install 'gridpatrol[ultralytics]' first")
    measured = _alternate(contenders, rounds, seconds)
    return Outcome(tuple(_figures(measured)), tuple(notes))


def _alternate(
    contenders: dict[str, Iterator[object]], rounds: int, seconds: float
) -> dict[str, list[Round]]:
    """Run the contenders in turn, after a round of each that does not count."""
    measured: dict[str, list[Round]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, work in contenders.items():
            result = _round(work, seconds if number else seconds / 3)
            if number:
                measured[name].append(result)
    return measured


def _round(work: Iterator[object], seconds: float) -> Round:
    """Pull pictures through for so long."""
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        next(work)
        count += 1
    return Round(count, time.perf_counter() - began, time.process_time() - cpu)


def _fed_by_decoder(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each picture that came resized and went through the detector."""
    resized = []
    for image in images:
        box = detector.letterbox_for(FrameSize(image.shape[1], image.shape[0]))
        size = (box.resized.width, box.resized.height)
        resized.append((box, np.asarray(cv2.resize(image, size), dtype=np.uint8)))
    pending: deque[PendingDetections] = deque()
    for box, picture in itertools.cycle(resized):
        pending.append(detector.start([Prepared(box.place(picture), box)]))
        if len(pending) > detector.runtime.in_flight:
            pending.popleft().wait()
            yield


def _bare(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each run of the compiled model on pictures letterboxed beforehand."""
    if not isinstance(detector.runtime, OpenVinoRuntime):
        raise TypeError("the bare runtime is OpenVINO's")
    compiled = detector.runtime.compiled(detector.input_size)
    requests = [compiled.create_infer_request() for _ in range(detector.runtime.in_flight + 1)]
    for request, image in zip(requests, images, strict=False):
        request.get_input_tensor().data[0] = detector.prepare(image).pixels
        request.start_async()
    for request in itertools.cycle(requests):
        request.wait()
        request.start_async()
        yield


def _ultralytics(detector: Detector, images: list[Image]) -> Iterator[None]:
    """Yield once for each picture through Ultralytics' own predict, on the same weights."""
    predict: Callable[[Image], None] = importlib.import_module(
        "benchmarks.ultralytics_predict"
    ).predictor(detector.spec, detector.input_size)
    for image in itertools.cycle(images):
        predict(image)
        yield


def _figures(measured: dict[str, list[Round]]) -> Iterator[Figure]:
    for name, rounds in measured.items():
        yield Figure(f"{name}: rate", _median(rounds, "rate"), "frames/s")
        yield Figure(f"{name}: processor time", _median(rounds, "cpu_ms"), "ms/frame")
    for name, other, aim in COMPARED:
        if other in measured:
            pairs = list(zip(measured[name], measured[other], strict=True))
            rate = median(one.rate / against.rate for one, against in pairs)
            cost = median(against.cpu_ms / one.cpu_ms for one, against in pairs)
            yield Figure(f"{name} against {other}: rate", rate, "ratio", aim)
            yield Figure(f"{name} against {other}: frames per processor second", cost, "ratio")


def _median(rounds: list[Round], name: str) -> float:
    return float(median(getattr(one, name) for one in rounds))
